"""What facts add up to in cells: the one statement by which they are written, kept up, and checked.

Two tables are counted (insights.models.cells). Each is a query over facts that gives, for a set of tickets or for a
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

from insights.models import BUCKETS, LEVELS, METRICS, Cell, Cube, DeskCell, Grain, Span, Told, Who
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
    """One of the tables: its key, its values, and the query that counts them."""

    table: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    day: str
    """The column that says which month a row belongs to."""

    def query(self, which: Which, source: Source = Source()) -> str:
        return _QUERIES[self.table](which, source)


# --- cells ---

_KEY = ("cube", "grain", "day", "kind", "priority", "level", "key", "channel", "is_restricted")
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


def _value(column: str) -> str:
    return f"coalesce({column}, 0)"


def _where(condition: str) -> str:
    """1 where it holds, else 0, also where it is not known."""
    return f"(CASE WHEN {condition} THEN 1 ELSE 0 END)"


_OPENED = {"rows": "1", "opened": "1"}
_ENDED = {"rows": "1", "ended": "1", "cancelled": _where("f.resolved_on IS NULL")}
_RESOLVED = {
    "rows": "1",
    "resolved": "1",
    "responded": _where("f.response_seconds IS NOT NULL"),
    "response_seconds": _value("f.response_seconds"),
    "response_business_seconds": _value("f.response_business_seconds"),
    "resolution_seconds": _value("f.resolution_seconds"),
    "resolution_business_seconds": _value("f.resolution_business_seconds"),
    "first_contact": _where("f.is_first_contact AND NOT f.is_imported"),
    "conversed": _where("NOT f.is_imported"),
    "first_tier": _where("f.is_first_tier"),
    **{f"resolved_l{level}": _where(f"f.level = {level}") for level in LEVELS},
    **{f"lay_l{level}": _where(f"strpos(f.path, '{level}') > 0") for level in LEVELS[:-1]},
    **{
        # That it is longer is asked first: most tickets never move.
        f"raised_l{level}": _where(f"length(f.path) > 1 AND f.path ~ '{level}[{level + 1}-4]'")
        for level in LEVELS[:-1]
    },
    "escalated": _where("f.handoffs_up > 0"),
    "handed_over": _where("f.handoffs_up + f.handoffs_down + f.handoffs_sideways > 0"),
    "handoffs_up": _value("f.handoffs_up"),
    "handoffs_down": _value("f.handoffs_down"),
    "handoffs_sideways": _value("f.handoffs_sideways"),
    "bounced": _where("f.bounces > 0"),
    "bounces": _value("f.bounces"),
    "ping_ponged": _where("f.ping_pongs > 0"),
    "ping_pongs": _value("f.ping_pongs"),
    "reopened": _where("f.reopened > 0"),
    "reopenings": _value("f.reopened"),
    "surveyed": _where("f.is_surveyed"),
    "rated": _where("f.rating IS NOT NULL"),
    "rating_sum": _value("f.rating"),
    "worked": _where("f.minutes_worked > 0"),
    "minutes": _value("f.minutes_worked"),
    **{f"minutes_l{level}": _value(f"f.minutes_l{level}") for level in LEVELS},
}
_PROMISED = {
    "rows": "1",
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
    tickets = f"{source.tickets} f"
    promises = f"({_judged(which, source)}) p JOIN {tickets} USING (ticket_id)"
    counted = [
        _by_day(_OPENED, "opened_on", tickets, which),
        _by_day(_ENDED, "ended_on", tickets, which),
        _by_day(_RESOLVED, "resolved_on", tickets, which),
        _by_day(_PROMISED, "resolved_on", promises, which, of="p", policy="p.policy"),
    ]
    sums = ", ".join(f"sum(counted.{name})::bigint" for name in _VALUES)
    return f"""
        SELECT cube, step.grain, step.day, kind, priority, level, key, channel, is_restricted, {sums}
        FROM ({" UNION ALL ".join(counted)}) AS counted {_GRAINS}
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
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
    values: Mapping[str, str], day: str, tables: str, which: Which, *, of: str = "f", policy: str = _POLICY
) -> str:
    """What each ticket adds is worked out once (OFFSET 0 keeps it apart), then added up in each of the cubes.

    Args:
        of: the table that has the priority.
        policy: the column that has the policy version.
    """
    told = ", ".join(f"{value} AS {name}" for name, value in values.items())
    columns = ", ".join(f"sum(f.{name}) AS {name}" if name in values else f"0 AS {name}" for name in _VALUES)
    return f"""
        SELECT told.cube, f.day, f.kind, f.priority, told.level, told.key, told.channel, f.is_restricted, {columns}
        FROM (
            SELECT f.{day} AS day, f.kind, {of}.priority, f.is_restricted, f.level, f.team_id, f.organisation_id,
                f.category_id, f.channel, {policy} AS policy_id, {told}
            FROM {tables} WHERE {which.on(day)} OFFSET 0
        ) f {_CUBES}
        GROUP BY told.cube, f.day, f.kind, f.priority, told.level, told.key, told.channel, f.is_restricted
    """


