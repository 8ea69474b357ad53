"""The promise of one tier to the next, and the vendor's: docs/sla.md, rule by rule."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from accounts import operations as accounts
from accounts.models import Organisation, Team, Tier, User
from escalation import operations as escalation
from escalation.events import PROPOSAL_REFUSED, PROPOSED
from sla.spec import Target
from tests.conftest import seat
from tests.sla.conftest import Life, hours, promise
from tickets import events, operations
from tickets.models import Ticket

Later = Callable[..., datetime]
Open = Callable[..., Ticket]


@pytest.fixture
def filed(open_ticket: Open) -> Life:
    """A ticket of Monday 9:00 with nothing but what tiers promise: accept within 30 minutes, work within 2 hours."""
    promise(accept=30, work=120)
    return Life(open_ticket())


def climb(life: Life, by: User, at: datetime, tier: int = 2, team: Team | None = None) -> None:
    escalation.hand_over(
        life.ticket,
        **({"team": team} if team else {"tier": tier}),
        reason="needs_expertise",
        summary="Logs.",
        by=by,
        at=at,
    )


# --- accept and work ---


def test_accept_runs_from_entering_a_tier_to_acceptance(filed: Life, mira: User, later: Later) -> None:
    assert filed.rows() == {"accept L1": "running, 0:00, due 09:30"}
    operations.take(filed.ticket, by=mira, at=later(minutes=10))
    assert filed.row("accept L1") == "met, 0:10"
    assert filed.news() == [
        "09:00 accept L1 started (ticket.opened)",
        "09:10 accept L1 met (ticket.taken)",
        "09:10 work L1 started (ticket.taken)",
    ]


def test_accept_is_met_by_beginning_the_work(filed: Life, mira: User, later: Later) -> None:
    operations.reply(filed.ticket, text="Looking at it.", by=mira, at=later(minutes=10))
    assert filed.rows() == {"accept L1": "met, 0:10", "work L1": "running, 0:00, due 11:10"}


def test_accept_is_not_met_by_what_a_rule_sends(filed: Life, later: Later) -> None:
    operations.reply(filed.ticket, text="We have it.", by=None, at=later(minutes=10))
    assert filed.rows() == {"accept L1": "running, 0:00, due 09:30"}


def test_work_runs_from_acceptance_to_leaving(filed: Life, mira: User, network: Team, later: Later) -> None:
    operations.take(filed.ticket, by=mira, at=later(minutes=10))
    climb(filed, mira, later(minutes=50))
    assert filed.rows() == {
        "accept L1": "met, 0:10",
        "accept L2": "running, 0:00, due 10:20",
        "work L1": "met, 0:40",
    }
    assert filed.news()[3:] == [
        "09:50 work L1 met (escalation.handed_over)",
        "09:50 accept L2 started (escalation.handed_over)",
    ]


def test_accept_and_work_never_overlap(filed: Life, mira: User, dario: User, vpn: Any, later: Later) -> None:
    operations.take(filed.ticket, by=mira, at=later(minutes=10))
    climb(filed, mira, later(minutes=20))
    escalation.accept(filed.ticket, by=dario, at=later(minutes=30))
    escalation.return_(filed.ticket, reason="not_ours", text="No.", by=dario, at=later(minutes=40))
    operations.resolve(
        filed.ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(minutes=50)
    )
    assert filed.rows() == {
        "accept L1": "met, 0:10",
        "accept L2": "met, 0:10",
        "work L1": "met, 0:10",
        "work L1 2": "met, 0:20",
        "work L2": "met, 0:10",
    }
    assert filed.news() == [
        "09:00 accept L1 started (ticket.opened)",
        "09:10 accept L1 met (ticket.taken)",
        "09:10 work L1 started (ticket.taken)",
        "09:20 work L1 met (escalation.handed_over)",
        "09:20 accept L2 started (escalation.handed_over)",
        "09:30 accept L2 met (escalation.accepted)",
        "09:30 work L2 started (escalation.accepted)",
        "09:40 work L2 met (escalation.returned)",
        "09:40 work L1 2 started (escalation.returned)",
        "09:50 work L1 2 met (ticket.resolved)",
    ]


def test_work_adds_up_over_returns(filed: Life, mira: User, dario: User, later: Later) -> None:
    operations.take(filed.ticket, by=mira, at=later())
    climb(filed, mira, later(minutes=100))
    escalation.return_(filed.ticket, reason="not_ours", text="No.", by=dario, at=later(minutes=110))
    assert filed.row("work L1 2") == "running, 1:40, due 11:10"


def test_accept_begins_anew_at_each_entry(
    filed: Life, mira: User, dario: User, network: Team, later: Later
) -> None:
    operations.take(filed.ticket, by=mira, at=later())
    climb(filed, mira, later(minutes=10))
    escalation.return_(filed.ticket, reason="not_ours", text="No.", by=dario, at=later(minutes=30))
    climb(filed, mira, later(minutes=40))
    assert filed.row("accept L2") == "met, 0:20"
    assert filed.row("accept L2 2") == "running, 0:00, due 10:10"


def test_accept_is_met_by_giving_it_back_unaccepted(
    filed: Life, mira: User, dario: User, later: Later
) -> None:
    operations.take(filed.ticket, by=mira, at=later())
    climb(filed, mira, later(minutes=10))
    filed.news()
    escalation.return_(filed.ticket, reason="not_ours", text="No.", by=dario, at=later(minutes=50))
    assert filed.row("accept L2") == "met, 0:40, breached 09:40"
    assert filed.news() == [
        "09:40 accept L2 breached (escalation.returned)",
        "09:50 accept L2 met (escalation.returned)",
        "09:50 work L1 2 started (escalation.returned)",
    ]


def test_a_return_after_acceptance_ends_the_work(filed: Life, mira: User, dario: User, later: Later) -> None:
    operations.take(filed.ticket, by=mira, at=later())
    climb(filed, mira, later(minutes=10))
    escalation.accept(filed.ticket, by=dario, at=later(minutes=20))
    escalation.return_(filed.ticket, reason="not_ours", text="No.", by=dario, at=later(minutes=50))
    assert filed.rows() == {
        "accept L1": "met, 0:00",
        "accept L2": "met, 0:10",
        "work L1": "met, 0:10",
        "work L1 2": "running, 0:10, due 11:40",
        "work L2": "met, 0:30",
    }


def test_a_hand_over_within_a_tier_goes_on_with_its_acceptance(
    filed: Life, lars: User, tiers: dict[int, Tier], later: Later
) -> None:
    """Otherwise a tier could put off its promise by passing a ticket around."""
    second = Team.objects.create(name="Second desk", tier_id=1)
    climb(filed, lars, later(minutes=20), team=second)
    assert filed.rows() == {"accept L1": "running, 0:00, due 09:30"}
    assert filed.news() == ["09:00 accept L1 started (ticket.opened)"]


def test_a_hand_over_within_a_tier_has_to_be_accepted_again(
    filed: Life, mira: User, lars: User, sara: User, tiers: dict[int, Tier], later: Later
) -> None:
    second = Team.objects.create(name="Second desk", tier_id=1)
    operations.take(filed.ticket, by=mira, at=later(minutes=10))
    climb(filed, mira, later(minutes=20), team=second)
    assert filed.rows() == {
        "accept L1": "met, 0:10",
        "accept L1 2": "running, 0:00, due 09:50",
        "work L1": "met, 0:10",
    }
    escalation.accept(filed.ticket, by=seat(sara, second), at=later(minutes=40))
    assert filed.row("accept L1 2") == "met, 0:20"
    assert filed.row("work L1 2") == "running, 0:10, due 11:30"


def test_a_hand_over_to_a_tier_that_is_off_runs_the_clock_of_the_tier_that_gets_it(
    filed: Life, mira: User, platform: Team, later: Later
) -> None:
    accounts.disable_tier(Tier.objects.get(level=2), by=None, at=later())
    operations.take(filed.ticket, by=mira, at=later(minutes=10))
    climb(filed, mira, later(minutes=20), tier=2)
    assert filed.rows() == {
        "accept L1": "met, 0:10",
        "accept L3": "running, 0:00, due 09:50",
        "work L1": "met, 0:10",
    }


def test_work_pauses_with_the_resolution_and_while_pending_vendor(
    filed: Life, mira: User, ines: User, kestrel: Organisation, later: Later
) -> None:
    operations.take(filed.ticket, by=mira, at=later())
    filed.news()
    operations.wait_for_requester(filed.ticket, question="Which?", by=mira, at=later(minutes=10))
    operations.reply(filed.ticket, text="That one.", by=ines, at=later(minutes=20))
    operations.wait_for_vendor(filed.ticket, vendor=kestrel, by=mira, at=later(minutes=30))
    operations.resume(filed.ticket, by=mira, at=later(minutes=40))
    operations.hold(filed.ticket, reason="part", until=later(days=1), by=mira, at=later(minutes=50))
    operations.hold(filed.ticket, reason="appointment", until=later(days=1), by=mira, at=later(minutes=60))
    assert filed.row("work L1") == "paused, 0:40"
    assert filed.news() == [
        "09:10 work L1 paused (ticket.waits_for_requester)",
        "09:20 work L1 resumed (ticket.replied)",
        "09:30 work L1 paused (ticket.waits_for_vendor)",
        "09:40 work L1 resumed (ticket.resumed)",
        "10:00 work L1 paused (ticket.held)",
    ]


def test_time_a_proposed_reply_waits_counts_for_the_contacts_tier(
    filed: Life, mira: User, dario: User, later: Later
) -> None:
    operations.take(filed.ticket, by=mira, at=later())
    climb(filed, mira, later(minutes=10))
    escalation.accept(filed.ticket, by=dario, at=later(minutes=20))
    filed.news()
    propose(filed, dario, since=later(minutes=30), at=later(minutes=30))
    assert filed.row("work L1 2") == "running, 0:10, due 11:20"
    propose(filed, mira, since=None, at=later(minutes=50))
    assert filed.rows() == {
        "accept L1": "met, 0:00",
        "accept L2": "met, 0:10",
        "work L1": "met, 0:10",
        "work L1 2": "met, 0:30",
        "work L2": "met, 0:10",
        "work L2 2": "running, 0:10, due 11:40",
    }
    assert filed.news() == [
        "09:30 work L2 met (escalation.proposed)",
        "09:30 work L1 2 started (escalation.proposed)",
        "09:50 work L1 2 met (escalation.proposal_refused)",
        "09:50 work L2 2 started (escalation.proposal_refused)",
    ]


def propose(life: Life, by: User, *, since: datetime | None, at: datetime) -> None:
    """Propose a reply, or refuse the one that waits: all of it that clocks know of."""
    with transaction.atomic():
        ticket = events.lock(life.ticket)
        ticket.proposal_since = since
        events.record(ticket, PROPOSED if since else PROPOSAL_REFUSED, by=by, at=at)


def test_accept_never_pauses(filed: Life, lars: User, network: Team, mira: User, later: Later) -> None:
    operations.take(filed.ticket, by=mira, at=later())
    climb(filed, mira, later(minutes=10))
    operations.wait_for_requester(filed.ticket, question="Which?", by=mira, at=later(minutes=20))
    assert filed.row("accept L2") == "running, 0:00, due 09:40"


def test_each_tier_counts_in_its_own_calendar(
    open_ticket: Open, mira: User, network: Team, later: Later
) -> None:
    early = hours("Early shift", weekly=[[[7 * 60, 10 * 60]]] * 7)
    always = hours("Always", always=True)
    promise(accept={1: Target(30, always.pk), 2: Target(30, early.pk)}, work={1: 120})
    life = Life(open_ticket())
    operations.take(life.ticket, by=mira, at=later())
    climb(life, mira, later(minutes=50))
    assert life.rows() == {
        "accept L1": "met, 0:00",
        "accept L2": "running, 0:00, due Tue 07:20",
        "work L1": "met, 0:50",
    }


def test_putting_it_back_into_the_queue_goes_on_with_the_work(filed: Life, mira: User, later: Later) -> None:
    operations.take(filed.ticket, by=mira, at=later(minutes=10))
    operations.release(filed.ticket, by=mira, at=later(minutes=20))
    assert filed.row("work L1") == "running, 0:00, due 11:10"


# --- vendors ---


@pytest.fixture
def contracted(open_ticket: Open, mira: User) -> Life:
    """Mira's ticket of Monday 9:00; any vendor responds within an hour and resolves within four."""
    promise(vendor_response=60, vendor_resolve=240)
    life = Life(open_ticket())
    operations.take(life.ticket, by=mira, at=life.ticket.created_at)
    return life


