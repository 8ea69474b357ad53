"""Clocks of a ticket as operations move it: the smoke test of the whole road."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from sla.models import Clock, ClockEvent, Metric
from tickets import operations
from tickets.models import Ticket


def clocks(ticket: Ticket) -> dict[str, str]:
    rows = Clock.objects.filter(ticket=ticket).order_by("metric", "scope", "cycle")
    return {f"{row.metric}:{row.scope}:{row.cycle}": f"{row.state} {row.outcome}".strip() for row in rows}


def test_a_new_ticket_runs_its_clocks(ticket: Ticket) -> None:
    assert clocks(ticket) == {
        "accept:1:1": "running",
        "first_response:0:1": "running",
        "resolution:0:1": "running",
    }
    first = Clock.objects.get(ticket=ticket, metric=Metric.FIRST_RESPONSE)
    ticket.refresh_from_db()
    accept = Clock.objects.get(ticket=ticket, metric=Metric.ACCEPT)
    assert ticket.next_due_at == accept.due_at
    assert first.target == timedelta(hours=8)


def test_a_reply_meets_the_first_response(ticket: Ticket, mira: User, later: Callable[..., datetime]) -> None:
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.reply(ticket, text="Hello", by=mira, at=later(minutes=10))
    assert clocks(ticket) == {
        "accept:1:1": "ended met",
        "first_response:0:1": "ended met",
        "resolution:0:1": "running",
        "work:1:1": "running",
    }
    kinds = list(ClockEvent.objects.filter(ticket=ticket).values_list("metric", "kind"))
    assert kinds[-1] == ("first_response", "met")


def test_waiting_for_the_requester_pauses(ticket: Ticket, mira: User, later: Callable[..., datetime]) -> None:
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.wait_for_requester(ticket, question="Which?", by=mira, at=later(minutes=10))
    row = Clock.objects.get(ticket=ticket, metric=Metric.RESOLUTION)
    assert (row.state, row.used) == ("paused", timedelta(minutes=10))
    operations.reply(ticket, text="That one", by=ticket.requester, at=later(hours=2))
    assert clocks(ticket)["resolution:0:1"] == "running"
    assert clocks(ticket)["next_response:0:1"] == "running"


def test_resolving_and_reopening_goes_on_with_the_time_used(
    ticket: Ticket, mira: User, later: Callable[..., datetime], vpn: Any
) -> None:
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(minutes=30))
    operations.reopen(ticket, text="No", by=ticket.requester, at=later(hours=3))
    row = Clock.objects.get(ticket=ticket, metric=Metric.RESOLUTION, cycle=2)
    assert (row.state, row.used) == ("running", timedelta(minutes=30))
