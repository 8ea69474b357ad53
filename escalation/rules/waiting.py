"""For which tickets a rule that waits is due: open ones on which it has been so for long enough.

`since <= the moment from which the span is worked until now` is a range of an index. What was looked at a moment ago
need not be looked at again: new is what has come due meanwhile, and what has changed meanwhile.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection
from django.db.models import CharField, Exists, Func, OuterRef, Q
from psycopg2.extras import execute_values

from escalation.models import Arming
from escalation.rules.book import Live
from escalation.rules.engine import since_name
from escalation.rules.spec import TimeTrigger
from sla.book import rules_in_force
from sla.business_time import WorkingTime
from sla.queries.hours import hours_of
from tickets.models import Ticket
from tickets.state import State
from tickets.vocabulary import Time, Tree, as_q, conditions, facts_of, holds

logger = logging.getLogger(__name__)

UNDER_WAY = timedelta(seconds=30)
"""How long an act may take from its own time until it can be seen. What takes longer is found by a whole pass."""
PART, MOST = 500, 2_000
"""Tickets that are read at once, and in one tick."""


class Since(Func):
    """The name that an arming has for a moment (escalation.rules.engine.since_name)."""

    template = "'since:' || to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    output_field = CharField()


def hours_for(time: TimeTrigger) -> WorkingTime | None:
    """The calendar that a rule counts in, as it is in force; None where it is gone."""
    if time.calendar is None:
        return hours_of(None)
    versions = rules_in_force().versions
    return hours_of(versions[time.calendar]) if time.calendar in versions else None


def due_since(time: TimeTrigger, at: datetime) -> datetime | None:
    """What has been so since then, or longer, is due at this time; None where the calendar is gone."""
    hours = hours_for(time)
    return hours.subtract_working_time(at, time.span) if hours is not None else None


AGEING = frozenset({"hours", "breached", "breached_open", "clock_paused", "resolution_share"})
"""Fields that become another value without a change of the ticket; fields of time do so, too."""


def ages(tree: Tree) -> bool:
    """Whether a condition can come true by time alone."""
    return any(each.field.name in AGEING or isinstance(each.field, Time) for each in conditions(tree))


@dataclass(frozen=True)
class Asked:
    """A rule with the span of `since` that has come due between two looks; `low` is None where it looks at all."""

    rule: Live
    tree: Tree
    column: str
    low: datetime | None
    high: datetime

    def is_due(self, ticket: Ticket, *, has_changed: bool) -> bool:
        since = getattr(ticket, self.column)
        if since is None or since > self.high:
            return False
        return has_changed or self.low is None or since > self.low


@dataclass(frozen=True)
class Due:
    """By rule, the keys of tickets on which it is due, longest first; and whether these are all."""

    by_rule: dict[int, list[int]]
    is_complete: bool


def due_tickets(rules: Sequence[tuple[Live, datetime | None]], *, at: datetime) -> Due:
    """The open tickets on which these rules are due and have not fired for this very moment.

    With each rule comes when it was looked at last: only what is new since then is looked for; None looks at all.

    Which tickets it may be is found by ranges of indexes and one query for all that look at everything. They are few,
    so each rule is asked of them in Python: to write fifty queries takes longer than to answer them.
    """
    asked = [row for rule, seen in rules if (row := _asked(rule, seen, at)) is not None]
    looks = [seen for _rule, seen in rules if seen is not None]
    changed = set(_changed_since(min(looks) - UNDER_WAY)) if looks else set()
    keys = changed | _came_due(asked) | _of_all(asked, at)
    if len(keys) > MOST:  # thousands were changed at once: only those that are due are worth reading
        asked = [replace(row, low=None) for row in asked]
        keys = _of_all(asked, at)
    due: dict[int, list[tuple[datetime, int]]] = {}
    for some in _in_parts(sorted(keys)[:MOST]):
        for row, ticket in _unfired(_held(asked, some, changed, at)):
            due.setdefault(row.rule.rule, []).append((getattr(ticket, row.column), ticket.pk))
    by_rule = {rule: [key for _since, key in sorted(found)] for rule, found in due.items()}
    return Due(by_rule, is_complete=len(keys) <= MOST)


def _asked(rule: Live, seen: datetime | None, at: datetime) -> Asked | None:
    time = rule.spec.time
    if time is None or rule.when is None or (high := due_since(time, at)) is None:
        return None
    low = due_since(time, seen) if seen is not None else None
    return Asked(rule, rule.when, time.since, low, high)


def _in_parts(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(keys), PART):
        yield keys[first : first + PART]


def _held(
    asked: Sequence[Asked], keys: Sequence[int], changed: Collection[int], at: datetime
) -> list[tuple[Asked, Ticket]]:
    tickets = Ticket.objects.filter(in_queue=True).order_by().in_bulk(keys)
    facts = facts_of(tickets)
    found: list[tuple[Asked, Ticket]] = []
    for ticket in tickets.values():
        due = [row for row in asked if row.is_due(ticket, has_changed=ticket.pk in changed)]
        try:
            state = State.of(ticket)
            found += [(row, ticket) for row in due if holds(row.tree, state, at=at, facts=facts[ticket.pk])]
        except Exception:  # one row that is wrong must not keep all others from their turn
            logger.exception("rules cannot be asked of ticket %s", ticket.pk)
    return found


def _of_all(asked: Sequence[Asked], at: datetime) -> set[int]:
    """Tickets on which one of the rules that look at everything is due: one walk over the open ones for all of them.

    Without an order and a limit: they would tempt the planner to walk an index for rows that are not there.
    """
    wanted = Q(pk__in=[])
    for row in asked:
        if row.low is None:
            fired = Arming.objects.filter(
                rule=row.rule.rule, ticket=OuterRef("pk"), occasion=Since(OuterRef(row.column))
            )
            is_long = Q(**{f"{row.column}__isnull": False, f"{row.column}__lte": row.high})
            wanted |= is_long & as_q(row.tree, at=at) & ~Q(Exists(fired))
    rows = Ticket.objects.filter(wanted, in_queue=True).order_by()
    return set(rows.values_list("pk", flat=True))


def _changed_since(moment: datetime) -> list[int]:
    rows = Ticket.objects.filter(in_queue=True, changed_at__gt=moment).order_by()
    return list(rows.values_list("pk", flat=True))


def _came_due(asked: Sequence[Asked]) -> set[int]:
    """The keys of tickets whose `since` lies in the span of one of the rules: one range of an index each."""
    found: set[int] = set()
    by_column = sorted(asked, key=lambda row: row.column)
    with connection.cursor() as cursor:
        for column, rows in groupby(by_column, key=lambda row: row.column):
            spans = sorted({(row.low, row.high) for row in rows if row.low is not None})
            if spans:
                statement = _COME_DUE.format(column=column)  # of the closed list
                told = execute_values(cursor, statement, spans, template=_SPAN, fetch=True)
                found.update(key for (key,) in told)
    return found


_COME_DUE = """
    SELECT ticket.id FROM (VALUES %s) AS span (low, high)
    JOIN tickets_ticket ticket ON ticket.in_queue AND ticket.{column} > low AND ticket.{column} <= high
"""
_SPAN = "(%s::timestamptz, %s::timestamptz)"


def _unfired(found: Sequence[tuple[Asked, Ticket]]) -> Iterator[tuple[Asked, Ticket]]:
    """Without those where the rule has fired for this very moment."""
    armed = set(
        Arming.objects.filter(
            ticket__in={ticket.pk for _row, ticket in found},
            rule__in={row.rule.rule for row, _ticket in found},
        ).values_list("rule", "ticket", "occasion")
    )
    for row, ticket in found:
        if (row.rule.rule, ticket.pk, since_name(getattr(ticket, row.column))) not in armed:
            yield row, ticket
