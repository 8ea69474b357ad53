"""What facts add up to in cells: the one statement by which they are written, kept up, and checked.

Four tables are counted (insights.models.cells). Each is a query over facts that gives, for a set of tickets or for a
month, a row of key and values. What a batch changed is the difference of two such answers; a rebuild takes them as they
are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from insights.models import BUCKETS, LEVELS, METRICS, Cell, Cube, DeskCell, Grain, HandCell, Spread, Told, Who
from sla.spec import TIER_METRICS
from sla.verdicts import Verdict

Key = tuple[Any, ...]
Parts = dict[Key, tuple[int, ...]]
"""By key of a cell what is added to it."""


@dataclass(frozen=True)
class Source:
    """The tables that are counted: the facts, or others of the same form while they are being rebuilt."""

    tickets: str = "insights_ticketfact"
    hands: str = "insights_handfact"
    promises: str = "insights_promisefact"


@dataclass(frozen=True)
class Which:
    """Of which facts: the condition on each of the days by which they are counted, and its parameters."""

    condition: str
    params: Mapping[str, Any]

    def on(self, day: str) -> str:
        return f"f.is_counted AND f.{day} IS NOT NULL AND {self.condition.format(day=f'f.{day}')}"


def of_tickets(keys: Collection[int]) -> Which:
    return Which("f.ticket_id = ANY(%(tickets)s)", {"tickets": list(keys), "zone": _zone()})


def of_month(first: date) -> Which:
    """What is counted on the days of one month, of which this is the first."""
    end = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Which("{day} >= %(first)s AND {day} < %(end)s", {"first": first, "end": end, "zone": _zone()})


def _zone() -> str:
    return str(timezone.get_default_timezone())


@dataclass(frozen=True)
class Counted:
    """One of the three tables: its key, its values, and the query that counts them."""

    table: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    day: str
    """The column that says which month a row belongs to."""

    def query(self, which: Which, source: Source = Source()) -> str:
        return _QUERIES[self.table](which, source)


# --- cells ---

_KEY = ("cube", "grain", "day", "kind", "priority", "level", "key", "channel")
_POLICY = "f.policy_id"
_CUBES = f"""
    CROSS JOIN LATERAL (VALUES
        ('{Cube.TEAM.value}', f.level, f.team_id, ''),
        ('{Cube.ORGANISATION.value}', 0, coalesce(f.organisation_id, 0), ''),
        ('{Cube.CATEGORY.value}', 0, coalesce(f.category_id, 0), ''),
        ('{Cube.CHANNEL.value}', 0, 0, f.channel),
        ('{Cube.POLICY.value}', 0, coalesce({_POLICY}, 0), '')
    ) AS told (cube, level, key, channel)
"""
_GRAINS = f"""
    CROSS JOIN LATERAL (VALUES
        ('{Grain.DAY.value}', counted.day), ('{Grain.MONTH.value}', date_trunc('month', counted.day)::date)
    ) AS step (grain, day)
