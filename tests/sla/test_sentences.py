"""What clocks add to a ticket's timeline, as each side reads it."""

from collections.abc import Callable
from datetime import datetime

from accounts.models import Team, User
from escalation import operations as escalation
from sla.operations.firing import fire_due
from sla.spec import SHIPPED_THRESHOLDS
from tests.sla.conftest import Life, policy, promise
from tickets import operations
from tickets.models import Event, Ticket
from tickets.sentences import sentence

Later = Callable[..., datetime]
Open = Callable[..., Ticket]


def told(ticket: Ticket, reader: User) -> list[str]:
    rows = Event.objects.filter(ticket=ticket, kind__startswith="sla.").order_by("pk")
    return [sentence(row, reader) for row in rows]


def test_the_desk_reads_warnings_breaches_and_new_due_times(
    open_ticket: Open, mira: User, later: Later
) -> None:
    policy(resolution={4: 100, 3: 300}, thresholds=SHIPPED_THRESHOLDS)
    ticket = open_ticket()
    fire_due(at=later(minutes=80))
    operations.override_priority(ticket, priority=3, reason="x", by=mira, at=later(minutes=80))
    fire_due(at=later(minutes=301))
    assert told(ticket, mira) == [
        "75 % of the time for the resolution is used",
        "The resolution is due 23 Nov 2026, 14:00 now, no longer 23 Nov 2026, 10:40",
        "The resolution is late",
    ]


def test_a_clock_that_rested_or_rests_is_told_with_the_time_that_it_has(
    open_ticket: Open, mira: User, later: Later
) -> None:
    promise(resolution={4: 100, 3: 300})
    ticket = open_ticket()
    operations.wait_for_requester(ticket, question="x", by=mira, at=later(minutes=1))
    operations.override_priority(ticket, priority=3, reason="x", by=mira, at=later(minutes=2))
    assert told(ticket, mira) == []
    assert Life(ticket).row("resolution") == "paused, 0:01"


def test_the_requester_reads_nothing_of_it(open_ticket: Open, mira: User, ines: User, later: Later) -> None:
    policy(first_response=30, accept=10, thresholds=SHIPPED_THRESHOLDS)
    ticket = open_ticket()
    fire_due(at=later(hours=1))
    assert told(ticket, mira) == ["The acceptance by L1 is late", "The first response is late"]
    assert told(ticket, ines) == ["", ""]


def test_a_vendors_guest_reads_what_the_vendor_owes_and_no_more(
    open_ticket: Open, mira: User, vera: User, vendors: Team, later: Later
) -> None:
    policy(
        first_response=600,
        resolution=10,
        vendor_response=60,
        vendor_resolve=100,
        thresholds=SHIPPED_THRESHOLDS,
    )
    ticket = open_ticket()
    operations.take(ticket, by=mira, at=later())
    escalation.hand_over(
        ticket, team=vendors, reason="needs_vendor", summary="x", by=mira, at=later(minutes=1)
    )
    for minutes in (48, 62, 78, 105):
        fire_due(at=later(minutes=minutes))
    said = told(ticket, vera)
    assert [line for line in said if line] == [
        "Most of your time for this is used",
        "Your answer is late",
        "Most of your time for this is used",
        "Your solution is late",
    ]
    assert len(said) > 4
