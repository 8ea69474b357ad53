"""Arrivals of the last hours, and of the same hours of former weeks, by category, organisation, place and asset label.

Former weeks are gone back to on the clock of the desk's zone, so that nine o'clock is nine o'clock on either side of a
change of clock. Counted is what people asked for: not what was imported, set aside as no request, or is a problem
itself; what was merged into another did arrive. Restricted tickets are left out: nobody learns of them here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from insights.models import Candidate
from insights.spikes import WINDOWS, Series
from tickets.models import NOT_A_REQUEST, Category, Channel, Kind, Ticket

WEEKS = 8
WEEK = timedelta(days=7)
LONGEST_VALUE = 120
By = Candidate.By

Window = tuple[datetime, datetime]
Numbers = dict[Series | None, int]


@dataclass(frozen=True)
class Arrival:
    ticket: int
    at: datetime
    series: tuple[Series, ...]


class Arrivals:
    """What `insights.spikes` asks for, from the database at one moment. Four queries, however much there is."""

    def __init__(self, at: datetime, zone: ZoneInfo) -> None:
        self.at = at
        self.ancestry = dict(Category.objects.order_by().values_list("pk", "ancestry"))
        self.recent = self._recent(at - timedelta(hours=max(WINDOWS)))
        begin = back(
            at, WEEKS + 1, zone
        )  # one more, so that the first hours of the eighth are seen to have begun
        self.total, first = self._counted([(begin, at - timedelta(hours=max(WINDOWS)))])
        self.past_numbers: dict[int, list[Numbers]] = {}
        windows = {hours: _same_hours(at, hours, zone, first) for hours in WINDOWS}
        counted, _first = self._counted([window for each in windows.values() for window in each])
        for hours, each in windows.items():
            self.past_numbers[hours], counted = counted[: len(each)], counted[len(each) :]
        self._tickets = {hours: self._by_series(hours) for hours in WINDOWS}

    # --- insights.spikes.Counts ---

    def series(self, hours: int) -> Iterable[Series]:
        return [series for series in self._tickets[hours] if series is not None]

    def known(self) -> int:
        """Those that came once a week at least."""
        return sum(1 for series, n in self.total[0].items() if series is not None and n >= WEEKS)

    def share(self, series: Series) -> float:
        return self.total[0].get(series, 0) / max(1, self.total[0].get(None, 0))

    def seen(self, series: Series | None, hours: int) -> int:
        return len(self._tickets[hours].get(series, ()))

    def past(self, series: Series | None, hours: int) -> Sequence[int]:
        return [numbers.get(series, 0) for numbers in self.past_numbers[hours]]

    def tickets(self, series: Series, hours: int) -> frozenset[int]:
        return frozenset(self._tickets[hours].get(series, ()))

    # --- below ---

    def _by_series(self, hours: int) -> dict[Series | None, list[int]]:
        found: dict[Series | None, list[int]] = defaultdict(list)
        for arrival in self.recent:
            if arrival.at > self.at - timedelta(hours=hours):
                for series in (None, *arrival.series):
                    found[series].append(arrival.ticket)
        return dict(found)

    def _recent(self, since: datetime) -> list[Arrival]:
        rows = Ticket.objects.filter(countable_arrivals(), created_at__gt=since, created_at__lte=self.at)
        columns = ("pk", "created_at", "category_id", "organisation_id", "location_plain", "device_plain")
        return [
            Arrival(key, at, tuple(self._series(category, organisation, place, device)))
            for key, at, category, organisation, place, device in rows.order_by().values_list(*columns)
        ]

    def _series(
        self, category: int | None, organisation: int | None, place: str, device: str
    ) -> Iterable[Series]:
        for key in self.ancestry.get(category, ()) if category else ():
            yield By.CATEGORY.value, str(key)
        if organisation:
            yield By.ORGANISATION.value, str(organisation)
        if place:
            yield By.LOCATION.value, place[:LONGEST_VALUE]
        if device:
            yield By.DEVICE.value, device[:LONGEST_VALUE]

    def _counted(self, windows: Sequence[Window]) -> tuple[list[Numbers], datetime | None]:
        """How many arrived in each window, by series; and when the first of all did."""
        numbers: list[Numbers] = [defaultdict(int) for _window in windows]
        first: datetime | None = None
        if not windows:
            return numbers, first
        with connection.cursor() as cursor:
            cursor.execute(
                _COUNT,
                [
                    [start for start, _end in windows],
                    [end for _start, end in windows],
                    Channel.IMPORT.value,
                    Kind.PROBLEM.value,
                    [str(code) for code in NOT_A_REQUEST],
                ],
            )
            for number, alone, category, organisation, place, device, n, earliest in cursor.fetchall():
                first = earliest if first is None else min(first, earliest)
                here = numbers[number - 1]
                if alone == ALL_TOGETHER:
                    here[None] += n
                for series in self._series(category, organisation, place or "", device or ""):
                    here[series] += n
        return numbers, first


def countable_arrivals() -> Q:
    """Which tickets count as arrivals here."""
    return (
        Q(is_restricted=False)
        & ~Q(channel=Channel.IMPORT)
        & ~Q(kind=Kind.PROBLEM)
        & ~Q(cancel_reason__in=[str(code) for code in NOT_A_REQUEST])
    )


def back(at: datetime, weeks: int, zone: ZoneInfo) -> datetime:
    """The same time on the clock so many weeks before."""
    there = at.astimezone(zone).replace(tzinfo=None) - weeks * WEEK
    return there.replace(tzinfo=zone)


def _same_hours(at: datetime, hours: int, zone: ZoneInfo, first: datetime | None) -> list[Window]:
    """Of each former week in which the desk had tickets already."""
    span = timedelta(hours=hours)
    found = []
    for week in range(1, WEEKS + 1):
        end = back(at, week, zone)
        start = end.astimezone(at.tzinfo) - span
        if first is not None and start >= first:
            found.append((start, end))
    return found


ALL_TOGETHER = 0b1111
"""What PostgreSQL's grouping() answers where none of the four columns is told apart."""

# GROUPING SETS count by all four at once, which the ORM cannot say; each window reads its part of one index.
_COUNT = """
    SELECT number, grouping(t.category_id, t.organisation_id, t.location_plain, t.device_plain),
        t.category_id, t.organisation_id, t.location_plain, t.device_plain, count(*), min(t.created_at)
    FROM unnest(%s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY AS spans (starts, ends, number)
    JOIN tickets_ticket t ON t.created_at > spans.starts AND t.created_at <= spans.ends
    WHERE NOT t.is_restricted AND t.channel <> %s AND t.kind <> %s AND NOT t.cancel_reason = ANY(%s)
    GROUP BY GROUPING SETS (
        (number), (number, t.category_id), (number, t.organisation_id), (number, t.location_plain),
        (number, t.device_plain)
    )
"""
