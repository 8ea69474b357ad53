"""The figures that are more than a number, counted from facts: hands, ways, hours, ages, how long things took."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from insights.cuts import Cut, Period
from insights.models import FigureSettings, TicketFact
from insights.queries.counted import ENDED, OPENED, RESOLVED, counted, within
from insights.queries.narrowing import during
from insights.queries.tallies import joined
from insights.queries.values import Bucket, Hands, Load
from tickets.models import WorkLog

DAY = timedelta(days=1)
CAME_IN, DONE = -1, -2
"""In place of a level: where tickets come from, and where the resolved ones go."""

Flow = list[tuple[int, int, int]]

MINUTE, HOUR = 60, 3600
EDGES = (
    0,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    24 * HOUR,
    48 * HOUR,
    72 * HOUR,
    7 * 24 * HOUR,
    14 * 24 * HOUR,
    30 * 24 * HOUR,
)
"""Of the distributions of times, in seconds; the last has no end."""
AGES = (0, 1, 3, 7, 14, 30, 90)
"""In days since the day of opening; the last has no end."""


def times(cut: Cut) -> list[Hands]:
    """Where resolved tickets lay, by hands and level. One query."""
    found = joined(
        within(cut, RESOLVED).values("ticket_id"),
        """
        SELECT h.who, h.level, count(DISTINCT h.ticket_id), sum(h.seconds)::bigint, sum(h.business_seconds)::bigint
        FROM facts f JOIN insights_handfact h ON h.ticket_id = f.ticket_id
        GROUP BY 1, 2 ORDER BY 2, 1
        """,
    )
    return [
        Hands(who, level, n, seconds, business, f"hands_{who}_{level}")
        for who, level, n, seconds, business in found
    ]


def paths(cut: Cut) -> Counter[str]:
    """How many resolved tickets went which way. One query."""
    rows = within(cut, RESOLVED).values("path").annotate(n=Count("*"))
    return Counter({row["path"]: row["n"] for row in rows})


def flow_of(ways: Counter[str]) -> Flow:
    """Tickets by each step of their way: a ticket that took a step twice counts once in it."""
    found: Counter[tuple[int, int]] = Counter()
    for path, n in ways.items():
        levels = [int(letter) for letter in path]
        if levels:
            steps = {(CAME_IN, levels[0]), *pairwise(levels), (levels[-1], DONE)}
            found.update(dict.fromkeys(steps, n))
    return [(begin, end, n) for (begin, end), n in sorted(found.items())]


def hours(cut: Cut) -> list[list[int]]:
    """Tickets by the hour in which they were opened, in the desk's zone: Monday first, 24 a day. One query."""
    zone = timezone.get_default_timezone()
    rows = (
        within(cut, OPENED)
        .annotate(
            weekday=ExtractIsoWeekDay("opened_at", tzinfo=zone), hour=ExtractHour("opened_at", tzinfo=zone)
        )
        .values("weekday", "hour")
        .annotate(n=Count("*"))
    )
    found = [[0] * 24 for _day in range(7)]
    for row in rows:
        found[row["weekday"] - 1][row["hour"]] = row["n"]
    return found


def comings(cut: Cut) -> tuple[int, dict[date, int], dict[date, int]]:
    """How many were open before the period, and how many came and went on each of its days. Three queries."""
    first = cut.period.first
    before = (
        counted(cut).filter(Q(ended_on__isnull=True) | Q(ended_on__gte=first), opened_on__lt=first).count()
    )
    came, went = (_by_day(within(cut, day), day) for day in (OPENED, ENDED))
    return before, came, went


def running(
    period: Period, before: int, came: dict[date, int], went: dict[date, int]
) -> list[tuple[date, int]]:
    """How many are there at the end of each day."""
    found, now = [], before
    for day in days_of(period):
        now += came.get(day, 0) - went.get(day, 0)
        found.append((day, now))
    return found


def days_of(period: Period) -> Iterator[date]:
    return (period.first + number * DAY for number in range(period.days))


def _by_day(rows: "QuerySet[TicketFact]", day: str) -> dict[date, int]:
    return {row[day]: row["n"] for row in rows.values(day).annotate(n=Count("*"))}


def age_buckets(cut: Cut) -> list[Bucket]:
    """What was open at the end of the period by its age in days. Two queries: what is open is an index of its own."""
    last, row = cut.period.last, Counter[str]()
    counts = {f"n{place}": Count("pk", filter=aged(place, last)) for place in range(len(AGES))}
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    # What ended after the period has its own index too; after today nothing has.
    ended_later = [Q(ended_on__gt=last)] if last < today else []
    for still_open in (Q(ended_on__isnull=True), *ended_later):
        row.update(counted(cut).filter(still_open, opened_on__lte=last).aggregate(**counts))
    return [
        Bucket(
            low * 86_400,
            None if high is None else high * 86_400,
            row[f"n{place}"],
            f"age_{place}",
            _age(low, high),
        )
        for place, (low, high) in enumerate(_ranges(AGES))
    ]


