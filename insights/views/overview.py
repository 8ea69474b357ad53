"""At a glance: key figures with how they went, what came and what left, what is open and how old it is."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from insights import saying
from insights.charts import Chart, Mark, Series, heat, lines
from insights.cuts import Cut, Step
from insights.measures import MEASURES
from insights.queries import figures as figures_
from insights.queries.deflecting import deflected
from insights.queries.values import Values
from insights.views.asked import Asked, ByKind, Figure, Told, together
from insights.views.guard import InsightsRequest, insights_page
from insights.views.links import tickets_url

INNER = (
    "kept_resolution",
    "first_tier",
    "first_contact",
    "resolution_business_median",
    "response_business_median",
    "reopened",
    "rating",
    "opened",
    "backlog",
)
OF_ORGANISATIONS = (
    "kept_resolution",
    "resolution_business_median",
    "response_business_median",
    "reopened",
    "rating",
    "opened",
    "backlog",
)
HOURS = range(24)
AT_THE_END = {
    Step.DAY: gettext_lazy("Open at the end of each day"),
    Step.WEEK: gettext_lazy("Open at the end of each week"),
    Step.MONTH: gettext_lazy("Open at the end of each month"),
}


@require_safe
@insights_page
def overview(request: InsightsRequest) -> HttpResponse:
    asked = Asked(request, at=timezone.now())
    page = Overview(asked, asked.cut) if asked.cut else None
    return render(request, "insights/overview.html", {"asked": asked, "page": page})


class Overview:
    """All numbers of the page, each read once."""

    def __init__(self, asked: Asked, cut: Cut) -> None:
        self.asked, self.cut = asked, cut
        self.kinds = ByKind(cut)
        self.is_empty = self.kinds.is_empty
        self.figures = self.kinds.figures(INNER if asked.is_inner else OF_ORGANISATIONS) + self._prevented()

    def _prevented(self) -> list[Figure]:
        """What articles solved before it was filed, where forms know what is asked for. No ticket stands behind it."""
        measure, value = MEASURES["deflected"], deflected(self.cut)
        if value is None or not value.of:
            return []
        before = deflected(self.cut.within(period=self.cut.period.before()))
        told = Told("", saying.share(value.n, value.of), "", saying.change(value, before, measure))
        return [Figure(str(measure.label), str(measure.definition), [told])]

    @cached_property
    def charts(self) -> list[Chart]:
        return [self.came_and_left, self.backlog]

    @cached_property
    def small_charts(self) -> list[Chart]:
        return [self.ages, self.arrivals]

    @cached_property
    def points(self) -> list[tuple[date, Values]]:
        return list(figures_.trend(self.cut, self.step, medians=False))

    @property
    def step(self) -> Step:
        return self.cut.period.step

    @cached_property
    def came_and_left(self) -> Chart:
        return self._trend(
            "came",
            _("What came and what left"),
            self._counts("opened", _("opened"), "accent", "bar"),
            self._counts("resolved", _("resolved"), "ok", "line"),
            marks=self.asked.marks([first for first, __ in self.points], "insights"),
        )

    @cached_property
    def backlog(self) -> Chart:
        return self._trend(
            "backlog", str(AT_THE_END[self.step]), self._counts("backlog", _("open"), "blue", "area")
        )

    def _trend(self, key: str, title: str, *series: Series, marks: Sequence[Mark] = ()) -> Chart:
        firsts = [first for first, __ in self.points]
        return lines(
            key,
            title,
            first=_("Time"),
            x=[saying.point(first, self.step) for first in firsts],
            names=[saying.point_in_full(first, self.step) for first in firsts],
            series=series,
            marks=marks,
            about=together(self.cut),
        )

    def _counts(self, key: str, name: str, colour: str, shape: str) -> Series:
        found = [values[key].n for __, values in self.points]
        return Series(
            name,
            colour,
            found,
            [saying.number(n) for n in found],
            [
                tickets_url(figures_.point_cut(self.cut, self.step, first), key) if n else ""
                for (first, __), n in zip(self.points, found, strict=True)
            ],
            shape,
        )

    @cached_property
    def ages(self) -> Chart:
        buckets = figures_.ages_of(self.cut)
        return lines(
            "ages",
            _("Open at the end, by age"),
            first=_("Age"),
            x=[bucket.label for bucket in buckets],
            series=[
                Series(
                    _("open"),
                    "amber",
                    [bucket.n for bucket in buckets],
                    [saying.number(bucket.n) for bucket in buckets],
                    [tickets_url(self.cut, bucket.key) if bucket.n else "" for bucket in buckets],
                )
            ],
            about=together(self.cut),
        )

    @cached_property
    def arrivals(self) -> Chart:
        counts = figures_.arrivals(self.cut)
        return heat(
            "arrivals",
            _("When tickets arrive"),
            first=_("Day"),
            x=[f"{hour:02}" for hour in HOURS],
            names=[f"{hour:02}:00–{hour:02}:59" for hour in HOURS],
            y=[str(WEEKDAYS[day]) for day in range(7)],
            values=counts,
            words=[[saying.number(n) for n in row] for row in counts],
            url=tickets_url(self.cut, "arrived_"),
            about=_("opened, in the desk's time zone"),
        )
