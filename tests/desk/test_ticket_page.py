"""The ticket page: what it shows to whom, and that it costs the same however long the story is."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation, Team, User
from escalation import operations as escalation
from tests.conftest import person, seat
from tickets import operations
from tickets.models import CustomField, Ticket

MOST_QUERIES = 12

SignIn = Callable[[User], Any]


def page(client: Any, ticket: Ticket) -> str:
    response = client.get(f"/desk/tickets/{ticket.number}/")
    assert response.status_code == 200
    return str(response.content.decode())


def test_mira_sees_the_conversation_and_what_she_can_do(
    signed_in: SignIn, mira: User, ticket: Ticket
) -> None:
    text = page(signed_in(mira), ticket)
    assert "VPN drops every 20 minutes" in text
    assert "Since Friday, when I work from home." in text
    for act in ("hand-over", "wait", "resolve", "take", "assign", "change", "link", "merge", "restrict"):
        assert f"/desk/tickets/{ticket.number}/{act}/" in text, act


def test_a_note_says_so_in_words_and_a_reply_does_not(
    signed_in: SignIn, mira: User, ticket: Ticket, later: Callable[..., datetime]
) -> None:
    operations.reply(ticket, text="We look into it.", by=mira, at=later(minutes=5))
    operations.note(ticket, text="Looks like the rekey bug.", by=mira, at=later(minutes=6))
    text = page(signed_in(mira), ticket)
    assert text.count('class="card msg note"') == 1
    assert text.count('class="note-word"') == 1
    assert "to Ines" in text


def test_a_message_for_the_vendor_cannot_be_taken_for_a_reply(
    signed_in: SignIn, mira: User, ticket: Ticket, kestrel: Organisation, later: Callable[..., datetime]
) -> None:
    operations.wait_for_vendor(ticket, vendor=kestrel, text="Line 4 is down.", by=mira, at=later(minutes=5))
    text = page(signed_in(mira), ticket)
    assert "Shared with the vendor, not with the requester" in text
    assert 'id="tab-vendor"' in text


def test_a_tier_that_does_not_write_to_requesters_reads_why(
    signed_in: SignIn, mira: User, dario: User, network: Team, ticket: Ticket, later: Callable[..., datetime]
) -> None:
    operations.set_contact(ticket, to=mira, by=mira, at=later(minutes=1))
    escalation.hand_over(
        ticket, team=network, reason="needs_expertise", summary="See the log.", by=mira, at=later(minutes=2)
    )
    network.tier.writes_to_requesters = False
    network.tier.save()
    text = page(signed_in(dario), ticket)
    assert "Your tier does not write to requesters: Mira Kask sends it to Ines" in text
    assert "Proposed to Mira Kask" in text
    assert 'id="id_kind" value="note"' in text


def test_what_was_handed_over_asks_to_be_accepted_first(
    signed_in: SignIn, mira: User, dario: User, network: Team, ticket: Ticket, later: Callable[..., datetime]
) -> None:
    escalation.hand_over(
        ticket, team=network, reason="needs_expertise", summary="See the log.", by=mira, at=later(minutes=2)
    )
    text = page(signed_in(dario), ticket)
    assert "<b>Mira Kask handed it from Service desk to Network: needs more expertise</b>" in text
    assert 'data-key="y"' in text
    assert 'data-key="b"' in text


def test_the_ladder_tells_the_time_on_each_rung(
    signed_in: SignIn,
    mira: User,
    dario: User,
    network: Team,
    ticket: Ticket,
    later: Callable[..., datetime],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    escalation.hand_over(
        ticket, team=network, reason="needs_expertise", summary="See the log.", by=mira, at=later(minutes=44)
    )
    escalation.return_(ticket, reason="information_missing", text="No log.", by=dario, at=later(minutes=68))
    monkeypatch.setattr("helpdesk.desk.ticket.timezone.now", lambda: later(minutes=78))
    text = page(signed_in(mira), ticket)
    assert "<small>54 min</small>" in text
    assert "<small>24 min</small>" in text
    assert "1 bounce: information missing" in text


def test_a_field_of_a_higher_tier_says_that_it_is_there_and_not_what_it_holds(
    signed_in: SignIn, mira: User, ada: User, ticket: Ticket, later: Callable[..., datetime]
) -> None:
    CustomField.objects.create(key="key", label="Recovery key", min_tier=3)
    operations.change(ticket, fields={"key": "SECRET-77"}, by=ada, at=later(minutes=1))
    text = page(signed_in(mira), ticket)
    assert "SECRET-77" not in text
    assert "from L3 up" in text


def test_a_linked_ticket_that_one_may_not_open_is_a_number_only(
    signed_in: SignIn,
    mira: User,
    ada: User,
    open_ticket: Callable[..., Ticket],
    later: Callable[..., datetime],
) -> None:
    one, other = open_ticket(), open_ticket("The chief's laptop")
    operations.link(one, other=other, type="related", by=ada, at=later(minutes=1))
    operations.restrict(other, people=[ada], by=ada, at=later(minutes=2))
    text = page(signed_in(mira), one)
    assert "chief" not in text
    assert other.number in text


@pytest.mark.parametrize("rounds", [1, 12])
def test_the_page_costs_the_same_however_long_the_story_is(
    signed_in: SignIn,
    mira: User,
    lars: User,
    dario: User,
    network: Team,
    ticket: Ticket,
    open_ticket: Callable[..., Ticket],
    later: Callable[..., datetime],
    kept_names: None,
    django_assert_max_num_queries: Callable[..., CaptureQueriesContext],
    rounds: int,
) -> None:
    chiara = seat(person("Chiara Bianchi"), network, "lead")
    for n in range(rounds):
        operations.reply(ticket, text=f"Round {n}", by=mira, at=later(minutes=10 * n + 1))
        escalation.hand_over(
            ticket,
            team=network,
            reason="needs_expertise",
            summary="Log.",
            by=lars,  # after two returns only a lead may
            at=later(minutes=10 * n + 2),
        )
        escalation.return_(
            ticket, reason="information_missing", text="No.", by=chiara, at=later(minutes=10 * n + 3)
        )
        other = open_ticket(f"Another one {n}")
        operations.link(ticket, other=other, type="related", by=mira, at=later(minutes=10 * n + 4))
        operations.tag(ticket, names=[f"tag{n}"], by=mira, at=later(minutes=10 * n + 5))
        operations.watch(ticket, user=dario, by=mira, at=later(minutes=10 * n + 5))
    client = signed_in(mira)
    page(client, ticket)
    with django_assert_max_num_queries(MOST_QUERIES):
        page(client, ticket)
