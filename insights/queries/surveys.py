"""How content people are: what was asked, answered and said, by the day on which the ticket was resolved.

A figure counts surveys: one for each resolution that was asked about or rated. Tier, team, category and organisation
are those of that moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMonth, TruncWeek

from accounts.models import User
from accounts.paging import Page, page_in
from delivery.paging import NEWEST_FIRST
from insights.cuts import NONE, Cut, Dimension, Scope, Step
from insights.models import Survey
from insights.queries.narrowing import of_category, or_none
from insights.queries.values import Value
from tickets.models import Ticket

COLUMNS = {
    Dimension.KIND: "kind",
    Dimension.TIER: "level",
    Dimension.TEAM: "team_id",
    Dimension.CATEGORY: "category_id",
    Dimension.ORGANISATION: "organisation_id",
}
DIMENSIONS = tuple(COLUMNS)
NEWEST = replace(NEWEST_FIRST, column="answered_at")
SHOWN = {
    "": Q(),
    "low": Q(is_low=True),
    "open": Q(is_low=True, settled_at__isnull=True),
    "words": Q(comment__isnull=False),
    **{str(score): Q(score=score) for score in range(1, 6)},
}
"""Which answers a list shows."""


@dataclass(frozen=True)
class Tally:
    """Added up over surveys. `rated` have a score, of which `answered` were asked for it."""

    asked: int = 0
    answered: int = 0
    rated: int = 0
    total: int = 0
    low: int = 0

    @property
    def response(self) -> Value:
        return Value.share(self.answered, self.asked)

    @property
    def mean(self) -> Value:
        return Value(self.total / self.rated if self.rated else None, self.rated, self.rated)

    @property
    def lows(self) -> Value:
        return Value.share(self.low, self.rated)


@dataclass(frozen=True)
class Results:
    whole: Tally = Tally()
    groups: Mapping[Any, Tally] = field(default_factory=dict)
    """By the key of the dimension; NONE for those that have none."""
    points: Mapping[date, Tally] = field(default_factory=dict)
    """By the first day of the step."""
    scores: Mapping[int, int] = field(default_factory=dict)


def results(cut: Cut, dimension: Dimension, step: Step) -> Results:
    """All that a page of results shows, from one reading of the surveys."""
    told = surveys(cut).filter(Q(asked_at__isnull=False) | Q(score__isnull=False))
    points = {
        Step.DAY: F("resolved_on"),
        Step.WEEK: TruncWeek("resolved_on"),
        Step.MONTH: TruncMonth("resolved_on"),
    }
    rows = told.order_by().values("asked_at", "score", "is_low", k=F(COLUMNS[dimension]), d=points[step])
    whole, groups, over_time, scores = Tally(), {}, {}, {}
    for place, key, day, score, *numbers in _grouped(rows):
        match place:
            case "group":
                groups[NONE if key is None else key] = Tally(*numbers)
            case "point":
                over_time[day] = Tally(*numbers)
            case "score" if score is not None:
                scores[score] = numbers[2]
            case "whole":
                whole = Tally(*numbers)
    return Results(whole, groups, over_time, scores)


def why_not(cut: Cut) -> dict[str, int]:
    """How many resolutions nobody was asked about, by the code of why."""
    rows = surveys(cut).exclude(why_not="").order_by().values("why_not").annotate(n=Count("pk"))
    return dict(rows.values_list("why_not", "n"))


def surveys(cut: Cut) -> "QuerySet[Survey]":
    """Those of a cut, in its reader's scope."""
    period = cut.period
    found = within(cut.scope).filter(resolved_on__range=(period.first, period.last))
    if cut.category:
        found = found.filter(of_category(cut, "category"))
    if cut.organisation:
        found = found.filter(or_none("organisation", cut.organisation))
    if cut.policy:
        found = found.filter(or_none("ticket__fact__policy", cut.policy))
    if cut.level is not None:
        found = found.filter(level=cut.level)
    asked = {
        "kind": cut.kind,
        "team": cut.team,
        "ticket__priority": cut.priority,
        "ticket__channel": cut.channel,
    }
    return found.filter(**{name: value for name, value in asked.items() if value})


def within(scope: Scope) -> "QuerySet[Survey]":
    """What a reader's figures count: restricted tickets are in those of managers alone."""
    found = Survey.objects.filter(is_counted=True)
    if scope.is_everything:
        return found
    found = found.filter(ticket__is_restricted=False)
    if scope.teams is not None:
        found = found.filter(team__in=sorted(scope.teams))
    return found.filter(organisation=scope.organisation) if scope.organisation else found


def answers(cut: Cut, show: str) -> "QuerySet[Survey]":
    """What was said, in any order; `show` is a key of SHOWN."""
    return surveys(cut).filter(SHOWN[show], answered_at__isnull=False)


def to_look_at(scope: Scope) -> "QuerySet[Survey]":
    """Low scores about which nobody has done anything yet, whatever the day."""
    return within(scope).filter(SHOWN["open"], answered_at__isnull=False)


def openable(rows: "QuerySet[Survey]", reader: User) -> "QuerySet[Survey]":
    """Those whose ticket this person may open."""
    return rows.filter(ticket__in=Ticket.objects.visible_to(reader).values("pk"))


def hidden(rows: "QuerySet[Survey]", reader: User) -> int:
    """How many of them are about tickets that this person may not open."""
    return rows.exclude(ticket__in=Ticket.objects.visible_to(reader).values("pk")).count()


def page_of(rows: "QuerySet[Survey]", *, after: str, before: str, size: int = 25) -> Page[Survey]:
    """The newest answers first, with all that a line shows."""
    beside = ("ticket", "team", "comment", "person", "settled_by")
    return page_in(NEWEST, rows.select_related(*beside), after=after, before=before, size=size)


def answer_of(number: int, scope: Scope, reader: User) -> Survey | None:
    """The newest answer about a ticket, where this person reads it."""
    rows = openable(within(scope).filter(ticket=number, answered_at__isnull=False), reader)
    beside = ("ticket", "team", "category", "organisation", "comment", "person", "settled_by", "resolved_by")
    return rows.select_related(*beside).order_by("-answered_at", "-pk").first()


def _grouped(rows: "QuerySet[Survey, Any]") -> list[tuple[Any, ...]]:
    """By group, by point, by score and in all, in one pass: place, key, day, score, and the numbers of a `Tally`."""
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_SETS.format(rows=sql), params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


_SETS = """
    SELECT CASE GROUPING(k, d, score) WHEN 3 THEN 'group' WHEN 5 THEN 'point' WHEN 6 THEN 'score' ELSE 'whole' END,
           k, d::date, score, count(asked_at), count(*) FILTER (WHERE asked_at IS NOT NULL AND score IS NOT NULL),
           count(score), coalesce(sum(score), 0)::int, count(*) FILTER (WHERE is_low)
    FROM ({rows}) told
    GROUP BY GROUPING SETS ((k), (d), (score), ())
"""
