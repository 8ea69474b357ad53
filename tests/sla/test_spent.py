"""How a promise was spent adds up to what its clock has used. (At random: test_state_machine.py.)"""

from collections.abc import Callable
from datetime import datetime, timedelta

from accounts.models import Team, User
from escalation import operations as escalation
from sla.models import Calendar
from sla.queries.spending import spending
from sla.spec import RESTART
from tests.sla.conftest import Life, promise, span, when
from tickets import operations
from tickets.models import Ticket

Later = Callable[..., datetime]
Open = Callable[..., Ticket]


def lines(ticket: Ticket, at: datetime) -> list[str]:
    return [
        f"{when(row.since)} {row.who} L{row.level} {span(row.worked)}, {span(row.counted)} counted"
        for row in spending(ticket.pk, at=at)
    ]


def counted(ticket: Ticket, at: datetime) -> timedelta:
    return sum((row.counted for row in spending(ticket.pk, at=at)), timedelta(0))


def test_it_says_where_the_time_went(
    open_ticket: Open, mira: User, dario: User, ines: User, vendors: Team, later: Later
) -> None:
    promise(resolution=600)
    ticket = open_ticket()
    operations.take(ticket, by=mira, at=later(minutes=10))
    operations.wait_for_requester(ticket, question="x", by=mira, at=later(minutes=30))
    operations.reply(ticket, text="x", by=ines, at=later(minutes=60))
    escalation.hand_over(ticket, tier=2, reason="needs_access", summary="x", by=mira, at=later(minutes=70))
    escalation.accept(ticket, by=dario, at=later(minutes=90))
    escalation.hand_over(
        ticket, team=vendors, reason="needs_vendor", summary="x", by=dario, at=later(minutes=120)
    )
    assert lines(ticket, later(minutes=150)) == [
        "09:00 hand_off L1 0:10, 0:10 counted",
        "09:10 tier L1 0:20, 0:20 counted",
        "09:30 requester L1 0:30, 0:00 counted",
        "10:00 tier L1 0:10, 0:10 counted",
        "10:10 hand_off L2 0:20, 0:20 counted",
        "10:30 tier L2 0:30, 0:30 counted",
        "11:00 vendor L4 0:30, 0:30 counted",
    ]
    assert counted(ticket, later(minutes=150)) == timedelta(hours=2)


def test_it_ends_with_the_ticket_and_the_time_resolved_is_nobodys(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    promise(resolution=600)
    ticket = open_ticket()
    operations.take(ticket, by=mira, at=later())
    operations.resolve(ticket, code="no_answer", summary="x", by=mira, at=later(minutes=10))
    assert lines(ticket, later(days=1)) == ["09:00 tier L1 0:10, 0:10 counted"]
    operations.reopen(ticket, text="x", by=ines, at=later(minutes=40))
    assert lines(ticket, later(minutes=45)) == [
        "09:00 tier L1 0:10, 0:10 counted",
        "09:10 nobody L1 0:30, 0:00 counted",
        "09:40 tier L1 0:05, 0:05 counted",
    ]


def test_where_reopening_restarts_only_the_time_since_then_counts(
    open_ticket: Open, mira: User, ines: User, later: Later
) -> None:
    promise(resolution=600, reopening=RESTART)
    ticket = open_ticket()
    operations.take(ticket, by=mira, at=later())
    operations.resolve(ticket, code="no_answer", summary="x", by=mira, at=later(minutes=10))
    operations.reopen(ticket, text="x", by=ines, at=later(minutes=40))
    assert counted(ticket, later(minutes=45)) == timedelta(minutes=5)


def test_it_counts_in_the_clocks_calendar(
    open_ticket: Open, mira: User, office: Calendar, later: Later
) -> None:
    promise(resolution=2000, calendar=office)
    ticket = open_ticket()
    operations.take(ticket, by=mira, at=later(hours=8))
    assert lines(ticket, later(days=1)) == [
        "09:00 hand_off L1 8:00, 8:00 counted",
        "17:00 tier L1 2:00, 2:00 counted",
    ]


def test_time_from_elsewhere_is_told_as_such(open_ticket: Open, mira: User, later: Later) -> None:
    promise(resolution=600)
    early, late = open_ticket("Early"), open_ticket("Late", at=later(minutes=30))
    operations.merge(early, into=late, by=mira, at=later(minutes=50))
    assert lines(late, later(minutes=60)) == [
        "09:30 hand_off L1 0:30, 0:30 counted",
        "09:50 carried L0 0:30, 0:30 counted",
    ]
    assert Life(late).row("resolution") == "running, 0:50, due 19:00"
    assert counted(late, later(minutes=60)) == timedelta(minutes=60)


def test_nothing_is_spent_where_nothing_was_promised(open_ticket: Open, later: Later) -> None:
    promise(first_response=60)
    assert spending(open_ticket().pk, at=later(hours=1)) == []
