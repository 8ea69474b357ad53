"""The editor of scripts: steps one by one, as text, tried without a trace, numbers and suggestions."""

from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any

import pytest
import yaml
from django.test import Client

from accounts.models import User
from delivery.models import Delivery
from knowledgebase.models import Article, ArticleAudience, Run, RunAnswer, StepSuggestion
from knowledgebase.operations.running import give_up, start
from knowledgebase.operations.suggesting_steps import suggest_change
from knowledgebase.operations.writing import write
from knowledgebase.scripts.reading import from_json
from knowledgebase.scripts.spec import in_words
from tests.knowledgebase.sops import PASSWORD, WIFI, go, sop
from tickets.models import Ticket

SignIn = Callable[[User], Client]


@pytest.fixture
def wifi(lars: User, at: datetime) -> Article:
    return sop(WIFI, by=lars, at=at)


@pytest.fixture
def his(signed_in: SignIn, lars: User) -> Client:
    return signed_in(lars)


def words(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:800]
    return unescape(answer.content.decode())


def url(article: Article, page: str = "edit/") -> str:
    return f"/desk/sops/{article.pk}/{page}"


def draft(article: Article) -> dict[str, Any]:
    article.refresh_from_db()
    assert article.draft
    found: dict[str, Any] = in_words(article.draft.script)
    return found


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What a step's form would send if nothing in it were touched."""
    form = client.get(address).context["form"]
    sent = {bound.html_name: bound.value() for bound in form if bound.value() not in (None, False, [])}
    if form.rows is not None:
        rows = [*form.rows.management_form, *(bound for row in form.rows for bound in row)]
        sent |= {bound.html_name: bound.value() for bound in rows if bound.value() is not None}
    return sent


def test_the_editor_lists_the_steps_and_draws_them(his: Client, wifi: Article) -> None:
    page = words(his.get(url(wifi)))
    assert "Every way leads to an outcome." in page
    assert '<svg class="flow"' in page
    assert '<a href="#step-address">address</a>' in page


@pytest.mark.parametrize("key", ["device", "switch", "turn", "address", "done", "hand"])
def test_a_step_that_is_saved_untouched_stays_as_it_was(his: Client, wifi: Article, key: str) -> None:
    assert wifi.published
    address = url(wifi, f"steps/{key}/")
    assert his.post(address, {**form_of(his, address), "base": "1.1"}).status_code == 302
    wifi.refresh_from_db()
    script = (wifi.draft or wifi.published).script
    assert from_json(script) == from_json(wifi.published.script)


@pytest.mark.parametrize("key", ["verify", "reset", "wait", "refused"])
def test_so_does_every_other_kind(his: Client, lars: User, at: datetime, key: str) -> None:
    script = yaml.safe_load(PASSWORD)
    article = write(sop(WIFI, by=lars, at=at), script=script, by=lars, at=at)
    address = url(article, f"steps/{key}/")
    before = draft(article)
    assert his.post(address, form_of(his, address)).status_code == 302
    assert draft(article) == before


def test_a_step_is_added_and_shows_what_it_lacks(his: Client, wifi: Article) -> None:
    address = url(wifi, "steps/new/?kind=yes_no")
    answer = his.post(address, {"key": "ready", "text": "Is it on the desk?", "next_yes": "switch"})
    page = words(his.get(answer["Location"]))
    assert "Say where the answer “no” leads." in page
    assert "This cannot be published yet" in page
    assert draft(wifi)["steps"]["ready"] == {
        "kind": "yes_no",
        "text": "Is it on the desk?",
        "next": {"yes": "switch"},
    }


def test_what_cannot_be_is_told_at_the_field_and_what_was_typed_stays(his: Client, wifi: Article) -> None:
    address = url(wifi, "steps/address/")
    sent = form_of(his, address)
    page = words(his.post(address, {**sent, "pattern": "(a+)+"}), 422)
    assert ("could take very long" in page, 'value="(a+)+"' in page) == (True, True)
    page = words(his.post(address, {**sent, "key": "switch"}), 422)
    assert "There is a step of this name already." in page
    wifi.refresh_from_db()
    assert wifi.draft is None


def test_renaming_a_step_leads_all_others_to_its_new_name(his: Client, wifi: Article) -> None:
    address = url(wifi, "steps/device/")
    his.post(address, {**form_of(his, address), "key": "which"})
    address = url(wifi, "steps/address/")
    his.post(address, {**form_of(his, address), "key": "noted"})
    script = draft(wifi)
    assert script["start"] == "which"
    assert script["steps"]["switch"]["next"] == {"yes": "noted", "no": "turn"}
    assert next(iter(script["steps"])) == "which"