# --- the desk ---


def _desk(which: Which, source: Source) -> str:
    facts, resolved = f"{source.tickets} f", which.on("resolved_on")
    hands = f"({_in_hands(which, source)}) h JOIN {facts} USING (ticket_id)"
    of_tier = ", ".join(f"'{metric}'" for metric in TIER_METRICS)
    judged = f"({_judged(which, source, 'p.scope')}) p JOIN {facts} USING (ticket_id)"
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
            seconds="h.seconds",
            business="h.business_seconds",
        ),
        _part(
            _text(Told.WORK),
            "w.level::text",
            f"({_worked(which, source)}) w JOIN {facts} USING (ticket_id)",
            resolved,
            seconds="w.seconds",
        ),
        _part(_text(Told.LOGGED), "''::text", facts, f"{resolved} AND f.minutes_worked > 0"),
        _part(
            _text(Told.PERSON),
            "f.resolved_by_id::text",
            facts,
            f"{resolved} AND f.resolved_by_id IS NOT NULL",
        ),
    ]
    return " UNION ALL ".join([*parts, _took(which, source)])


def _in_hands(which: Which, source: Source) -> str:
    """How long each ticket lay in one kind of hands at one level, whatever the team: a ticket counts once there."""
    return f"""
        SELECT h.ticket_id, h.who, h.level, sum(h.seconds) AS seconds, sum(h.business_seconds) AS business_seconds
        FROM {source.hands} h JOIN {source.tickets} f USING (ticket_id) WHERE {which.on("resolved_on")}
        GROUP BY 1, 2, 3
    """


def _worked(which: Which, source: Source) -> str:
    """What was logged on each level; of tickets on which nothing was logged at all, the business time of each tier."""
    minutes = ", ".join(f"({level}, f.minutes_l{level})" for level in LEVELS)
    return f"""
        SELECT h.ticket_id, h.level::int, h.business_seconds AS seconds
        FROM {source.hands} h JOIN {source.tickets} f USING (ticket_id)
        WHERE {which.on("resolved_on")} AND f.minutes_worked = 0 AND h.who = '{Who.TIER.value}'
        UNION ALL
        SELECT f.ticket_id, logged.level, logged.minutes * 60
        FROM {source.tickets} f CROSS JOIN LATERAL (VALUES {minutes}) AS logged (level, minutes)
        WHERE {which.on("resolved_on")} AND logged.minutes > 0
    """


def _text(told: Told) -> str:
    return f"'{told.value}'::text"


