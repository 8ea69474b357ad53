"""Calendars and policies with short targets, and a ticket's clocks as lines that people can read.

Whatever is published here is in force at once: `policy(resolution=240)` promises a resolution within four hours
and nothing else, whatever was promised before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F

from accounts.models import Team, User
from sla.models import (
    Book,
    Calendar,
    CalendarDay,
    CalendarVersion,
    Clock,
    ClockEvent,
    Metric,
    Policy,
    PolicyVersion,
)
from sla.spec import (
    ANY_VENDOR,
    BREACH,
    PRIORITIES,
    TIER_METRICS,
    VENDOR_METRICS,
    PolicySpec,
    Target,
    Threshold,
    to_json,
)
from tests.conftest import MONDAY
from tickets.events import OPENED
from tickets.models import FAR, Event, Ticket
from tickets.operations.importing import PlannedEvent, PlannedTicket, import_tickets

OFFICE = [[8 * 60, 18 * 60]]
WEEK = [OFFICE] * 5 + [[], []]
"""Monday to Friday from 8 to 18."""
LEVELS = (0, 1, 2, 3)
BREACH_ALONE = (Threshold(BREACH),)


def publish() -> None:
    """Make what stands in the tables now the book in force."""
    Book.objects.filter(pk=1).update(stamp=uuid4(), revision=F("revision") + 1)


def hours(
    name: str = "Office",
    *,
    weekly: Sequence[Any] = WEEK,
    zone: str = "UTC",
    always: bool = False,
    days: Mapping[date, Sequence[Any]] | None = None,
    days_from: date = date(2026, 1, 1),
    days_until: date = date(2027, 12, 31),
) -> Calendar:
    """A calendar in force; saved again under its name, it is another version of it. `days` are days of its own."""
    calendar, _is_new = Calendar.objects.get_or_create(name=name)
    version = CalendarVersion.objects.create(
        calendar=calendar,
        number=calendar.versions.count() + 1,
        zone=zone,
        is_always_open=always,
        weekly=list(weekly),
        days_from=days_from,
        days_until=days_until,
        at=MONDAY,
    )
    CalendarDay.objects.bulk_create(
        CalendarDay(version=version, date=day, kind=CalendarDay.Kind.OWN, intervals=list(intervals))
        for day, intervals in (days or {}).items()
    )
    calendar.current = version
    calendar.save(update_fields=["current"])
    publish()
    return calendar


def policy(
    name: str = "Standard",
    *,
    calendar: Calendar | None = None,
    position: int = 0,
    **says: Any,
) -> Policy:
    """A policy in force; saved again under its name, it is another version of it. “Standard” is the default.

    Args:
        calendar: in which all its targets count; around the clock without one.
        says: minutes by metric, the same for all priorities (tiers, vendors) or a dict by each; the rest as in
            `PolicySpec`. What is not named is not promised.
    """
    calendar = calendar or hours("Always", always=True)
    row, _is_new = Policy.objects.get_or_create(name=name, defaults={"position": position})
    row.current = PolicyVersion.objects.create(
        policy=row,
        number=row.versions.count() + 1,
        spec=to_json(spec(calendar, **says)),
        at=MONDAY,
    )
    row.save(update_fields=["current"])
    publish()
    return row


def promise(**says: Any) -> Policy:
    """As `policy`, without warnings: a clock's life is what the ticket made of it, and its breach."""
    return policy(**{"thresholds": BREACH_ALONE, **says})


def spec(calendar: Calendar, **says: Any) -> PolicySpec:
    """What `policy` promises, as data."""
    groups: dict[str, dict[int, dict[str, Target]]] = {"targets": {}, "tiers": {}, "vendors": {}}
    for metric in [name for name in says if name in Metric.values]:
        group, keys = _group(metric)
        minutes = says.pop(metric)
        by_key = minutes if isinstance(minutes, Mapping) else dict.fromkeys(keys, minutes)
        for key, value in by_key.items():
            groups[group].setdefault(key, {})[metric] = (
                value if isinstance(value, Target) else Target(value, calendar.pk)
            )
    details: dict[str, Any] = {**groups, **says}
    return PolicySpec(**details)


def _group(metric: str) -> tuple[str, tuple[int, ...]]:
    if metric in TIER_METRICS:
        return "tiers", LEVELS
    if metric in VENDOR_METRICS:
        return "vendors", (ANY_VENDOR,)
    return "targets", PRIORITIES


