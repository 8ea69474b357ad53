"""Imported open tickets get clocks when an administrator says so, after seeing how many would breach at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from accounts.models import Team, User
from sla.models import Clock, ClockEvent, Metric, Recompute
from sla.operations.recomputing import ask, run
from sla.operations.starting import forecast, start, without_clocks
from tickets import events
from tickets.models import Event, Ticket
from tickets.operations.importing import PlannedEvent, PlannedTicket, import_tickets


@pytest.fixture
def imported(ines: User, service_desk: Team, at: datetime) -> Callable[..., Ticket]:
    """A ticket as another tool kept it, opened some days before Monday morning."""
    keys = iter(range(1, 100))

    def make(*, days: int = 10, priority: int = 3, status: str = "open", **columns: object) -> Ticket:
        opened = at - timedelta(days=days)
        changes = {
            "kind": "incident",
            "status": status,
            "tier_id": service_desk.tier_id,
            "team_id": service_desk.pk,
            "requester_id": ines.pk,
            "organisation_id": ines.organisation_id,
            "channel": "mail",
            "impact": 2,
            "urgency": 2,
            "priority": priority,
            "created_at": opened,
            "tier_since": opened,
            "status_since": opened,
            "path": [1],
            "subject": "From the other tool",
            **columns,
        }
        plan = PlannedTicket("other", str(next(keys)), [PlannedEvent(events.OPENED, opened, changes=changes)])
        return Ticket.objects.get(pk=import_tickets([plan])[0].ticket_id)

    return make


def test_an_import_starts_no_clock(imported: Callable[..., Ticket]) -> None:
    ticket = imported()
    assert Clock.objects.count() == 0
    assert list(without_clocks()) == [ticket]


def test_the_forecast_says_how_many_would_breach_by_priority_and_writes_nothing(
    imported: Callable[..., Ticket], ticket: Ticket, at: datetime
) -> None:
    imported(days=10, priority=1)
    imported(days=10, priority=3)
    imported(days=0, priority=3)
    imported(days=10, status="resolved", resolved_at=at)
    before = (Clock.objects.count(), ClockEvent.objects.count(), Event.objects.count())
    found = forecast(at=at)
    assert (found.tickets, found.breaching_tickets) == (3, 2)
    assert (found.by_priority, found.breaching_by_priority) == ({"1": 1, "3": 2}, {"1": 1, "3": 1})
    assert found.breaching_by_metric[Metric.RESOLUTION] == 2
    assert (Clock.objects.count(), ClockEvent.objects.count(), Event.objects.count()) == before


def test_starting_begins_the_clocks_when_the_tickets_began(
    imported: Callable[..., Ticket], ada: User, at: datetime
) -> None:
    ticket = imported(days=10, priority=3)
    job = run(start(reason="Import", by=ada, at=at), at=at)
    resolution = Clock.objects.get(ticket=ticket, metric=Metric.RESOLUTION)
    assert (resolution.started_at, resolution.breached_at is not None) == (ticket.created_at, True)
    assert (job.started, job.breached) == (
        Clock.objects.count(),
        Clock.objects.filter(breached_at__isnull=False).count(),
    )
    ticket.refresh_from_db()
    assert ticket.next_due_at == min(due for due in Clock.objects.values_list("due_at", flat=True) if due)
    assert list(without_clocks()) == []


def test_what_was_forecast_is_what_happens(imported: Callable[..., Ticket], ada: User, at: datetime) -> None:
    for days in (0, 1, 3, 20):
        for priority in (1, 2, 3, 4):
            imported(days=days, priority=priority)
    found = forecast(at=at)
    job = run(start(reason="Import", by=ada, at=at), at=at)
    assert (job.started, job.breached) == (found.clocks, found.breaching_by_metric.total())


def test_only_an_administrator_starts_them(imported: Callable[..., Ticket], max_: User, at: datetime) -> None:
    with pytest.raises(PermissionDenied):
        start(reason="Import", by=max_, at=at)
    assert Recompute.objects.count() == 0


def test_a_publication_alone_starts_nothing(imported: Callable[..., Ticket], at: datetime) -> None:
    imported()
    run(ask(reason="Calendar", by=None, at=at), at=at)
    assert Clock.objects.count() == 0


def test_the_command_says_first_and_starts_when_told(imported: Callable[..., Ticket]) -> None:
    imported(days=10, priority=1)
    said = StringIO()
    call_command("start_clocks", "--dry-run", stdout=said)
    assert said.getvalue().splitlines()[:2] == [
        "1 open tickets have no clocks. They would get 3; 1 of the tickets would breach at once.",
        "  P1: 1 tickets, 1 would breach",
    ]
    assert Clock.objects.count() == 0
    with pytest.raises(CommandError, match="add --yes"):
        call_command("start_clocks", stdout=StringIO())
    call_command("start_clocks", "--yes", stdout=said)
    assert said.getvalue().splitlines()[-1] == "3 clocks started, 2 breached at once."
    assert call_command("check_clocks", stdout=StringIO()) is None
