"""The palette: what the server finds for it, and for whom."""

import re
from collections.abc import Callable
from typing import Any

from accounts.models import User
from tests.knowledgebase.conftest import networks, write_article
from tickets import operations
from tickets.models import SavedView, Ticket

__all__ = ["networks", "write_article"]
SignIn = Callable[[User], Any]
MOST_QUERIES = 6 + 2
"""With those for the session and the person; names of tiers, teams and organisations are kept by the process."""


def found(client: Any, words: str) -> dict[str, list[str]]:
    answer = client.get("/desk/palette/", {"q": words}).json()
    return {group["label"]: [item["label"] for item in group["items"]] for group in answer["groups"]}


def test_a_number_or_words_find_tickets(signed_in: SignIn, mira: User, ticket: Ticket) -> None:
    client = signed_in(mira)
    for words in (ticket.number, ticket.number.lower(), str(ticket.pk), "vpn drops"):
        assert found(client, words)["Tickets"] == [ticket.subject], words
    item = client.get("/desk/palette/", {"q": ticket.number}).json()["groups"][0]["items"][0]
    assert item["url"] == f"/desk/tickets/{ticket.number}/"


def test_people_lead_to_what_they_have_open(signed_in: SignIn, mira: User, ada: User, ines: User) -> None:
    assert found(signed_in(mira), "okafor")["People"] == ["Ines Okafor"]
    item = signed_in(mira).get("/desk/palette/", {"q": "okafor"}).json()["groups"][0]["items"][0]
    assert item["url"] == f"/desk/queues/all/?requester={ines.pk}&open=true"
    of_administrator = signed_in(ada).get("/desk/palette/", {"q": "okafor"}).json()["groups"][0]["items"][0]
    assert of_administrator["url"] == f"/settings/people/{ines.pk}/"


def test_articles_are_found_by_their_titles(
    signed_in: SignIn, mira: User, vera: User, write_article: Callable[..., Any]
) -> None:
    write_article("Reset a password")
    assert found(signed_in(mira), "passw reset") == {"Articles": ["Reset a password"]}
    assert found(signed_in(vera), "password") == {}
    # Of two letters words begin: anywhere they would be in too much.
    assert found(signed_in(mira), "pa") == {"Articles": ["Reset a password"]}
    assert found(signed_in(mira), "ss") == {}
    assert found(signed_in(mira), "a password") == {"Articles": ["Reset a password"]}


def test_nobody_finds_what_they_may_not_open(
    signed_in: SignIn, lars: User, mira: User, vera: User, ticket: Ticket, at: Any
) -> None:
    operations.restrict(ticket, people=[lars], teams=[], by=lars, at=at)
    assert found(signed_in(lars), ticket.number) == {"Tickets": [ticket.subject]}
    assert found(signed_in(mira), ticket.number) == {}
    assert found(signed_in(mira), "vpn") == {}
    # A vendor's guest finds neither people nor what lies inside.
    assert found(signed_in(vera), "okafor") == {}
    assert found(signed_in(vera), "vpn") == {}


def test_a_novel_is_cut_and_that_is_said(signed_in: SignIn, mira: User, ticket: Ticket) -> None:
    client = signed_in(mira)
    answer = client.get("/desk/palette/", {"q": "vpn " * 200}).json()
    assert answer["cut"] == 200
    assert [group["label"] for group in answer["groups"]] == ["Tickets"]
    for words in ("", " ", "x", "\x00", "%", "_", "'\"", "((", "-", "a" * 5_000):
        assert client.get("/desk/palette/", {"q": words}).status_code == 200, words


def test_it_asks_the_database_six_times_at_most(
    signed_in: SignIn, mira: User, ticket: Ticket, kept_names: None, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(mira)
    client.get("/desk/palette/", {"q": "vpn"})
    for words in ("vpn drops", ticket.number, "okafor", "nothing has this"):
        with django_assert_max_num_queries(MOST_QUERIES):
            client.get("/desk/palette/", {"q": words})


def test_pages_are_those_that_the_person_has(
    signed_in: SignIn, mira: User, ada: User, lars: User, vera: User
) -> None:
    SavedView.objects.create(name="Routers", owner=mira, filter={}, sort="due")

    def pages(person: User) -> set[str]:
        text = signed_in(person).get("/desk/palette/pages/").content.decode()
        return set(re.findall(r'href="([^"]+)"', text))

    of_mira, of_lead, of_ada, of_guest = map(pages, (mira, lars, ada, vera))
    assert {"/desk/queues/mine/", "/desk/keys/", "/desk/jobs/", "/desk/new/"} <= of_mira
    assert any(address.startswith("/desk/views/") for address in of_mira)
    assert not any(address.startswith("/settings/") for address in of_mira)
    assert "/settings/teams/" in of_lead
    assert "/settings/company/" in of_ada
    assert "/desk/new/" not in of_guest
    assert not any(address.startswith("/settings/") for address in of_guest)