@pytest.fixture
def office(db: None) -> Calendar:
    """Monday to Friday, 8 to 18 UTC."""
    return hours()


@pytest.fixture
def import_ticket(ines: User, service_desk: Team) -> Callable[..., Ticket]:
    """A ticket as another tool kept it, opened a day before Monday morning and open since."""
    keys = iter(range(1, 100))

    def take_over(**columns: Any) -> Ticket:
        opened = MONDAY - timedelta(days=1)
        changes = {
            "subject": "From the other tool",
            "status": "open",
            "tier_id": service_desk.tier_id,
            "team_id": service_desk.pk,
            "requester_id": ines.pk,
            "organisation_id": ines.organisation_id,
            "created_at": opened,
            "tier_since": opened,
            "status_since": opened,
            "requester_waiting_since": opened,
            "path": [1],
            **columns,
        }
        history = [PlannedEvent(OPENED, opened, changes=changes, data={"imported": True})]
        plan = PlannedTicket("other", str(next(keys)), history)
        return Ticket.objects.get(pk=import_tickets([plan])[0].ticket_id)

    return take_over


@dataclass
class Life:
    """A ticket's clocks as lines: how they stand (`rows`), and what happened to them since last asked (`news`)."""

    ticket: Ticket
    seen: int = field(default=0)

    def rows(self) -> dict[str, str]:
        """By clock (“work L2”, from the second cycle on with its number): state, time used, due or breached."""
        found = Clock.objects.filter(ticket=self.ticket).order_by("metric", "scope", "cycle")
        return {clock_name(row): clock_line(row) for row in found}

    def row(self, name: str) -> str:
        return self.rows()[name]

    def news(self) -> list[str]:
        """The events of its clocks since the last call: when, which clock, what, because of what."""
        found = list(
            ClockEvent.objects.filter(ticket=self.ticket, pk__gt=self.seen)
            .select_related("cause")
            .order_by("pk")
        )
        self.seen = found[-1].pk if found else self.seen
        return [event_line(event) for event in found]

    def timeline(self) -> list[tuple[str, str]]:
        """What of it stands in the ticket's own timeline: kind and when."""
        rows = Event.objects.filter(ticket=self.ticket, kind__startswith="sla.").order_by("pk")
        return [(row.kind, when(row.at)) for row in rows]

    def due(self) -> str:
        """The ticket's own column."""
        self.ticket.refresh_from_db(fields=["next_due_at"])
        return when(self.ticket.next_due_at)


def clock_name(row: Clock | ClockEvent) -> str:
    scope = f" L{row.scope}" if row.metric in TIER_METRICS else ""
    return f"{row.metric}{scope}" + (f" {row.cycle}" if row.cycle > 1 else "")


def clock_line(row: Clock) -> str:
    parts = [str(row.outcome or row.state), span(row.used)]
    if row.breached_at is not None:
        parts.append(f"breached {when(row.breached_at)}")
    if row.due_at is not None:
        parts.append(f"due {when(row.due_at)}")
    return ", ".join(parts)


def event_line(event: ClockEvent) -> str:
    outcome = event.data.get("outcome", "")
    what = outcome if event.kind == ClockEvent.Kind.CANCELLED else event.kind
    what += f" {event.data['share']}" if event.kind == ClockEvent.Kind.WARNED else ""
    why = f" ({event.cause.kind})" if event.cause else ""
    return f"{when(event.at)} {clock_name(event)} {what}{why}"


def span(of: timedelta) -> str:
    """“1:05” for an hour and five minutes; with what is left below a minute, if anything is."""
    minutes, rest = divmod(of, timedelta(minutes=1))
    return f"{minutes // 60}:{minutes % 60:02}" + (f" {rest.total_seconds():g}s" if rest else "")


def when(at: datetime) -> str:
    """The time on the cast's Monday, with the weekday on other days of its fortnight."""
    if at == FAR:
        return "never"
    at = at.astimezone(UTC)
    exact = f"{at:%H:%M}" + (f":{at.second + at.microsecond / 1e6:g}" if at.second or at.microsecond else "")
    days = (at.date() - MONDAY.date()).days
    return exact if days == 0 else f"{at:%a} {exact}" if 0 < days < 7 else f"{at:%d %b} {exact}"
