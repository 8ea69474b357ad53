"""The records of many tickets, read in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db.models import Sum

from insights.course import EventRow
from insights.record import ClockEventRow, ClockRow, TicketRecord
from sla.models import Clock, ClockEvent, Metric
from tickets.models import Event, Link, LinkType, Ticket, WorkLog


def records(ticket_ids: Iterable[int]) -> Iterator[TicketRecord]:
    """The record of each of these tickets that has a history, by id. Six queries, however many they are.

    All of it is held in memory at once: ask for some thousands at a time.
    """
    keys = sorted(set(ticket_ids))
    if not keys:
        return
    events = _events(keys)
    clocks = _clocks(keys)
    told = _resolution_events(keys)
    worked = _minutes(keys)
    follow_ups = _follow_ups(keys)
    words = {key: rest for key, *rest in _words(keys)}
    for key in keys:
        if key not in events or key not in words:
            continue
        location, device = words[key]
        yield TicketRecord(
            ticket_id=key,
            events=events[key],
            clocks=clocks.get(key, ()),
            resolution_events=told.get(key, ()),
            minutes=worked.get(key, {}),
            follow_ups=follow_ups.get(key, ()),
            location=location,
            device=device,
        )


def _events(keys: Sequence[int]) -> dict[int, list[EventRow]]:
    """Without quiet ones: they change nothing that is a fact."""
    rows = Event.objects.filter(ticket__in=keys, is_quiet=False).order_by("ticket_id", "id")
    found: dict[int, list[EventRow]] = defaultdict(list)
    for ticket, *row in rows.values_list(
        "ticket_id", "id", "kind", "at", "by_id", "changes", "data"
    ).iterator():
        found[ticket].append(EventRow(*row))
    return found


def _clocks(keys: Sequence[int]) -> dict[int, list[ClockRow]]:
    found: dict[int, list[ClockRow]] = defaultdict(list)
    rows = Clock.objects.filter(ticket__in=keys).order_by("id").values_list("ticket_id", *ClockRow._fields)
    for ticket, *row in rows.iterator():
        found[ticket].append(ClockRow(*row))
    return found


def _resolution_events(keys: Sequence[int]) -> dict[int, list[ClockEventRow]]:
    found: dict[int, list[ClockEventRow]] = defaultdict(list)
    rows = ClockEvent.objects.filter(ticket__in=keys, metric=Metric.RESOLUTION).order_by("id")
    for row in rows.values_list(*ClockEventRow._fields).iterator():
        told = ClockEventRow(*row)
        found[told.ticket_id].append(told)
    return found


def _minutes(keys: Sequence[int]) -> dict[int, dict[int, int]]:
    """By ticket and level."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    rows = WorkLog.objects.filter(ticket__in=keys).values_list("ticket", "tier_level")
    for ticket, level, minutes in rows.annotate(minutes_=Sum("minutes")).order_by():
        found[ticket][level] = minutes
    return found


def _follow_ups(keys: Sequence[int]) -> dict[int, list[datetime]]:
    found: dict[int, list[datetime]] = defaultdict(list)
    links = Link.objects.filter(other__in=keys, type=LinkType.FOLLOW_UP).order_by("id")
    for ticket, opened in links.values_list("other_id", "ticket__created_at"):
        found[ticket].append(opened)
    return found


def _words(keys: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    return Ticket.objects.filter(pk__in=keys).values_list("pk", "location_plain", "device_plain").iterator()
