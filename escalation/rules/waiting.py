"""For which tickets a rule that waits is due: open ones on which it has been so for long enough.

`since <= the moment from which the span is worked until now` is a range of an index. What was looked at a moment ago
need not be looked at again: new is what has come due meanwhile, and what has changed meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection
from django.db.models import CharField, Exists, Func, OuterRef
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
from tickets.vocabulary import as_q, facts_of, holds

UNDER_WAY = timedelta(seconds=30)
"""How long an act may take from its own time until it can be seen. What takes longer is found by a whole pass."""
MOST_FRESH = 1_000
"""Tickets that are looked at one by one."""


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


def due_tickets(rule: Live, *, at: datetime, limit: int) -> list[int]:
    """The keys of all tickets on which the rule is due and has not fired, longest first."""
    time = rule.spec.time
    if time is None or rule.when is None or (until := due_since(time, at)) is None:
        return []
    fired = Arming.objects.filter(rule=rule.rule, ticket=OuterRef("pk"), occasion=Since(OuterRef(time.since)))
    rows = Ticket.objects.filter(as_q(rule.when, at=at), in_queue=True, **{f"{time.since}__lte": until})
    unfired = rows.filter(~Exists(fired)).order_by(time.since, "pk")
    return list(unfired.values_list("pk", flat=True)[:limit])


# --- what is new since somebody looked ---


@dataclass(frozen=True)
class Asked:
    """A rule with the span of `since` that has come due between two looks."""

    rule: Live
    column: str
    low: datetime
    high: datetime

    def is_due(self, ticket: Ticket, *, has_changed: bool) -> bool:
        since = getattr(ticket, self.column)
        return since is not None and since <= self.high and (has_changed or since > self.low)


def newly_due(seen: Sequence[tuple[Live, datetime]], *, at: datetime) -> dict[int, list[int]] | None:
    """By rule, the keys of tickets on which it is due, has not fired, and was not when all were looked at then.

    A handful of tickets have come due or have changed within some seconds, so the conditions are asked in Python:
    to write fifty queries takes longer. None where so many have changed that sets are better asked in SQL.
    """
    asked = [row for rule, then in seen if (row := _asked(rule, then, at)) is not None]
    if not asked:
        return {}
    changed = set(_changed_since(min(then for _rule, then in seen) - UNDER_WAY))
    keys = changed | _came_due(asked)
    if len(keys) > MOST_FRESH:
        return None
    tickets = Ticket.objects.filter(in_queue=True).order_by().in_bulk(list(keys))
    facts = facts_of(tickets)
    found = [
        (row, ticket)
        for ticket in tickets.values()
        for row in asked
        if row.is_due(ticket, has_changed=ticket.pk in changed)
        and row.rule.when is not None
        and holds(row.rule.when, State.of(ticket), at=at, facts=facts[ticket.pk])
    ]
    return _unfired(found)


def _asked(rule: Live, seen: datetime, at: datetime) -> Asked | None:
    time = rule.spec.time
    if time is None or rule.when is None:
        return None
    low, high = due_since(time, seen), due_since(time, at)
    return Asked(rule, time.since, low, high) if low is not None and high is not None else None


def _changed_since(moment: datetime) -> list[int]:
    rows = Ticket.objects.filter(in_queue=True, changed_at__gt=moment).order_by()
    return list(rows.values_list("pk", flat=True)[: MOST_FRESH + 1])


def _came_due(asked: Sequence[Asked]) -> set[int]:
    """The keys of tickets whose `since` lies in the span of one of the rules: one range of an index each."""
    found: set[int] = set()
    by_column = sorted(asked, key=lambda row: row.column)
    with connection.cursor() as cursor:
        for column, rows in groupby(by_column, key=lambda row: row.column):
            spans = sorted({(row.low, row.high) for row in rows if row.low < row.high})
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


def _unfired(found: Sequence[tuple[Asked, Ticket]]) -> dict[int, list[int]]:
    """Without those where the rule has fired for this very moment; longest first."""
    armed = set(
        Arming.objects.filter(
            ticket__in={ticket.pk for _row, ticket in found},
            rule__in={row.rule.rule for row, _ticket in found},
        ).values_list("rule", "ticket", "occasion")
    )
    due: dict[int, list[tuple[datetime, int]]] = {}
    for row, ticket in found:
        since = getattr(ticket, row.column)
        if (row.rule.rule, ticket.pk, since_name(since)) not in armed:
            due.setdefault(row.rule.rule, []).append((since, ticket.pk))
    return {rule: [key for _since, key in sorted(rows)] for rule, rows in due.items()}
