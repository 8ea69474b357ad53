"""For which tickets a rule that waits is due: open ones on which it has been so for long enough.

`since <= the moment from which the span is worked until now` is a range of an index. What was looked at a moment ago
need not be looked at again: new is what has come due meanwhile, and what has changed meanwhile.
"""

from datetime import datetime, timedelta

from django.db.models import CharField, Exists, Func, OuterRef, Q, QuerySet

from escalation.models import Arming
from escalation.rules.book import Live
from escalation.rules.spec import TimeTrigger
from sla.book import rules_in_force
from sla.business_time import WorkingTime
from sla.queries.hours import hours_of
from tickets.models import Ticket
from tickets.vocabulary import as_q

UNDER_WAY = timedelta(seconds=30)
"""How long an act may take from its own time until it can be seen. What takes longer is found by a whole pass."""


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


def due_tickets(rule: Live, *, at: datetime, seen: datetime | None = None, limit: int) -> list[int]:
    """The keys of tickets on which the rule is due and has not fired, longest first.

    Args:
        seen: all was looked at then; only what is new since is asked for.
    """
    time = rule.spec.time
    if time is None or rule.when is None or (until := due_since(time, at)) is None:
        return []
    rows = _waiting(rule, time.since, until).filter(as_q(rule.when, at=at))
    if seen is not None and (seen_until := due_since(time, seen)) is not None:
        fresh = Q(**{f"{time.since}__gt": seen_until}) | Q(changed_at__gt=seen - UNDER_WAY)
        # No LIMIT here: it would tempt the planner to walk the whole index for the few rows that are new.
        found = sorted(rows.filter(fresh).values_list(time.since, "pk"))
        return [key for _since, key in found[:limit]]
    return list(rows.order_by(time.since, "pk").values_list("pk", flat=True)[:limit])


def _waiting(rule: Live, column: str, until: datetime) -> "QuerySet[Ticket]":
    fired = Arming.objects.filter(rule=rule.rule, ticket=OuterRef("pk"), occasion=Since(OuterRef(column)))
    rows = Ticket.objects.filter(in_queue=True, **{f"{column}__lte": until}).order_by()
    return rows.filter(~Exists(fired))