def aged(place: int, last: date) -> Q:
    """That a ticket's age at the end of that day falls into the bucket."""
    low, high = _ranges(AGES)[place]
    young = Q(opened_on__lte=last - low * DAY)
    return young if high is None else young & Q(opened_on__gt=last - high * DAY)


def span_buckets(cut: Cut, span: str) -> list[Bucket]:
    """How long resolved tickets took. One query."""
    counts = {f"n{place}": Count("pk", filter=took(span, place)) for place in range(len(EDGES))}
    row: dict[str, Any] = within(cut, RESOLVED).aggregate(**counts)
    return buckets_of(span, [row[f"n{place}"] for place in range(len(EDGES))])


def buckets_of(span: str, counts: list[int]) -> list[Bucket]:
    name = span.removesuffix("_seconds")
    return [
        Bucket(low, high, n, f"{name}_took_{place}", _span(low, high))
        for place, ((low, high), n) in enumerate(zip(_ranges(EDGES), counts, strict=True))
    ]


def took(span: str, place: int) -> Q:
    """That a ticket's time falls into the bucket."""
    low, high = _ranges(EDGES)[place]
    found = Q(**{f"{span}__gte": low})
    return found if high is None else found & Q(**{f"{span}__lt": high})


def by_resolver(cut: Cut) -> dict[int, int]:
    return _by_person(within(cut, RESOLVED).filter(resolved_by__isnull=False), "resolved_by")


def loads(resolved: dict[int, int], open_now: dict[int, int], logged: dict[int, int]) -> list[Load]:
    """What each technician resolved, has open now and logged (in minutes); without names, where a setting says so."""
    people = {*resolved, *open_now, *logged}
    hides = FigureSettings.load().hides_names
    known = {} if hides else dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
    found = [
        Load(
            0 if hides else person,
            known.get(person, ""),
            resolved.get(person, 0),
            logged.get(person, 0) * 60,
            open_now.get(person, 0),
            "" if hides else f"person_{person}",
            "" if hides else f"open_of_{person}",
        )
        for person in people
    ]
    return sorted(
        found, key=lambda row: (row.name.casefold(), -row.resolved, -row.open_now, -row.logged_seconds)
    )


def _by_person(rows: "QuerySet[TicketFact]", column: str) -> dict[int, int]:
    return {row["person"]: row["n"] for row in rows.values(person=F(column)).annotate(n=Count("*"))}


def open_by_person(cut: Cut) -> dict[int, int]:
    # What is open has not ended, and an index knows what has not.
    is_open = counted(cut).filter(is_open=True, ended_on__isnull=True, ticket__assignee__isnull=False)
    return _by_person(is_open, "ticket__assignee")


def logged_by_person(cut: Cut) -> dict[int, int]:
    """Minutes."""
    # By their facts alone: an index has all that narrows a team's or an organisation's.
    theirs = counted(cut).values("ticket")
    return minutes_by_person(WorkLog.objects.filter(during("at", cut.period), ticket__in=theirs))


def minutes_by_person(logs: "QuerySet[WorkLog]") -> dict[int, int]:
    rows = logs.order_by()
    return {row["by"]: row["minutes_"] for row in rows.values("by").annotate(minutes_=Sum("minutes"))}


def _ranges(edges: tuple[int, ...]) -> list[tuple[int, int | None]]:
    return [*pairwise(edges), (edges[-1], None)]


def _age(low: int, high: int | None) -> str:
    if high is None:
        return _("%(days)s days and more") % {"days": low}
    if high - low == 1:
        return _("opened that day") if low == 0 else _("%(days)s days") % {"days": low}
    return _("%(first)s to %(last)s days") % {"first": low, "last": high - 1}


def _span(low: int, high: int | None) -> str:
    if high is None:
        return _("%(time)s and longer") % {"time": _clock(low)}
    if low == 0:
        return _("below %(time)s") % {"time": _clock(high)}
    return _("%(low)s to %(high)s") % {"low": _clock(low), "high": _clock(high)}


def _clock(seconds: int) -> str:
    """Round times, as the edges are."""
    if seconds < HOUR:
        return _("%(n)s min") % {"n": seconds // MINUTE}
    if seconds < 48 * HOUR:
        return _("%(n)s h") % {"n": seconds // HOUR}
    days = seconds // (24 * HOUR)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