"""


def _sum(column: str) -> str:
    return f"coalesce(sum({column}), 0)"


def _where(condition: str) -> str:
    return f"count(*) FILTER (WHERE {condition})"


_OPENED = {"rows": "count(*)", "opened": "count(*)"}
_ENDED = {"rows": "count(*)", "ended": "count(*)", "cancelled": _where("f.resolved_on IS NULL")}
_RESOLVED = {
    "rows": "count(*)",
    "resolved": "count(*)",
    "responded": "count(f.response_seconds)",
    "response_seconds": _sum("f.response_seconds"),
    "response_business_seconds": _sum("f.response_business_seconds"),
    "resolution_seconds": _sum("f.resolution_seconds"),
    "resolution_business_seconds": _sum("f.resolution_business_seconds"),
    "first_contact": _where("f.is_first_contact"),
    "first_tier": _where("f.is_first_tier"),
    **{f"resolved_l{level}": _where(f"f.level = {level}") for level in LEVELS},
    **{f"lay_l{level}": _where(f"strpos(f.path, '{level}') > 0") for level in LEVELS[:-1]},
    **{f"raised_l{level}": _where(f"f.path ~ '{level}[{level + 1}-4]'") for level in LEVELS[:-1]},
    "escalated": _where("f.handoffs_up > 0"),
    "handed_over": _where("f.handoffs_up + f.handoffs_down + f.handoffs_sideways > 0"),
    "handoffs_up": _sum("f.handoffs_up"),
    "handoffs_down": _sum("f.handoffs_down"),
    "handoffs_sideways": _sum("f.handoffs_sideways"),
    "bounced": _where("f.bounces > 0"),
    "bounces": _sum("f.bounces"),
    "ping_ponged": _where("f.ping_pongs > 0"),
    "ping_pongs": _sum("f.ping_pongs"),
    "reopened": _where("f.reopened > 0"),
    "reopenings": _sum("f.reopened"),
    "surveyed": _where("f.is_surveyed"),
    "rated": "count(f.rating)",
    "rating_sum": _sum("f.rating"),
    "worked": _where("f.minutes_worked > 0"),
    "minutes": _sum("f.minutes_worked"),
    **{f"minutes_l{level}": _sum(f"f.minutes_l{level}") for level in LEVELS},
}
_PROMISED = {
    "rows": "count(*)",
    **{f"kept_{metric}": _where(f"p.metric = '{metric}' AND p.is_kept") for metric in METRICS},
    **{f"broken_{metric}": _where(f"p.metric = '{metric}' AND p.is_broken") for metric in METRICS},
    **{
        f"excepted_{metric}": _where(f"p.metric = '{metric}' AND p.is_broken AND p.is_excepted")
        for metric in METRICS
    },
}
_VALUES = tuple(dict.fromkeys((*_OPENED, *_ENDED, *_RESOLVED, *_PROMISED)))


def _cells(which: Which, source: Source) -> str:
    """Counted by day, each sort of day apart; then put together, by day and by month."""
    tickets = f"{source.tickets} f {_CUBES}"
    judged = _CUBES.replace(_POLICY, "p.policy")
    promises = f"({_judged(which, source)}) p JOIN {source.tickets} f USING (ticket_id) {judged}"
    counted = [
        _by_day(_OPENED, "opened_on", tickets, which),
        _by_day(_ENDED, "ended_on", tickets, which),
        _by_day(_RESOLVED, "resolved_on", tickets, which),
        _by_day(_PROMISED, "resolved_on", promises, which, priority="p.priority"),
    ]
    sums = ", ".join(f"sum(counted.{name})::bigint" for name in _VALUES)
    return f"""
        SELECT cube, step.grain, step.day, kind, priority, level, key, channel, {sums}
        FROM ({" UNION ALL ".join(counted)}) AS counted {_GRAINS}
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    """


_BROKEN = f"p.verdict = '{Verdict.BREACHED.value}'"
JUDGED_BY = f"""
    CASE WHEN bool_or({_BROKEN}) THEN max(p.priority) FILTER (WHERE {_BROKEN}) ELSE max(p.priority) END AS priority,
    CASE WHEN bool_or({_BROKEN}) THEN max(p.policy_id) FILTER (WHERE {_BROKEN}) ELSE max(p.policy_id) END AS policy
