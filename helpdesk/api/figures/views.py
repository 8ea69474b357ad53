"""Figures of a period within what the person's figures may count: in all, by groups, or along time."""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from helpdesk.api.asking import Request
from helpdesk.api.describing import as_list, described
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.problems import Problem
from insights.cuts import Cut, Dimension, Scope, Step
from insights.measures import MEASURES, Unit
from insights.periods import NAMED, said_of
from insights.permissions import scope_of
from insights.queries import figures as queries
from insights.queries.asked import cut_asked, dimension_asked
from insights.queries.values import Value
from tickets.models import Channel, Kind
from tickets.refusals import Invalid

MOST_POINTS = 400
"""Of an answer along time: more than a year of days."""

MEASURE = {
    "key": "first_tier",
    "label": "First-tier resolution",
    "unit": "share",
    "better": "more",
    "definition": "Of the resolved: on L0 or L1, and never above.",
}
FIGURES = {
    "resolved": {"value": 412, "n": 412, "of": 412},
    "first_tier": {"value": 0.75, "n": 309, "of": 412},
    "resolution_business_median": {"value": 9300, "n": 412, "of": 412},
}
ANSWER = {
    "from": "2026-11-01",
    "to": "2026-11-30",
    "note": "",
    "figures": FIGURES,
    "groups": None,
    "points": None,
}


