"""What is offered while one types, with the reason where its reader may not read it; the preview; the print view."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Organisation, Team, User
from tickets import operations
from tickets.models import Ticket

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]
MOST_QUERIES = 10
"""Six of its own; the session, the person, their seats and the desk beside them."""


def offers(client: Any, ticket: Ticket, what: str, q: str = "", **more: str) -> list[dict[str, Any]]:
    response = client.get(f"/desk/tickets/{ticket.number}/complete/", {"what": what, "q": q, **more})
    assert response.status_code == 200
    found: list[dict[str, Any]] = response.json()["offers"]
    return found


def test_people_and_teams_of_the_desk_are_offered_by_their_names(
    signed_in: SignIn, mira: User, dario: User, vera: User, ines: User, ticket: Ticket
) -> None:
    found = offers(signed_in(mira), ticket, "mention", "d")
    assert [(each["label"], each["insert"], each["why_not"]) for each in found] == [
        ("Dario Pek", "@Dario Pek ", ""),
        ("Service desk", "@Service desk ", ""),
    ]
    assert offers(signed_in(mira), ticket, "mention", "vera") == []
    assert offers(signed_in(mira), ticket, "mention", "ines") == []


def test_who_may_not_read_it_is_offered_with_the_reason(
    signed_in: SignIn,
    mira: User,
    dario: User,
    network: Team,
    ada: User,
    ticket: Ticket,
    later: Later,
) -> None:
    operations.restrict(ticket, people=[mira], teams=[], by=ada, at=later(minutes=1))
    found = {each["label"]: each["why_not"] for each in offers(signed_in(mira), ticket, "mention", "")}
    assert found["Dario Pek"] == "may not read this ticket, or not this note"
    assert found["Network"] == "nobody of this team may read it"


def test_a_note_for_tier_3_greys_who_is_below(
    signed_in: SignIn, yuki: User, mira: User, ticket: Ticket
) -> None:
    client = signed_in(yuki)
    (found,) = offers(client, ticket, "mention", "mira", kind="note", tier="3")
    assert found["why_not"]
    (found,) = offers(client, ticket, "mention", "mira", kind="note")
    assert not found["why_not"]


def test_two_of_one_name_are_told_apart_by_their_address(
    signed_in: SignIn, mira: User, dario: User, network: Team, ticket: Ticket
) -> None:
    other = User.objects.create_user("pek2@desk.example", "correct-horse-battery", name="Dario Pek")
    network.memberships.create(user=other)
    found = offers(signed_in(mira), ticket, "mention", "dario pek")
    assert [each["insert"] for each in found] == ["@dario@desk.example ", "@pek2@desk.example "]


def test_only_tickets_that_one_sees_are_offered_and_a_requester_gets_no_link_to_anothers(
    signed_in: SignIn, mira: User, ada: User, tomasz: User, open_ticket: Callable[..., Ticket], later: Later
) -> None:
    mine = open_ticket()
    hers, his = open_ticket("VPN on the train"), open_ticket("VPN at home", requester=tomasz)
    secret = open_ticket("VPN of the board")
    operations.restrict(secret, people=[ada], teams=[], by=ada, at=later(minutes=1))
    found = offers(signed_in(mira), mine, "ticket", "vpn", kind="reply")
    said = {each["label"]: each["insert"] for each in found}
    assert said[f"{hers.number} VPN on the train"].endswith(f"/requests/{hers.number}/) ")
    assert said[f"{his.number} VPN at home"] == f"{his.number} "
    assert len(said) == 2


def test_typing_costs_a_constant_number_of_queries(
    signed_in: SignIn,
    mira: User,
    dario: User,
    yuki: User,
    network: Team,
    ticket: Ticket,
    django_assert_max_num_queries: Any,
) -> None:
    client = signed_in(mira)
    for what, q in (("mention", ""), ("ticket", "vpn"), ("article", "vpn")):
        offers(client, ticket, what, q)
        with django_assert_max_num_queries(MOST_QUERIES):
            offers(client, ticket, what, q)


@pytest.mark.parametrize("q", ["\x00", "%", "'; --", "🙂" * 500, "\\", "((("])
def test_any_words_are_borne(signed_in: SignIn, mira: User, ticket: Ticket, q: str) -> None:
    for what in ("mention", "ticket", "article", "nonsense", ""):
        offers(signed_in(mira), ticket, what, q)


def test_nobody_completes_on_a_ticket_that_they_do_not_see(
    signed_in: SignIn, mira: User, ada: User, vera: User, ticket: Ticket, later: Later
) -> None:
    operations.restrict(ticket, people=[ada], teams=[], by=ada, at=later(minutes=1))
    for who in (mira, vera):
        response = signed_in(who).get(f"/desk/tickets/{ticket.number}/complete/", {"what": "mention"})
        assert response.status_code == 404


def test_a_preview_is_the_text_as_it_will_be_shown(signed_in: SignIn, ines: User) -> None:
    response = signed_in(ines).post("/text/preview/", {"text": "**Hi** <script>alert(1)</script>"})
    assert response.content.decode().strip() == (
        "<p><strong>Hi</strong> &lt;script&gt;alert(1)&lt;/script&gt;</p>"
    )
    assert "Nothing is written yet." in signed_in(ines).post("/text/preview/", {"text": " "}).content.decode()


def test_a_ticket_is_printed_without_notes_unless_they_are_asked_for(
    signed_in: SignIn, mira: User, ticket: Ticket, kestrel: Organisation, later: Later
) -> None:
    operations.reply(ticket, text="We look into it.", by=mira, at=later(minutes=1))
    operations.note(ticket, text="Looks like the rekey bug.", by=mira, at=later(minutes=2))
    operations.wait_for_vendor(ticket, vendor=kestrel, text="Line 4 is down.", by=mira, at=later(minutes=3))
    client = signed_in(mira)
    paper = client.get(f"/desk/tickets/{ticket.number}/print/").content.decode()
    assert "We look into it." in paper
    assert "Looks like the rekey bug." not in paper
    assert "Line 4 is down." not in paper
    paper = client.get(f"/desk/tickets/{ticket.number}/print/", {"with": "inside"}).content.decode()
    assert "Looks like the rekey bug." in paper
    assert "Line 4 is down." in paper
    assert "with notes that the requester must not read" in paper


def test_a_mention_is_a_chip_on_the_page_and_stands_out_for_who_is_meant(
    signed_in: SignIn, mira: User, dario: User, ticket: Ticket, later: Later
) -> None:
    operations.note(ticket, text="@Dario Pek, see the **log**", by=mira, at=later(minutes=1))
    url = f"/desk/tickets/{ticket.number}/"
    assert '<span class="mention">@Dario Pek</span>' in signed_in(mira).get(url).content.decode()
    assert '<span class="mention is-mine">@Dario Pek</span>' in signed_in(dario).get(url).content.decode()


def test_the_writer_reads_whom_they_mentioned_in_vain(
    signed_in: SignIn, mira: User, yuki: User, ticket: Ticket
) -> None:
    client = signed_in(yuki)
    url = f"/desk/tickets/{ticket.number}/"
    client.post(f"{url}write/", {"kind": "note", "body": "@Mira Kask look", "min_tier": "3"})
    assert "Not told, because they may not read it: Mira Kask." in client.get(url).content.decode()