"""
"""By which priority and policy version a promise that a ticket had several times counts: the last of the broken ones,
else of all."""


def _judged(which: Which, source: Source, *columns: str) -> str:
    """What became of a promise of a ticket, of all who made it together: the worst; with what judged it."""
    keys = ", ".join(("p.ticket_id", "p.metric", *columns))
    return f"""
        SELECT {keys}, bool_and(p.verdict = '{Verdict.MET.value}') AS is_kept,
            bool_or(p.verdict = '{Verdict.BREACHED.value}') AS is_broken,
            bool_and(p.verdict <> '{Verdict.BREACHED.value}' OR p.is_excepted) AS is_excepted,
            {JUDGED_BY}
        FROM {source.promises} p JOIN {source.tickets} f USING (ticket_id) WHERE {which.on("resolved_on")}
        GROUP BY {keys}
    """


def _by_day(
    values: Mapping[str, str], day: str, tables: str, which: Which, *, priority: str = "f.priority"
) -> str:
    columns = ", ".join(f"{values.get(name, '0')} AS {name}" for name in _VALUES)
    return f"""
        SELECT told.cube, f.{day} AS day, f.kind, {priority} AS priority, told.level, told.key, told.channel,
            {columns}
        FROM {tables} WHERE {which.on(day)}
        GROUP BY told.cube, f.{day}, f.kind, {priority}, told.level, told.key, told.channel
    """


# --- hands and distributions ---


def _hands(which: Which, source: Source) -> str:
    return f"""
        SELECT step.grain, step.day, kind, priority, who, level, team, sum(rows)::bigint,
            sum(seconds)::bigint, sum(business_seconds)::bigint, sum(counted_seconds)::bigint
        FROM (
            SELECT f.resolved_on AS day, f.kind, f.priority, h.who, h.level, h.team_id AS team, count(*) AS rows,
                sum(h.seconds) AS seconds, sum(h.business_seconds) AS business_seconds,
                sum(h.counted_seconds) AS counted_seconds
            FROM {source.hands} h JOIN {source.tickets} f USING (ticket_id) WHERE {which.on("resolved_on")}
            GROUP BY 1, 2, 3, 4, 5, 6
        ) AS counted {_GRAINS}
        GROUP BY 1, 2, 3, 4, 5, 6, 7
    """


_BUCKET = f"width_bucket(took.seconds, '{{{','.join(map(str, BUCKETS))}}}'::bigint[])"
_MEASURES = ", ".join(f"('{measure}', f.{measure})" for measure in Spread.Measure.values)


def _spreads(which: Which, source: Source) -> str:
    return f"""
        SELECT took.measure, date_trunc('month', f.resolved_on)::date, f.kind, f.level, f.team_id, {_BUCKET},
            count(*)
        FROM {source.tickets} f CROSS JOIN LATERAL (VALUES {_MEASURES}) AS took (measure, seconds)
        WHERE took.seconds IS NOT NULL AND {which.on("resolved_on")}
        GROUP BY 1, 2, 3, 4, 5, 6
    """


# --- the desk ---


def _desk(which: Which, source: Source) -> str:
    facts, resolved = f"{source.tickets} f", which.on("resolved_on")
    hands = f"{source.hands} h JOIN {facts} USING (ticket_id)"
    of_tier = ", ".join(f"'{metric}'" for metric in TIER_METRICS)
    judged = f"({_judged(which, source, 'p.scope')}) p JOIN {facts} USING (ticket_id)"
    minutes = ", ".join(f"({level}, f.minutes_l{level})" for level in LEVELS)
    became = ", ".join(
        f"({_text(told)}, {holds})"
        for told, holds in (
            (Told.KEPT, "p.is_kept"),
            (Told.BROKEN, "p.is_broken"),
            (Told.EXCEPTED, "p.is_broken AND p.is_excepted"),
        )
    )
    parts = [
        _part(_text(Told.PATH), "f.path", facts, resolved),
        _part(
            _text(Told.HOUR),
            "to_char(f.opened_at AT TIME ZONE %(zone)s, 'ID_HH24')",
            facts,
            which.on("opened_on"),
            "opened_on",
        ),
        _part(
            "became.told",
            "p.metric || '_' || p.scope",
            f"{judged} CROSS JOIN LATERAL (VALUES {became}) AS became (told, holds)",
            f"{resolved} AND p.metric IN ({of_tier}) AND became.holds",
            priority="p.priority",
        ),
        _part(
            _text(Told.HANDS),
            "h.who || '_' || h.level",
            hands,
            resolved,
            rows="count(DISTINCT h.ticket_id)",
            seconds=_sum("h.seconds"),
            business=_sum("h.business_seconds"),
        ),
        _part(
            _text(Told.WORK),
            "h.level::text",
            hands,
            f"{resolved} AND f.minutes_worked = 0 AND h.who = '{Who.TIER.value}'",
            seconds=_sum("h.business_seconds"),
        ),
        _part(
            _text(Told.WORK),
            "logged.level::text",
            f"{facts} CROSS JOIN LATERAL (VALUES {minutes}) AS logged (level, minutes)",
            f"{resolved} AND logged.minutes > 0",
            seconds=_sum("logged.minutes * 60"),
        ),
        _part(_text(Told.LOGGED), "''", facts, f"{resolved} AND f.minutes_worked > 0"),
        _part(
            _text(Told.PERSON),
            "f.resolved_by_id::text",
            facts,
            f"{resolved} AND f.resolved_by_id IS NOT NULL",
        ),
    ]
    return f"""
        SELECT told, step.grain, step.day, kind, priority, name, sum(rows)::bigint, sum(seconds)::bigint,
            sum(business_seconds)::bigint
        FROM ({" UNION ALL ".join(parts)}) AS counted {_GRAINS}
        GROUP BY 1, 2, 3, 4, 5, 6
        UNION ALL {_took(which, source)}
    """


def _text(told: Told) -> str:
    return f"'{told.value}'::text"


def _took(which: Which, source: Source) -> str:
    """How long it took: by day of all priorities together, else it would be as many rows as tickets."""
    return f"""
        SELECT '{Told.TOOK.value}', grain, day, kind, priority, measure || '_' || bucket, rows, 0, 0
        FROM (
            SELECT step.grain, step.day, f.kind, step.priority, took.measure, {_BUCKET} AS bucket, count(*) AS rows
            FROM {source.tickets} f
                CROSS JOIN LATERAL (VALUES {_MEASURES}) AS took (measure, seconds)
                CROSS JOIN LATERAL (VALUES
                    ('{Grain.DAY.value}', f.resolved_on, 0),
                    ('{Grain.MONTH.value}', date_trunc('month', f.resolved_on)::date, f.priority)
                ) AS step (grain, day, priority)
            WHERE took.seconds IS NOT NULL AND {which.on("resolved_on")}
            GROUP BY 1, 2, 3, 4, 5, 6
        ) AS spread
    """


def _part(
    told: str,
    name: str,
    tables: str,
    condition: str,
    day: str = "resolved_on",
    *,
    rows: str = "count(*)",
    seconds: str = "0",
    business: str = "0",
    priority: str = "f.priority",
) -> str:
    return f"""
        SELECT f.{day} AS day, f.kind, {priority} AS priority, {told} AS told, {name} AS name, {rows} AS rows,
            {seconds} AS seconds, {business} AS business_seconds
        FROM {tables} WHERE {condition} GROUP BY 1, 2, 3, 4, 5
    """


_QUERIES = {
    Cell._meta.db_table: _cells,
    HandCell._meta.db_table: _hands,
    Spread._meta.db_table: _spreads,
    DeskCell._meta.db_table: _desk,
}
CELLS = Counted(Cell._meta.db_table, _KEY, _VALUES, "day")
HANDS = Counted(
    HandCell._meta.db_table,
    ("grain", "day", "kind", "priority", "who", "level", "team"),
    ("rows", "seconds", "business_seconds", "counted_seconds"),
    "day",
)
SPREADS = Counted(
    Spread._meta.db_table,
    ("measure", "month", "kind", "level", "team", "bucket"),
    ("rows",),
    "month",
)
DESK = Counted(
    DeskCell._meta.db_table,
    ("told", "grain", "day", "kind", "priority", "name"),
    ("rows", "seconds", "business_seconds"),
    "day",
)
COUNTED = (CELLS, HANDS, SPREADS, DESK)


# --- asking ---


def parts_of(keys: Collection[int]) -> dict[Counted, Parts]:
    """What the facts of these tickets, as they stand now, add to each table."""
    return {counted: _parts(counted, of_tickets(keys)) for counted in COUNTED} if keys else {}


def _parts(counted: Counted, which: Which) -> Parts:
    size = len(counted.key)
    with connection.cursor() as cursor:
        cursor.execute(counted.query(which), which.params)
        return {row[:size]: row[size:] for row in cursor.fetchall()}


def months_of(source: Source = Source()) -> list[date]:
    """The first days of the months on whose days anything is counted."""
    days = ("opened_on", "ended_on", "resolved_on")
    return _months([(source.tickets, day, "is_counted") for day in days])


def months_of_cells() -> list[date]:
    """The first days of the months of which there are cells, by whatever facts."""
    return _months([(counted.table, counted.day, "true") for counted in COUNTED])


def _months(columns: Iterable[tuple[str, str, str]]) -> list[date]:
    found = " UNION ".join(
        f"SELECT DISTINCT date_trunc('month', {day})::date FROM {table} WHERE {condition} AND {day} IS NOT NULL"
        for table, day, condition in columns
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT first FROM ({found}) AS months (first) ORDER BY first")
        return [row[0] for row in cursor.fetchall()]


def month_statements(
    first: date, source: Source = Source(), prefix: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The statements that fill empty cells with what is counted in a month.

    Args:
        prefix: of the names of the tables that are filled.
    """
    which = of_month(first)
    for counted in COUNTED:
        columns = ", ".join((*counted.key, *counted.values))
        yield f"INSERT INTO {prefix}{counted.table} ({columns}) {counted.query(which, source)}", which.params