def test_vendor_clocks_start_at_the_hand_over_to_the_vendor(
    contracted: Life, mira: User, vendors: Team, later: Later
) -> None:
    climb(contracted, mira, later(minutes=10), team=vendors)
    assert contracted.rows() == {
        "vendor_resolve": "running, 0:00, due 13:10",
        "vendor_response": "running, 0:00, due 10:10",
    }
    assert contracted.news() == [
        "09:10 vendor_response started (escalation.handed_over)",
        "09:10 vendor_resolve started (escalation.handed_over)",
    ]


def test_a_vendor_responds_by_accepting(
    contracted: Life, mira: User, vera: User, vendors: Team, later: Later
) -> None:
    climb(contracted, mira, later(minutes=10), team=vendors)
    escalation.accept(contracted.ticket, by=vera, at=later(minutes=30))
    assert contracted.rows() == {
        "vendor_resolve": "running, 0:00, due 13:10",
        "vendor_response": "met, 0:20",
    }


def test_a_vendor_responds_by_writing(
    contracted: Life, mira: User, vera: User, vendors: Team, later: Later
) -> None:
    climb(contracted, mira, later(minutes=10), team=vendors)
    operations.share_with_vendor(contracted.ticket, text="Any news?", by=mira, at=later(minutes=20))
    assert contracted.row("vendor_response") == "running, 0:00, due 10:10"
    operations.share_with_vendor(contracted.ticket, text="Rebooted.", by=vera, at=later(minutes=30))
    assert contracted.row("vendor_response") == "met, 0:20"


