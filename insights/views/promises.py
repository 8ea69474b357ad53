"""Promises: how many were kept, by whatever tells them apart; agreed exceptions stand in a column of their own."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from insights import saying
from insights.charts import Chart, Series, lines
from insights.cuts import Cut, Step
from insights.measures import PROMISES
from insights.queries import figures as figures_
from insights.queries.values import Kept, Value, Values
from insights.views.asked import Asked, together
from insights.views.guard import InsightsRequest, insights_page
from insights.views.links import tickets_url
from sla.models import Metric
from sla.models.clocks import OWED

COLOURS = {
    Metric.FIRST_RESPONSE: "teal",
    Metric.NEXT_RESPONSE: "cyan",
    Metric.UPDATE: "slate",
    Metric.RESOLUTION: "blue",
    Metric.ACCEPT: "violet",
    Metric.WORK: "rose",
    Metric.VENDOR_RESPONSE: "amber",
    Metric.VENDOR_RESOLVE: "green",
}
IN_TREND = (Metric.FIRST_RESPONSE, Metric.RESOLUTION, Metric.ACCEPT)
"""Three lines can be told apart; the table below has them all."""


@require_safe
@insights_page
def promises(request: InsightsRequest) -> HttpResponse:
    asked = Asked(request, at=timezone.now())
    page = Promises(asked, asked.cut) if asked.cut else None
    return render(request, "insights/promises.html", {"asked": asked, "page": page})


@dataclass(frozen=True)
class Kind:
    """One promise over the whole cut."""

    metric: Metric
    kept: int
    broken: int
    excepted: int
    kept_url: str
    broken_url: str
    excepted_url: str

    @property
    def label(self) -> str:
        return str(self.metric.label)

    @property
    def words(self) -> str:
        return saying.share(self.kept, self.kept + self.broken)

    @property
    def with_exceptions(self) -> str:
        """As it would be if what was agreed had been kept; beside the figure, never in its place."""
        return saying.share(self.kept + self.excepted, self.kept + self.broken) if self.excepted else ""


@dataclass(frozen=True)
class Row:
    """One group, and each promise of it; None where nothing was promised."""

    label: str
    cells: Sequence[Kind | None]


class Promises:
    def __init__(self, asked: Asked, cut: Cut) -> None:
        self.asked, self.cut = asked, cut
        known: Sequence[str] = PROMISES if asked.is_inner else OWED
        self.metrics = [metric for metric in Metric if metric in known]
        self.kinds = [
            _kind(cut, Metric(one.metric), one.kept, one.broken, one.excepted)
            for one in figures_.compliance(cut)
            if one.metric in self.metrics
        ]

    @property
    def is_empty(self) -> bool:
        return not self.kinds

    @cached_property
    def rows(self) -> list[Row]:
        by_group: dict[int | str, dict[str, Kept]] = defaultdict(dict)
        for one in figures_.compliance(self.cut, self.asked.dimension):
            by_group[one.key][one.metric] = one
        rows = []
        for group in by_group.values():
            first = next(iter(group.values()))
            cells = [
                _kind(kept.cut, kind.metric, kept.kept, kept.broken, kept.excepted)
                if (kept := group.get(kind.metric))
                else None
                for kind in self.kinds
            ]
            rows.append(Row(first.label, cells))
        return rows

    @cached_property
    def trend(self) -> Chart:
        step = self.cut.period.step
        points = figures_.trend(self.cut, step, medians=False)
        firsts = [first for first, __ in points]
        shown = [kind.metric for kind in self.kinds if kind.metric in IN_TREND]
        return lines(
            "kept",
            _("Kept, in percent"),
            first=_("Time"),
            x=[saying.point(first, step) for first in firsts],
            names=[saying.point_in_full(first, step) for first in firsts],
            series=[self._line(points, step, metric) for metric in shown],
            marks=self.asked.marks(firsts, "insights-promises"),
            most=100,
            axis="%",
            about=together(self.cut),
        )

    def _line(self, points: Sequence[tuple[date, Values]], step: Step, metric: Metric) -> Series:
        key = f"kept_{metric}"
        found: list[Value | None] = [values.get(key) for __, values in points]
        return Series(
            str(metric.label),
            COLOURS[metric],
            [round(100 * one.n / one.of, 1) if one and one.of else None for one in found],
            [saying.share(one.n, one.of) if one else saying.NOTHING for one in found],
            [tickets_url(figures_.point_cut(self.cut, step, first), key) for first, __ in points],
            "line",
            is_dashed=metric == Metric.ACCEPT,
        )


def _kind(cut: Cut, metric: Metric, kept: int, broken: int, excepted: int) -> Kind:
    key = f"kept_{metric}"
    return Kind(
        metric,
        kept,
        broken,
        excepted,
        tickets_url(cut, key) if kept else "",
        tickets_url(cut, f"{key}.not") if broken else "",
        tickets_url(cut, f"{key}.excepted") if excepted else "",
    )
