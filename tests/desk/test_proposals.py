"""Proposed replies and help, as the workspace shows them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import Team, User
from escalation import operations as escalation
from escalation.models import Availability, Invitation, Proposal
from tests.answers import text_of
from tests.sla.conftest import hours
from tickets import operations
from tickets.models import Message, Ticket

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]
MOST_QUERIES = 13


@pytest.fixture
def at_l2(ticket: Ticket, mira: User, dario: User, network: Team, at: datetime) -> Ticket:
    """Mira is the contact; Dario of L2 works it."""
    operations.take(ticket, by=mira, at=at)
    operations.reply(ticket, text="We have it.", by=mira, at=at)
    escalation.hand_over(ticket, tier=2, reason="needs_expertise", summary="Drops.", by=mira, at=at)
    return escalation.accept(ticket, by=dario, at=at)


@pytest.fixture
def proposal(at_l2: Ticket, dario: User, at: datetime) -> Proposal:
    escalation.propose_reply(at_l2, kind="reply", text="Please restart *it*.", by=dario, at=at)
    return Proposal.objects.get()


def address(ticket: Ticket, act: str = "") -> str:
    return f"/desk/tickets/{ticket.number}/{act}" + ("/" if act else "")


def page(client: Any, ticket: Ticket) -> str:
    return text_of(client.get(address(ticket)))


def public(ticket: Ticket) -> list[str]:
    rows = Message.objects.filter(ticket=ticket, audience="public").order_by("id")
    return [row.body for row in rows][2:]


# --- proposing ---


def test_the_composer_of_l2_proposes(signed_in, at_l2, dario):
    client = signed_in(dario)
    text = page(client, at_l2)
    assert "Proposed to Mira Kask" in text
    assert 'data-dialog-title="Propose the solution"' in text
    answer = client.post(address(at_l2, "write"), {"kind": "reply", "body": "Restart it."}, follow=True)
    assert "Proposed: the contact sends it to the requester." in text_of(answer)
    assert (Proposal.objects.get().kind, public(at_l2)) == ("reply", [])


@pytest.mark.parametrize(
    ("then", "kind", "code"), [("wait", "question", ""), ("resolve:fixed", "resolution", "fixed")]
)
def test_send_and_proposes_what_follows(signed_in, at_l2, dario, then, kind, code):
    said = {"kind": "reply", "body": "Which client?", "then": then}
    signed_in(dario).post(address(at_l2, "write"), said)
    found = Proposal.objects.get()
    assert (found.kind, found.code, found.message.body) == (kind, code, "Which client?")


def test_the_dialog_of_l2_proposes_the_solution(signed_in, at_l2, dario, vpn):
    client = signed_in(dario)
    assert "Category it was in the end" in text_of(client.get(address(at_l2, "propose-resolution")))
    said = {"summary": "New client.", "code": "fixed", "category": vpn.pk, "minutes": "15"}
    client.post(address(at_l2, "propose-resolution"), said)
    found = Proposal.objects.get()
    assert (found.kind, found.message.body) == ("resolution", "New client.")
    assert Ticket.objects.get(pk=at_l2.pk).category == vpn


def test_a_dialog_that_came_back_says_what_is_missing(signed_in, at_l2, dario):
    answer = signed_in(dario).post(address(at_l2, "propose-resolution"), {"code": "fixed", "minutes": "15"})
    assert 'value="15"' in text_of(answer, 400)
    assert not Proposal.objects.exists()


def test_l2_waits_for_vendors_and_dates_only(signed_in, at_l2, dario, mira):
    assert 'value="requester"' not in text_of(signed_in(dario).get(address(at_l2, "wait")))
    assert 'value="requester"' in text_of(signed_in(mira).get(address(at_l2, "wait")))


# --- the contact ---


def test_the_contact_sees_it_on_top_with_all_they_may_do(signed_in, proposal, mira):
    text = page(signed_in(mira), proposal.ticket)
    assert "<b>Dario Pek proposes this reply</b>" in text
    assert "waits for Mira Kask" in text
    assert "Please restart <em>it</em>." in text
    for key, act in (("d", "send-proposal"), ("v", "edit-proposal"), ("q", "refuse-proposal")):
        assert f'data-key="{key}"' in text
        assert address(proposal.ticket, act) in text


def test_its_author_may_only_take_it_back_before_it_is_due(signed_in, proposal, dario):
    text = page(signed_in(dario), proposal.ticket)
    assert "Take back" in text
    assert address(proposal.ticket, "send-proposal") not in text


def test_others_read_it_and_may_nothing(signed_in, proposal, sara):
    text = page(signed_in(sara), proposal.ticket)
    assert "waits for Mira Kask" in text
    assert address(proposal.ticket, "refuse-proposal") not in text


def test_a_colleague_of_a_contact_who_is_off_shift_may_send_it(signed_in, proposal, mira, sara):
    nights = hours("Nights", weekly=[[[1_200, 1_440]]] * 7)
    Availability.objects.create(user=mira, hours=nights)
    text = page(signed_in(sara), proposal.ticket)
    assert "send-proposal" in text
    assert "Service desk" in text


def test_one_press_sends_it(signed_in, proposal, mira):
    client = signed_in(mira)
    client.post(address(proposal.ticket, "send-proposal"), {"proposal": proposal.pk})
    assert public(proposal.ticket) == ["Please restart *it*."]
    text = page(client, proposal.ticket)
    assert "Mira Kask sent what Dario Pek proposed" in text
    assert "send-proposal" not in text


def test_edit_and_send_begins_with_what_was_proposed(signed_in, proposal, mira):
    client, url = signed_in(mira), address(proposal.ticket, "edit-proposal")
    assert "Please restart *it*.</textarea>" in text_of(client.get(url))
    answer = client.post(url, {"proposal": proposal.pk, "text": " "})
    assert answer.status_code == 400
    client.post(url, {"proposal": proposal.pk, "text": "Dear Ines, restart it."})
    assert public(proposal.ticket) == ["Dear Ines, restart it."]


def test_refusing_asks_why_and_keeps_what_was_typed(signed_in, proposal, mira):
    client, url = signed_in(mira), address(proposal.ticket, "refuse-proposal")
    assert client.post(url, {"proposal": proposal.pk}).status_code == 400
    client.post(url, {"proposal": proposal.pk, "reason": "Too technical."})
    proposal.refresh_from_db()
    assert (proposal.state, public(proposal.ticket)) == ("refused", [])
    assert "Too technical." in page(client, proposal.ticket)


def test_what_was_overtaken_meanwhile_is_not_sent_unread(signed_in, proposal, mira, dario, later):
    escalation.propose_reply(proposal.ticket, kind="reply", text="Better.", by=dario, at=later(minutes=1))
    answer = signed_in(mira).post(address(proposal.ticket, "send-proposal"), {"proposal": proposal.pk})
    assert "Another reply was proposed meanwhile." in text_of(answer, 409)
    assert public(proposal.ticket) == []


def test_the_requester_sees_nothing_of_it(signed_in, proposal, ines):
    text = text_of(signed_in(ines).get(f"/requests/{proposal.ticket.number}/"))
    assert "restart" not in text
    assert "propose" not in text.lower()


def test_the_navigation_counts_proposals(signed_in, proposal, mira, dario):
    cache.clear()
    client = signed_in(mira)
    assert proposal.ticket.subject in text_of(client.get("/desk/queues/proposals/"))
    assert signed_in(dario).get("/desk/queues/proposals/").status_code == 404


# --- help ---


def invite(client: Any, ticket: Ticket, **said: Any) -> Any:
    said = {"until": "2026-11-23T17:00", "question": "Is it the gateway?", **said}
    return client.post(address(ticket, "invite"), said)


def test_help_is_asked_for_and_shown(signed_in, at_l2, dario, yuki):
    client = signed_in(dario)
    assert address(at_l2, "invite") in page(client, at_l2)
    assert "Yuki" not in text_of(client.get(address(at_l2, "invite")))
    invite(client, at_l2, user=yuki.pk)
    text = page(client, at_l2)
    assert "<b>Yuki Mori</b>" in text
    assert "what Dario Pek asked" in text
    assert "Dario Pek asked Yuki Mori to help" in text
    assert "hand-over/?version=" in text
    assert f"to=team:{yuki.team_ids[0]}" in text


def test_a_time_that_has_passed_is_refused_beside_its_field(signed_in, at_l2, dario, yuki):
    answer = invite(signed_in(dario), at_l2, user=yuki.pk, until="2026-11-20T10:00")
    text = text_of(answer, 400)
    assert "This time has passed. Choose a later one." in text
    assert "Is it the gateway?" in text


def test_the_helper_finds_it_and_ends_the_help_with_minutes(signed_in, at_l2, dario, yuki, at, later):
    escalation.invite(at_l2, user=yuki, until=later(hours=2), question="Gateway?", by=dario, at=at)
    client = signed_in(yuki)
    assert at_l2.subject in text_of(client.get("/desk/queues/helping/"))
    invitation = Invitation.objects.get()
    url = address(at_l2, "end-help")
    assert "Minutes that the help took" in text_of(client.get(f"{url}?invitation={invitation.pk}"))
    client.post(url, {"invitation": invitation.pk, "minutes": "25"})
    invitation.refresh_from_db()
    assert (invitation.state, invitation.minutes) == ("ended", 25)
    assert "Yuki Mori ended the help of Yuki Mori: 25 min" in page(signed_in(dario), at_l2)


def test_a_hand_over_begins_with_who_helps(signed_in, at_l2, dario, platform):
    text = text_of(signed_in(dario).get(f"{address(at_l2, 'hand-over')}?to=team:{platform.pk}"))
    assert f'<option value="team:{platform.pk}" selected>' in text


def test_help_of_another_ticket_is_not_ended_here(signed_in, at_l2, dario, yuki, open_ticket, at, later):
    escalation.invite(at_l2, user=yuki, until=later(hours=2), question="Gateway?", by=dario, at=at)
    answer = signed_in(yuki).post(
        address(open_ticket(), "end-help"), {"invitation": Invitation.objects.get().pk}
    )
    assert answer.status_code == 400
    assert Invitation.objects.get().state == "open"


def test_proposal_and_help_cost_the_page_nothing(
    signed_in, kept_names, proposal, dario, yuki, later, django_assert_max_num_queries
):
    ticket = proposal.ticket
    escalation.invite(ticket, user=yuki, until=later(hours=2), question="Gateway?", by=dario, at=later())
    client = signed_in(dario)
    client.get(address(ticket))
    with django_assert_max_num_queries(MOST_QUERIES):
        client.get(address(ticket))


# --- settings ---


def test_administrators_say_who_writes_in_a_category(signed_in, ada, vpn):
    client = signed_in(ada)
    assert "go through the contact, who has 30 working minutes" in text_of(client.get("/settings/writing/"))
    said = {"category": vpn.pk, "tier": "2", "writes": "yes"}
    assert "Network › VPN" in text_of(client.post("/settings/writing/", said, follow=True))
    vpn.refresh_from_db()
    assert vpn.writes_in_force == {"2": True}
    assert "changed who writes to requesters in Network › VPN" in text_of(client.get("/settings/history/"))
    client.post(f"/settings/writing/{vpn.pk}/2/remove/")
    vpn.refresh_from_db()
    assert (vpn.writes, vpn.writes_in_force) == ({}, {})


def test_without_a_category_nothing_is_saved(signed_in, ada):
    assert signed_in(ada).post("/settings/writing/", {"tier": "2", "writes": "yes"}).status_code == 422