def test_a_vendor_resolves_by_giving_it_back(
    contracted: Life, mira: User, vera: User, vendors: Team, later: Later
) -> None:
    climb(contracted, mira, later(minutes=10), team=vendors)
    escalation.accept(contracted.ticket, by=vera, at=later(minutes=30))
    escalation.return_(contracted.ticket, reason="not_ours", text="Done.", by=vera, at=later(hours=2))
    assert contracted.rows() == {"vendor_resolve": "met, 1:50", "vendor_response": "met, 0:20"}


def test_vendor_clocks_run_while_a_team_waits_for_the_vendor(
    contracted: Life, mira: User, vera: User, kestrel: Organisation, later: Later
) -> None:
    operations.wait_for_vendor(contracted.ticket, vendor=kestrel, by=mira, at=later(minutes=10))
    operations.share_with_vendor(contracted.ticket, text="Rebooted.", by=vera, at=later(minutes=30))
    assert contracted.rows() == {"vendor_resolve": "met, 0:20", "vendor_response": "met, 0:20"}
    assert contracted.news() == [
        "09:10 vendor_response started (ticket.waits_for_vendor)",
        "09:10 vendor_resolve started (ticket.waits_for_vendor)",
        "09:30 vendor_resolve met (ticket.vendor_replied)",
        "09:30 vendor_response met (ticket.vendor_replied)",
    ]