_MONTH = "date_trunc('month', f.day)::date"
_EACH = f"""
    CROSS JOIN LATERAL (VALUES
        ('', '{Grain.DAY.value}', f.day, 0, 0, ''),
        ('', '{Grain.MONTH.value}', {_MONTH}, 0, 0, ''),
        ('{Cube.TEAM.value}', '{Grain.MONTH.value}', {_MONTH}, f.level, f.team_id, ''),
        ('{Cube.ORGANISATION.value}', '{Grain.MONTH.value}', {_MONTH}, 0, coalesce(f.organisation_id, 0), ''),
        ('{Cube.CHANNEL.value}', '{Grain.MONTH.value}', {_MONTH}, 0, 0, f.channel)
    ) AS whose (cube, grain, day, level, key, channel)
"""
"""Of what a fact is told: of the desk by day and month, of the rest by month."""
_WHOSE = "whose.cube, whose.key, whose.channel, whose.grain, whose.day, whose.level, f.kind"
_BUCKET = f"width_bucket(took.seconds, '{{{','.join(map(str, BUCKETS))}}}'::bigint[])"
_MEASURES = ", ".join(f"({place}, f.{measure})" for place, measure in enumerate(Span.values, 1))
_NAMES = f"ARRAY[{', '.join(repr(str(measure)) for measure in Span.values)}]"
_OF_WHOM = "f.kind, f.is_restricted, f.level, f.team_id, f.organisation_id, f.channel"


def _took(which: Which, source: Source) -> str:
    """How long it took: but for months of the desk of all priorities together, else it would be as many rows as
    tickets."""
    priority = f"CASE WHEN whose.cube = '' AND whose.grain = '{Grain.MONTH.value}' THEN f.priority ELSE 0 END"
    keys = f"{_WHOSE}, {priority}, f.is_restricted, f.measure, f.bucket"
    return f"""
        SELECT '{Told.TOOK.value}', cube, key, channel, grain, day, level, kind, priority, is_restricted,
            ({_NAMES})[measure] || '_' || bucket, rows, 0, 0
        FROM (
            SELECT {_WHOSE}, {priority} AS priority, f.is_restricted, f.measure, f.bucket, count(*) AS rows
            FROM (
                SELECT {_OF_WHOM}, f.resolved_on AS day, f.priority, took.measure, {_BUCKET} AS bucket
                FROM {source.tickets} f CROSS JOIN LATERAL (VALUES {_MEASURES}) AS took (measure, seconds)
                WHERE took.seconds IS NOT NULL AND {which.on("resolved_on")} OFFSET 0
            ) f {_EACH}
            GROUP BY {keys}
        ) AS spread
    """


def _part(
    told: str,
    name: str,
    tables: str,
    condition: str,
    day: str = "resolved_on",
    *,
    seconds: str = "0",
    business: str = "0",
    priority: str = "f.priority",
) -> str:
    """What each fact adds is worked out once (OFFSET 0 keeps it apart), then added up for each whom it is told of."""
    return f"""
        SELECT f.told, {_WHOSE}, f.priority, f.is_restricted, f.name, count(*)::bigint,
            sum(f.seconds)::bigint, sum(f.business)::bigint
        FROM (
            SELECT {told} AS told, {_OF_WHOM}, f.{day} AS day, {priority}, {name} AS name, {seconds} AS seconds,
                {business} AS business
            FROM {tables} WHERE {condition} OFFSET 0
        ) f {_EACH}
        GROUP BY f.told, {_WHOSE}, f.priority, f.is_restricted, f.name
    """


_QUERIES = {Cell._meta.db_table: _cells, DeskCell._meta.db_table: _desk}
CELLS = Counted(Cell._meta.db_table, _KEY, _VALUES, "day")
DESK = Counted(
    DeskCell._meta.db_table,
    (
        *("told", "cube", "key", "channel", "grain", "day", "level"),
        *("kind", "priority", "is_restricted", "name"),
    ),
    ("rows", "seconds", "business_seconds"),
    "day",
)
COUNTED = (CELLS, DESK)


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
        # In the order of the key: what is read together lies together.
        order = ", ".join(str(place) for place in range(1, len(counted.key) + 1))
        query = f"{counted.query(which, source)} ORDER BY {order}"
        yield f"INSERT INTO {prefix}{counted.table} ({columns}) {query}", which.params


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