class MeasureShape(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    unit = serializers.ChoiceField(choices=[str(unit) for unit in Unit])
    better = serializers.CharField(help_text="`more`, `less`, or empty where neither is.")
    definition = serializers.CharField()


class ValueShape(serializers.Serializer[Any]):
    value = serializers.FloatField(
        allow_null=True,
        help_text="By the measure's unit; a share from 0 to 1. Null where nothing is behind it.",
    )
    n = serializers.IntegerField(help_text="So many tickets; of a share the counted ones.")
    of = serializers.IntegerField(help_text="Out of so many. Below 20 tell the numbers, no percentage.")


class GroupShape(serializers.Serializer[Any]):
    key = serializers.CharField(
        help_text="To be asked for by its parameter; `none` for those that have none."
    )
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    figures = serializers.DictField(child=ValueShape())


class PointShape(serializers.Serializer[Any]):
    first = serializers.DateField()
    last = serializers.DateField()
    figures = serializers.DictField(child=ValueShape())


class FiguresShape(serializers.Serializer[Any]):
    to = serializers.DateField()
    note = serializers.CharField(
        help_text="What has to be known of the period: that it is not over, or to come."
    )
    figures = serializers.DictField(child=ValueShape(), allow_null=True)
    groups = GroupShape(many=True, allow_null=True)
    points = PointShape(many=True, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name that a class can have."""
        return {"from": serializers.DateField(), **super().get_fields()}


def _parameter(name: str, description: str, **schema: Any) -> OpenApiParameter:
    return OpenApiParameter(name, {"type": "string", **schema}, description=description)


PARAMETERS = (
    _parameter("period", "By name; the last 30 days, if not said.", enum=list(NAMED)),
    _parameter("from", "First day, instead of a name.", format="date"),
    _parameter("to", "Last day, included; ten years after the first at most.", format="date"),
    _parameter(
        "kind", "Only of this kind. Without it incidents and requests are one sum.", enum=list(Kind.values)
    ),
    _parameter("priority", "1 to 4.", enum=["1", "2", "3", "4"]),
    _parameter("tier", "The level, 0 to 4, where they were resolved, else lie."),
    _parameter("team", "The id of a team."),
    _parameter("organisation", "An id, or `none`."),
    _parameter("category", "An id, with all below it, or `none`."),
    _parameter("alone", "With a category: only itself, without those below it.", enum=["1"]),
    _parameter("channel", "How they came in.", enum=list(Channel.values)),
    _parameter("policy", "The id of a policy's version, or `none`."),
    _parameter("by", "In groups of this.", enum=[str(one) for one in Dimension]),
    _parameter("step", f"Along time; {MOST_POINTS} points at most.", enum=[str(step) for step in Step]),
)


class OfInsights(Endpoint):
    area = Area.INSIGHTS

    def let_in(self) -> None:
        if scope_of(self.person) is None:
            raise Problem(
                "not_allowed",
                _("Figures are for managers, leads, and who sees the tickets of an organisation."),
            )

    @property
    def figures_scope(self) -> Scope:
        return scope_of(self.person) or Scope(teams=frozenset())


class Measures(OfInsights):
    @described(
        "What is measured",
        "Every figure by its key, in words; keys never change their meaning.",
        response=as_list(MeasureShape),
        example={"results": [MEASURE]},
        operation="list_measures",
    )
    def get(self, request: Request) -> Response:
        rows = [
            {
                "key": one.key,
                "label": str(one.label),
                "unit": str(one.unit),
                "better": one.better,
                "definition": str(one.definition),
            }
            for one in MEASURES.values()
        ]
        return Response({"results": rows})


class Figures(OfInsights):
    params = frozenset(parameter.name for parameter in PARAMETERS)

    @described(
        "Figures of a period",
        "Counted within your own figures: all of it for managers, the teams that a lead leads, an organisation. "
        "Without `by` and `step` in one sum (`figures`), else by groups (`groups`) or along time (`points`). "
        "What cannot be told is absent. Medians of more than 20,000 tickets may be 5 % off.",
        response=FiguresShape,
        example=ANSWER,
        params=PARAMETERS,
        operation="get_figures",
    )
    def get(self, request: Request) -> Response:
        asked = {name: request.query_params.get(name, "") for name in self.params}
        scope, today = self.figures_scope, self.at.astimezone(timezone.get_default_timezone()).date()
        cut = cut_asked(asked, scope=scope, today=today)
        dimension, step = dimension_asked(asked["by"], scope=scope), _step(asked, cut)
        is_whole = dimension is None and step is None
        return Response(
            {
                "from": cut.period.first.isoformat(),
                "to": cut.period.last.isoformat(),
                "note": said_of(cut.period, today=today),
                "figures": _values(queries.figures(cut)) if is_whole else None,
                "groups": None
                if dimension is None
                else [shown_group(row) for row in queries.by(cut, dimension)],
                "points": None if step is None else _points(cut, step),
            }
        )


def _step(asked: Mapping[str, str], cut: Cut) -> Step | None:
    name = asked["step"]
    if not name:
        return None
    if asked["by"]:
        raise Invalid(_("Ask for groups or for points along time, not for both."), field="step")
    if name not in list(Step):
        known = ", ".join(Step)
        raise Invalid(
            _("There is no step “%(step)s”. Choose one of: %(known)s.") % {"step": name[:40], "known": known},
            field="step",
        )
    points = len(queries.points(cut.period, Step(name)))
    if points > MOST_POINTS:
        raise Invalid(
            _("That would be %(n)s points; %(most)s are told at most. Take longer steps or a shorter period.")
            % {"n": points, "most": MOST_POINTS},
            field="step",
        )
    return Step(name)


def _values(values: Mapping[str, Value]) -> dict[str, Any]:
    return {key: {"value": one.value, "n": one.n, "of": one.of} for key, one in values.items()}


def shown_group(group: queries.Group, only: Collection[str] | None = None) -> dict[str, Any]:
    """`only` some figures, by their keys."""
    key = "none" if group.key == queries.NONE else str(group.key)
    told = {name: value for name, value in group.values.items() if only is None or name in only}
    return {"key": key, "label": group.label, "figures": _values(told)}


def _points(cut: Cut, step: Step) -> list[dict[str, Any]]:
    return [
        {
            "first": first.isoformat(),
            "last": queries.point_cut(cut, step, first).period.last.isoformat(),
            "figures": _values(values),
        }
        for first, values in queries.trend(cut, step)
    ]
