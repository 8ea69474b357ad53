"""How long it takes: to answer, to resolve, and of whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from insights import saying
from insights.charts import Cell, Chart, Series, Table, lines
from insights.cuts import Cut, Step
from insights.measures import MEASURES
from insights.queries import figures as figures_
from insights.queries.values import Values
from insights.views.asked import Asked, ByKind, link, together, words_of
from insights.views.guard import InsightsRequest, insights_page
from insights.views.links import tickets_url

KEYS = (
    "response_business_median",
    "response_business_p90",
    "resolution_business_median",
    "resolution_business_p90",
    "response_median",
    "response_p90",
    "resolution_median",
    "resolution_p90",
)
COLUMNS = (
    "resolved",
    "response_business_median",
    "response_business_p90",
    "resolution_business_median",
    "resolution_business_p90",
    "resolution_median",
)


@require_safe
@insights_page
def times(request: InsightsRequest) -> HttpResponse:
    asked = Asked(request, at=timezone.now())
    page = Times(asked, asked.cut) if asked.cut else None
    return render(request, "insights/times.html", {"asked": asked, "page": page})


@dataclass(frozen=True)
class Axis:
    """In which unit a chart of spans counts, so that its numbers stay short."""

    seconds: int
    label: str


class Times:
    def __init__(self, asked: Asked, cut: Cut) -> None:
        self.asked, self.cut = asked, cut
        self.kinds = ByKind(cut)
        self.is_empty = self.kinds.is_empty
        self.figures = self.kinds.figures(KEYS)

    @cached_property
    def trend(self) -> Chart:
        step = self.cut.period.step
        points = figures_.trend(self.cut, step)
        firsts = [first for first, __ in points]
        axis = axis_of(
            values["resolution_business_p90"].value
            for __, values in points
            if "resolution_business_p90" in values
        )
        return lines(
            "took",
            _("Resolution over time, business time"),
            first=_("Time"),
            x=[saying.point(first, step) for first in firsts],
            names=[saying.point_in_full(first, step) for first in firsts],
            series=[
                self._spans(points, step, axis, "resolution_business_median", _("half took at most"), "blue"),
                self._spans(
                    points,
                    step,
                    axis,
                    "resolution_business_p90",
                    _("nine of ten took at most"),
                    "violet",
                    True,
                ),
            ],
            marks=self.asked.marks(firsts, "insights-times"),
            axis=axis.label,
            about=together(self.cut),
        )

    def _spans(
        self,
        points: Sequence[tuple[date, Values]],
        step: Step,
        axis: Axis,
        key: str,
        name: str,
        colour: str,
        is_dashed: bool = False,
    ) -> Series:
        found = [values.get(key) for __, values in points]
        return Series(
            name,
            colour,
            [round(one.value / axis.seconds, 2) if one and one.value is not None else None for one in found],
            [saying.value_of(one, MEASURES[key]) for one in found],
            [tickets_url(figures_.point_cut(self.cut, step, first), "resolved") for first, __ in points],
            "line",
            is_dashed,
        )

    @cached_property
    def spread(self) -> Chart:
        buckets = figures_.distribution(self.cut, "resolution")
        return lines(
            "spread",
            _("How long resolutions took"),
            first=_("Took"),
            x=[bucket.label for bucket in buckets],
            series=[
                Series(
                    _("resolved"),
                    "teal",
                    [bucket.n for bucket in buckets],
                    [saying.number(bucket.n) for bucket in buckets],
                    [tickets_url(self.cut, bucket.key) if bucket.n else "" for bucket in buckets],
                )
            ],
            about=together(self.cut),
        )

    @cached_property
    def table(self) -> Table:
        """By the chosen dimension; each number opens its tickets."""
        rows = [
            [
                Cell(group.label),
                *(
                    Cell(words_of(group.values, key), link(group.cut, MEASURES[key], group.values.get(key)))
                    for key in COLUMNS
                ),
            ]
            for group in figures_.by(self.cut, self.asked.dimension)
        ]
        return Table([self.asked.dimension_label, *(str(MEASURES[key].label) for key in COLUMNS)], rows)


def axis_of(seconds: Iterable[float | None]) -> Axis:
    """Minutes, hours or days, by the longest."""
    longest = max((one for one in seconds if one is not None), default=0)
    if longest < 2 * saying.HOUR:
        return Axis(saying.MINUTE, _("minutes"))
    return Axis(saying.HOUR, _("hours")) if longest < 4 * saying.DAY else Axis(saying.DAY, _("days"))
