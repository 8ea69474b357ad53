"""Articles, search, suggestions and scripts, for programs."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from tests.api.conftest import Program


@pytest.fixture
def lars_api(program: Callable[..., Program], lars: User) -> Program:
    return program(lars)


@pytest.fixture
def article(house: dict[str, Any]) -> str:
    return f"/api/v1/articles/{house['articles']}/"


@pytest.fixture
def run(house: dict[str, Any]) -> str:
    return f"/api/v1/tickets/{house['number']}/runs/{house['runs']}/"


def test_readers_get_what_is_published_and_no_draft(
    ines_api: Program, lars_api: Program, article: str
) -> None:
    read, written = ines_api.get(article).json(), lars_api.get(article).json()

    assert (read["published"]["body"], read["draft"]) == ("Renew the lease.", None)
    assert read["html"].strip() == "<p>Renew the lease.</p>"
    assert (read["published"]["written_by"], read["published"]["note"]) == (None, "")
    assert written["draft"]["body"] == "Renew the lease twice."


def test_a_draft_is_written_reviewed_and_published(
    mira_api: Program, ines_api: Program, lars_api: Program, house: dict[str, Any]
) -> None:
    made = mira_api.post("/api/v1/articles/", {"section": house["section"], "title": "DNS", "body": "Wait."})
    assert (made.status_code, made.json()["status"]) == (201, "draft")
    url = made["Location"]
    assert ines_api.get(url).status_code == 404

    wrote = mira_api.patch(url, {"body": "Wait an hour."}, If_Match=made["ETag"])
    assert wrote.json()["draft"]["body"] == "Wait an hour."
    assert mira_api.post(f"{url}submit/", {"note": "First"}).json()["status"] == "review"
    assert mira_api.post(f"{url}publish/", {}).status_code == 403
    assert lars_api.post(f"{url}publish/", {}).json()["status"] == "published"
    assert ines_api.get(url).json()["published"]["body"] == "Wait an hour."
    assert [row["version"] for row in mira_api.get(f"{url}versions/").json()["results"]] == [1]


def test_who_writes_on_an_older_text_is_shown_what_stands_there_now(
    mira_api: Program, lars_api: Program, article: str
) -> None:
    tag = mira_api.get(article)["ETag"]
    assert lars_api.patch(article, {"body": "Thrice."}, If_Match=tag).status_code == 200

    late = mira_api.patch(article, {"body": "Never."}, If_Match=tag)

    assert (late.status_code, late.json()["current"]["body"]) == (412, "Thrice.")
    assert mira_api.patch(article, {"body": "Never."}).status_code == 428
    assert mira_api.patch(article, {"body": "Never."}, If_Match=late["ETag"]).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "DNS"}, "section"),
        ({"section": 9_999_999, "title": "DNS"}, "section"),
        ({"section": True, "title": "DNS"}, "section"),
        ({"section": "networks", "title": "DNS"}, "section"),
    ],
)
def test_what_is_wrong_is_named(mira_api: Program, body: dict[str, Any], field: str) -> None:
    answer = mira_api.post("/api/v1/articles/", body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_articles_are_searched_page_by_page(
    ines_api: Program, lars_api: Program, house: dict[str, Any], article: str
) -> None:
    for title in ("VPN on phones", "VPN abroad"):
        made = lars_api.post(
            "/api/v1/articles/", {"section": house["section"], "title": title, "body": "VPN"}
        )
        lars_api.post(f"{made['Location']}publish/", {})

    first = ines_api.get("/api/v1/articles/search/", {"q": "vpn", "limit": "2"}).json()
    second = ines_api.get(first["next"]).json()

    assert (first["total"], len(first["results"]), len(second["results"]), second["next"]) == (3, 2, 1, None)
    assert "<mark>" in first["results"][0]["title_html"]
    assert {row["id"] for row in (*first["results"], *second["results"])} >= {house["articles"]}
    assert ines_api.get("/api/v1/articles/search/").json()["field"] == "q"
    other = ines_api.get(
        "/api/v1/articles/search/", {"q": "dns", "cursor": first["next"].partition("cursor=")[2]}
    )
    assert (other.status_code, other.json()["field"]) == (400, "cursor")


def test_what_is_for_the_desk_is_not_found_by_others(
    ines_api: Program, mira_api: Program, house: dict[str, Any]
) -> None:
    found = mira_api.get("/api/v1/articles/search/", {"q": "wi-fi"}).json()["results"]
    assert [row["id"] for row in found] == [house["wifi"]]
    assert ines_api.get("/api/v1/articles/search/", {"q": "wi-fi"}).json()["results"] == []
    assert ines_api.get(f"/api/v1/articles/{house['wifi']}/").status_code == 404
    listed = ines_api.get("/api/v1/articles/").json()["results"]
    assert [row["id"] for row in listed] == [house["articles"]]


def test_a_text_and_a_ticket_get_suggestions(
    ines_api: Program, mira_api: Program, house: dict[str, Any]
) -> None:
    found = ines_api.post("/api/v1/articles/suggestions/", {"text": "my vpn drops, is it the lease?"}).json()
    assert [row["id"] for row in found["results"]] == [house["articles"]]
    beside = mira_api.get(f"/api/v1/tickets/{house['number']}/suggestions/").json()
    assert house["articles"] in [row["id"] for row in beside["articles"]]
    theirs = ines_api.get(f"/api/v1/tickets/{house['number']}/suggestions/").json()
    assert theirs == {"articles": [], "like": []}


def test_a_vote_is_counted_once_a_person(ines_api: Program, article: str) -> None:
    assert ines_api.post(f"{article}vote/", {"helped": True}).json()["helpful"] == 1
    changed = ines_api.post(f"{article}vote/", {"helped": False, "reason": "outdated"}).json()
    assert (changed["helpful"], changed["not_helpful"]) == (0, 1)
    assert ines_api.post(f"{article}vote/", {"helped": False, "reason": "?"}).json()["field"] == "reason"


def test_a_script_is_run_to_its_end_and_prefills_the_hand_over(
    mira_api: Program, run: str, dario: User
) -> None:
    begun = mira_api.get(run).json()
    assert (begun["place"], begun["step"]["key"], begun["answers"]) == (0, "device", [])

    done = mira_api.post(f"{run}answer/", {"place": 0, "step": "device", "value": "phone"}).json()

    assert (done["step"]["act"], done["step"]["is_end"]) == ("hand_over", True)
    assert done["answers"][0]["value"] == "phone"
    assert done["prefilled"]["reason"] == "needs_expertise"


def test_two_who_answer_the_same_step_do_not_overtake_each_other(
    mira_api: Program, lars_api: Program, run: str
) -> None:
    body = {"place": 0, "step": "device", "value": "laptop"}
    assert mira_api.post(f"{run}answer/", body).status_code == 200
    moved = lars_api.post(f"{run}answer/", {"place": 0, "step": "switch", "value": "yes"})
    assert (moved.status_code, moved.json()["type"]) == (409, "/api/v1/problems/moved_on/")


def test_a_run_that_is_given_up_can_be_begun_anew(mira_api: Program, house: dict[str, Any], run: str) -> None:
    runs = f"/api/v1/tickets/{house['number']}/runs/"
    assert mira_api.post(runs, {"article": house["wifi"]}).json()["type"].endswith("/running_already/")
    assert mira_api.post(f"{run}give-up/", {"why": "It works again"}).json()["outcome"] == "given_up"
    assert mira_api.post(runs, {"article": house["wifi"]}).status_code == 201
    listed = mira_api.get(runs).json()
    assert [row["outcome"] for row in listed["results"]] == ["", "given_up"]