def test_the_vendors_time_adds_up_and_each_question_wants_its_answer(
    contracted: Life, mira: User, vera: User, kestrel: Organisation, later: Later
) -> None:
    operations.wait_for_vendor(contracted.ticket, vendor=kestrel, by=mira, at=later(minutes=10))
    operations.share_with_vendor(contracted.ticket, text="Rebooted.", by=vera, at=later(minutes=30))
    operations.wait_for_vendor(contracted.ticket, vendor=kestrel, by=mira, at=later(minutes=60))
    assert contracted.row("vendor_response 2") == "running, 0:00, due 11:00"
    assert contracted.row("vendor_resolve 2") == "running, 0:20, due 13:40"


def test_vendor_clocks_pause_while_it_waits_for_the_requester_or_on_hold(
    contracted: Life, mira: User, ines: User, vera: User, vendors: Team, lars: User, max_: User, later: Later
) -> None:
    climb(contracted, mira, later(minutes=10), team=vendors)
    escalation.accept(contracted.ticket, by=vera, at=later(minutes=10))
    contracted.news()
    operations.wait_for_requester(contracted.ticket, question="Which?", by=max_, at=later(minutes=20))
    operations.reply(contracted.ticket, text="That one.", by=ines, at=later(minutes=50))
    operations.hold(contracted.ticket, reason="part", until=later(days=1), by=max_, at=later(minutes=60))
    operations.resume(contracted.ticket, by=max_, at=later(minutes=90))
    assert contracted.row("vendor_resolve") == "running, 0:20, due 14:10"
    assert contracted.news() == [
        "09:20 vendor_resolve paused (ticket.waits_for_requester)",
        "09:50 vendor_resolve resumed (ticket.replied)",
        "10:00 vendor_resolve paused (ticket.held)",
        "10:30 vendor_resolve resumed (ticket.resumed)",
    ]


def test_a_vendor_with_targets_of_its_own_is_measured_by_them(
    open_ticket: Open, mira: User, kestrel: Organisation, later: Later
) -> None:
    promise(vendor_response={0: 60, kestrel.pk: 15}, vendor_resolve={0: 240})
    life = Life(open_ticket())
    operations.take(life.ticket, by=mira, at=later())
    operations.wait_for_vendor(life.ticket, vendor=kestrel, by=mira, at=later(minutes=10))
    assert life.rows() == {"vendor_response": "running, 0:00, due 09:25"}


def test_handing_over_what_waits_for_the_vendor_asks_anew(
    contracted: Life, mira: User, vera: User, kestrel: Organisation, vendors: Team, later: Later
) -> None:
    operations.wait_for_vendor(contracted.ticket, vendor=kestrel, by=mira, at=later(minutes=10))
    climb(contracted, mira, later(minutes=30), team=vendors)
    assert contracted.rows() == {
        "vendor_resolve": "running, 0:00, due 13:10",
        "vendor_response": "running, 0:00, due 10:10",
    }


def test_vendor_clocks_end_with_the_ticket(
    contracted: Life, mira: User, kestrel: Organisation, later: Later
) -> None:
    operations.wait_for_vendor(contracted.ticket, vendor=kestrel, by=mira, at=later(minutes=10))
    operations.cancel(contracted.ticket, reason_text="Gone.", by=mira, at=later(minutes=20))
    assert contracted.rows() == {"vendor_resolve": "cancelled, 0:10", "vendor_response": "cancelled, 0:10"}
