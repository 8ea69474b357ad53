"""Known truths: what imported logs say of themselves beside what the desk says of their tickets."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from insights import saying
from insights.models import KnownTruths
from insights.views.guard import InsightsRequest, overseers_insights_page

MOST_FILES = 20
IN_SECONDS = " (seconds)"


@dataclass(frozen=True)
class Line:
    name: str
    ours: str
    from_file: str
    is_equal: bool
    explained: str


@dataclass(frozen=True)
class Comparison:
    """One file's, with what differs first."""

    kept: KnownTruths
    lines: list[Line]

    @property
    def equal(self) -> int:
        return sum(line.is_equal for line in self.lines)


@require_safe
@overseers_insights_page
def truths(request: InsightsRequest) -> HttpResponse:
    """What `manage.py compare_truths --keep` found last, file by file."""
    found = [_comparison(row) for row in KnownTruths.objects.all()[:MOST_FILES]]
    return render(request, "insights/truths.html", {"comparisons": found})


def _comparison(kept: KnownTruths) -> Comparison:
    lines = [_line(line) for line in kept.lines]
    return Comparison(kept, sorted(lines, key=lambda line: line.is_equal))


def _line(told: dict[str, Any]) -> Line:
    name = told["name"]
    is_span = name.endswith(IN_SECONDS)
    return Line(
        name=name.removesuffix(IN_SECONDS),
        ours=_shown(told["ours"], is_span=is_span),
        from_file=_shown(told["from_file"], is_span=is_span),
        is_equal=told["equal"],
        explained=told["explained"],
    )


def _shown(value: Any, *, is_span: bool) -> str:
    """A count, a share, a span, or a time as the reader reads times."""
    if value is None:
        return _("none")
    if is_span:
        return saying.span(value)
    if isinstance(value, float):
        return saying.percent(value)
    if isinstance(value, int):
        return saying.number(value)
    moment = parse_datetime(value)
    return date_format(localtime(moment), "DATETIME_FORMAT") if moment else value