@dataclass(frozen=True)
class Difference:
    """A cell that is not what the facts add up to; None where there is no row."""

    counted: Counted
    key: Key
    stored: tuple[int, ...] | None
    by_facts: tuple[int, ...] | None

    def __str__(self) -> str:
        cell = f"{self.counted.table} {' '.join(map(str, self.key))}"
        if self.stored is None or self.by_facts is None:
            return f"{cell}: {'missing' if self.stored is None else 'by no fact'}"
        named = zip(self.counted.values, self.stored, self.by_facts, strict=True)
        return f"{cell}: " + ", ".join(
            f"{name} {stored} stored, {counted} by facts"
            for name, stored, counted in named
            if stored != counted
        )


def differences_of_month(first: date) -> Iterator[Difference]:
    """The cells of a month that are not what the facts add up to. One statement a table: both as of one moment."""
    which = of_month(first)
    for counted in COUNTED:
        size, columns = len(counted.key), ", ".join((*counted.key, *counted.values))
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT 0 AS side, stored.* FROM (
                    SELECT {columns} FROM {counted.table} WHERE {counted.day} >= %(first)s AND {counted.day} < %(end)s
                ) AS stored
                UNION ALL SELECT 1, by_facts.* FROM ({counted.query(which)}) AS by_facts
                """,
                which.params,
            )
            sides: tuple[Parts, Parts] = ({}, {})
            for side, *row in cursor:
                sides[side][tuple(row[:size])] = tuple(row[size:])
        for key in sorted(sides[0].keys() | sides[1].keys(), key=str):
            stored, by_facts = sides[0].get(key), sides[1].get(key)
            if stored != by_facts:
                yield Difference(counted, key, stored, by_facts)