def test_a_deleted_step_is_missed_where_it_was_led_to(his: Client, wifi: Article) -> None:
    his.post(url(wifi, "steps/turn/delete/"))
    assert "There is no step “turn”. Add it, or lead elsewhere." in words(his.get(url(wifi)))


def test_an_option_is_added_in_its_row(his: Client, wifi: Article) -> None:
    address = url(wifi, "steps/device/")
    sent = form_of(his, address) | {"row-2-name": "tablet", "row-2-words": "A tablet", "row-2-to": "switch"}
    his.post(address, sent)
    step = draft(wifi)["steps"]["device"]
    assert list(step["options"].items())[-1] == ("tablet", "A tablet")
    assert step["next"]["tablet"] == "switch"


def test_two_who_edit_do_not_overwrite_each_other(
    his: Client, wifi: Article, max_: User, at: datetime
) -> None:
    address = url(wifi, "steps/turn/")
    sent = form_of(his, address) | {"base": "1.1", "text": "Flip the switch"}
    write(wifi, script=yaml.safe_load(WIFI.replace("Turn it on", "Press it")), by=max_, at=at)
    page = words(his.post(address, sent), 422)
    assert ("Max Brandt has saved this script" in page, "Flip the switch" in page) == (True, True)
    assert draft(wifi)["steps"]["turn"]["text"] == "Press it"


def test_the_script_as_text_is_read_and_written(his: Client, wifi: Article) -> None:
    page = his.get(url(wifi, "text/"))
    text = page.context["form"]["yaml"].value()
    assert text.startswith("start: device\nsteps:\n  device:\n    kind: choice\n")
    his.post(url(wifi, "text/"), {"yaml": text.replace("Turn it on", "Press it")})
    assert draft(wifi)["steps"]["turn"]["text"] == "Press it"
    page_ = words(his.post(url(wifi, "text/"), {"yaml": "start: ["}), 422)
    assert ("this is no YAML" in page_, "start: [" in page_) == (True, True)


def test_a_dry_run_goes_the_whole_way_and_writes_nothing(his: Client, wifi: Article) -> None:
    before = Delivery.objects.count()
    assert "Which device?" in words(his.get(url(wifi, "try/")))
    page = words(his.get(url(wifi, "try/?a=laptop&a=no&a=&a=yes")))
    assert "This is an end." in page
    assert (Run.objects.count(), RunAnswer.objects.count(), Delivery.objects.count()) == (0, 0, before)


def test_a_dry_run_asks_what_to_suppose_of_the_ticket(his: Client, lars: User, at: datetime) -> None:
    text = (
        "start: b\nsteps:\n  b: {kind: branch, of: ticket.kind, cases: {incident: c}, otherwise: d}\n"
        "  c: {kind: instruction, text: Mend it, next: d}\n  d: {kind: outcome, act: resolve, code: fixed}"
    )
    article = sop(text, by=lars, at=at)
    assert 'name="t" value="kind=incident"' in words(his.get(url(article, "try/")))
    assert "Mend it</h2>" in words(his.get(url(article, "try/?t=kind=incident")))
    assert "This is an end." in words(his.get(url(article, "try/?t=kind=")))


def test_numbers_and_suggestions_are_told_to_the_keepers(
    his: Client, wifi: Article, ticket: Ticket, mira: User, at: datetime
) -> None:
    assert "Nobody has run it" in words(his.get(url(wifi, "")))
    run = go(start(ticket, article=wifi, by=mira, at=at), ("device", "laptop"), by=mira, at=at)
    give_up(run, why="They hung up", by=mira, at=at)
    page = words(his.get(url(wifi, "")))
    assert "Most drop out at “Is Wi-Fi on?”: 1 of this version so far." in page
    row = suggest_change(wifi, version=run.version, step="switch", text="Where is it?", by=mira, at=at)
    assert "Where is it?" in words(his.get(url(wifi, "suggestions/")))
    his.post(url(wifi, f"suggestions/{row.pk}/"), {"take": "no"})
    assert StepSuggestion.objects.get().state == "open"
    his.post(url(wifi, f"suggestions/{row.pk}/"), {"take": "yes"})
    assert StepSuggestion.objects.get().state == "taken"
    assert "1 run" in words(his.get("/desk/sops/"))


def test_who_may_not_edit_a_script_cannot_tell_that_it_is_there(
    signed_in: SignIn, max_: User, mira: User, at: datetime
) -> None:
    deep = sop(WIFI, title="Deep", audience=ArticleAudience.L3, by=max_, at=at)
    client = signed_in(mira)
    for page in ("", "edit/", "text/", "try/", "suggestions/", "steps/device/"):
        assert client.get(url(deep, page)).status_code == 404
    assert "Deep" not in words(client.get("/desk/sops/"))
