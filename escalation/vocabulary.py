"""What rules ask beyond a ticket's own columns: its path, its words, its resolution clock, the hours of a calendar.

How much of a clock's business time is used at any moment cannot be said in SQL, which knows no calendars. What can
be said alike in SQL and in Python is when it is due (the clock's row keeps it, in its calendar), and which of its
thresholds have passed (the timers note each as it passes): `resolution_due` and `resolution_share`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import (
    BigIntegerField,
    DateTimeField,
    Exists,
    Expression,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Tier
from sla.book import rules_in_force
from sla.models import Calendar, Clock, Metric
from sla.queries.hours import hours_of
from tickets.indexing import LONGEST_WORD, query_of
from tickets.models import TicketText
from tickets.queries.searching import Has  # noqa: F401  (teaches vectors the lookup `has`)
from tickets.vocabulary import Facts, Key, Number, Op, Text, Time, add_fact, register
from tickets.vocabulary.fields import Moment, Values
from tickets.vocabulary.types import NEVER, bounds, either
from tickets.words import tokens

ALWAYS = Q(pk__isnull=False)
RESOLUTION_DUE, RESOLUTION_SHARE = "resolution_due", "resolution_share"
SAID = "said"
"""Among the facts where somebody has read the words of many tickets at once."""


def teach() -> None:
    """Add the fields and what they read to the facts; called once, by the wiring."""
    add_fact(RESOLUTION_DUE, _due_at)
    add_fact(RESOLUTION_SHARE, _share_passed)
    add_fact("ticket", lambda: ExpressionWrapper(F("pk"), output_field=BigIntegerField()))
    register(
        Path(
            name="been_in_tier",
            label=gettext_lazy("Has been in tier"),
            read=lambda state, _facts: state.path,
            column="path",
            model=Tier,
            prefix="L",
        ),
        Number(
            name="times_in_tier",
            label=gettext_lazy("Times in its tier"),
            read=lambda state, _facts: state.path.count(state.tier_id),
            left=_times_in_tier,
        ),
        DueOfClock(
            name=RESOLUTION_DUE,
            label=gettext_lazy("Resolution due"),
            read=lambda _state, facts: facts.more.get(RESOLUTION_DUE),
            column="due_at",
            known=ALWAYS,
            is_future=True,
        ),
        Number(
            name=RESOLUTION_SHARE,
            label=gettext_lazy("Resolution time used, percent"),
            read=lambda _state, facts: facts.more.get(RESOLUTION_SHARE, 0),
            left=_share_passed,
        ),
        Words(
            name="text",
            label=gettext_lazy("Words in it"),
            read=lambda _state, facts: facts.more.get(SAID) or Said.of(facts),
            column="text",
            operators=(Op.CONTAINS,),
        ),
        InHours(
            name="hours",
            label=gettext_lazy("Within the hours of"),
            read=lambda _state, _facts: None,
            column="",
            model=Calendar,
        ),
    )


# --- where it has been ---


@dataclass(frozen=True, kw_only=True)
class Path(Key):
    """A list of keys in a column of the ticket: true where any of them is one of the values."""

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        return Q(**{f"{self.column}__overlap": [value for value in values if value in LEVELS] or [-1]})

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        return not set(values).isdisjoint(found)


LEVELS = range(5)


def _times_in_tier() -> Expression:
    """How often it has come to the tier where it is: the first time counts."""
    places = Func(F("path"), F("tier_id"), function="array_positions")
    return Func(places, function="cardinality", output_field=IntegerField())


# --- its resolution clock ---


def _resolution() -> Any:
    """Its cycle that has not ended, or else the last one."""
    rows = Clock.objects.filter(ticket=OuterRef("pk"), metric=Metric.RESOLUTION, scope=0)
    return rows.order_by("-cycle")


def _due_at() -> BaseExpression:
    running = _resolution().filter(state=Clock.State.RUNNING)
    return Subquery(running.values("due_at")[:1], output_field=DateTimeField())


def _share_passed() -> Expression:
    """The highest threshold that has passed, 100 the breach; 0 where none has, or where nothing is promised."""
    passed = _resolution().exclude(outcome=Clock.Outcome.VOID).filter(fired__gt=0)
    last = ExpressionWrapper(F("fired") - 1, output_field=IntegerField())
    share = Cast(Func(F("shares"), last, template="(%(expressions)s)", arg_joiner=" ->> "), IntegerField())
    return Coalesce(Subquery(passed.values(share=share)[:1], output_field=IntegerField()), 0)


@dataclass(frozen=True, kw_only=True)
class DueOfClock(Time):
    """When the running resolution clock is due, in its calendar; unknown while it rests and where none runs."""

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        rows = Clock.objects.filter(
            ticket=OuterRef("pk"), metric=Metric.RESOLUTION, scope=0, state=Clock.State.RUNNING
        )
        if op == Op.EMPTY:
            return either(values, ~Q(Exists(rows)))
        wanted = NEVER
        for value in values:
            begin, end = bounds(op, value, moment, is_future=self.is_future)
            since = Q(due_at__gte=begin) if begin else Q()
            wanted |= since & (Q(due_at__lt=end) if end else Q())
        return Q(Exists(rows.filter(wanted)))


# --- its words ---


@dataclass(frozen=True)
class Said:
    """The words of a ticket as search keeps them, read when somebody asks: subject and all that is public."""

    ticket: int

    @classmethod
    def of(cls, facts: Facts) -> "Said":
        return cls(facts.more.get("ticket", 0))

    @classmethod
    def of_many(cls, keys: Iterable[int]) -> "dict[int, Said]":
        """The words of several tickets, in one query."""
        found = {key: cls(key) for key in keys}
        vectors = dict(TicketText.objects.filter(pk__in=list(found)).values_list("pk", "public"))
        for key, said in found.items():
            said.__dict__["places"] = _places(vectors.get(key) or "")
        return found

    @cached_property
    def places(self) -> dict[str, set[int]]:
        """Where each word stands."""
        rows = TicketText.objects.filter(pk=self.ticket).values_list("public", flat=True)
        return _places(next(iter(rows), "") or "")

    def has(self, words: Sequence[str]) -> bool:
        """Whether these words stand one behind the other."""
        first, *others = [word[:LONGEST_WORD] for word in words]
        return any(
            all(place + n in self.places.get(word, ()) for n, word in enumerate(others, start=1))
            for place in self.places.get(first, ())
        )


_LEXEME = re.compile(r"'((?:[^']|'')*)':([0-9A-D,]+)")


def _places(vector: str) -> dict[str, set[int]]:
    return {
        word.replace("''", "'"): {int(place.rstrip("ABCD")) for place in places.split(",")}
        for word, places in _LEXEME.findall(vector)
    }


@dataclass(frozen=True, kw_only=True)
class Words(Text):
    """Whole words in their order, somewhere in the subject or in what requester and desk both read.

    Both evaluators read the vector that search keeps, so they agree also on what it left out of a huge text.
    """

    def parse_value(self, op: Op, raw: str) -> str:
        text = super().parse_value(op, raw)
        if not tokens(text):
            raise self.unreadable(raw, _("give at least one word"))
        return text

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        wanted = NEVER
        for value in values:
            wanted |= Q(public__has=query_of(tokens(value), is_whole=True))
        return Q(Exists(TicketText.objects.filter(wanted, pk=OuterRef("pk"))))

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        return any(found.has(tokens(value)) for value in values)


# --- the time it is ---


@dataclass(frozen=True, kw_only=True)
class InHours(Key):
    """Whether it is working time in a calendar: at the moment of the event, or now for sets and for time rules."""

    def as_q(self, op: Op, values: Values, moment: Moment) -> Q:
        return ALWAYS if self.holds(op, values, moment, None) else NEVER

    def holds(self, op: Op, values: Values, moment: Moment, found: Any) -> bool:
        versions = rules_in_force().versions
        return any(is_open(versions[value], moment.at) for value in values if value in versions)


def is_open(version: int | None, at: datetime) -> bool:
    return hours_of(version).is_open(at)
