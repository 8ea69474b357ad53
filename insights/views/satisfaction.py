"""How content people are: results with their comments, one answer and what is done about it, how the desk asks."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.keys import key_of
from accounts.models import AccountEvent
from accounts.paging import Page
from accounts.sentences import lines as sentences
from accounts.views.answers import carried_out, form_page
from insights import saying
from insights.charts import Cell, Chart, Series, Table, lines
from insights.cuts import Cut, Dimension
from insights.forms.satisfaction import ReopenForm, SettleForm, SurveyForm
from insights.measures import Unit
from insights.models import Survey, SurveySettings, WhyNot
from insights.operations import answering
from insights.operations.survey_settings import change_surveys
from insights.queries import surveys as queries
from insights.queries.figures import point_cut
from insights.queries.names import cut_of, labels
from insights.queries.surveys import Results, Tally
from insights.survey_kinds import CHANGED
from insights.views.asked import BY, Asked, together
from insights.views.guard import InsightsRequest, desk_insights_page, insights_page, overseers_insights_page
from insights.views.links import page_url
from tickets import operations
from tickets.models import NUMBER_PREFIX, Status
from tickets.permissions import may_track
from tickets.refusals import Refused

PAGE = "insights-satisfaction"
UNPROCESSABLE = 422
MOST_OPEN = 10
OF_ORGANISATIONS = (Dimension.KIND, Dimension.CATEGORY)
MOST_CHANGES = 20


@require_safe
@insights_page
def satisfaction(request: InsightsRequest) -> HttpResponse:
    asked = AskedSurveys(request, at=timezone.now())
    page = Satisfaction(request, asked, asked.cut) if asked.cut else None
    status = 200 if page else UNPROCESSABLE
    return render(request, "insights/satisfaction.html", {"asked": asked, "page": page}, status=status)


@require_safe
@desk_insights_page
def answer(request: InsightsRequest, number: str) -> HttpResponse:
    """What somebody has said about one ticket, and what is done about it."""
    return _show(request, _answer_or_404(request, number))


@require_POST
@desk_insights_page
def reopen(request: InsightsRequest, number: str) -> HttpResponse:
    survey = _answer_or_404(request, number)
    form = ReopenForm(request.POST)
    if form.is_valid():
        text = form.cleaned_data["text"] or _usual_words(survey)
        try:
            operations.reopen(survey.ticket, text=text, by=request.user, at=timezone.now())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("%(number)s is open again.") % {"number": survey.ticket.number})
            return redirect("insights-satisfaction-answer", survey.ticket.number)
    return _show(request, survey, reopen_form=form, status=UNPROCESSABLE)


@require_POST
@desk_insights_page
def settle(request: InsightsRequest, number: str) -> HttpResponse:
    """What was done, in one click."""
    survey = _answer_or_404(request, number)
    form = SettleForm(request.POST)
    if form.is_valid():
        try:
            answering.settle(survey, how=form.cleaned_data["how"], by=request.user, at=timezone.now())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Noted."))
            return redirect("insights-satisfaction-answer", survey.ticket.number)
    return _show(request, survey, settle_form=form, status=UNPROCESSABLE)


@require_http_methods(["GET", "POST"])
@overseers_insights_page
def survey_settings(request: InsightsRequest) -> HttpResponse:
    form = SurveyForm(request.POST or None, instance=SurveySettings.load())
    if form.is_valid() and carried_out(
        form, lambda: change_surveys(by=request.user, at=timezone.now(), **form.cleaned_data)
    ):
        messages.success(request, _("Saved."))
        return redirect("insights-satisfaction-settings")
    changes = AccountEvent.objects.filter(kind=CHANGED).select_related("by").order_by("-id")[:MOST_CHANGES]
    return form_page(request, "insights/satisfaction_settings.html", form, lines=sentences(changes))


class AskedSurveys(Asked):
    """By what surveys can be broken down: where the ticket was resolved, and for whom."""

    @cached_property
    def dimensions(self) -> list[Dimension]:
        known = queries.DIMENSIONS if self.is_inner else OF_ORGANISATIONS
        return [one for one in known if not (one == Dimension.KIND and self.cut and self.cut.kind)]

    @property
    def _usual_dimension(self) -> Dimension:
        return Dimension.TIER if self.is_inner else Dimension.CATEGORY


class Satisfaction:
    """One page of results. What the numbers say comes from one reading, the answers below from another."""

    def __init__(self, request: InsightsRequest, asked: Asked, cut: Cut) -> None:
        self.request, self.asked, self.cut = request, asked, cut
        self.show = request.GET.get("show", "") if request.GET.get("show", "") in queries.SHOWN else ""

    @cached_property
    def results(self) -> Results:
        return queries.results(self.cut, self.asked.dimension, self.cut.period.step)

    @property
    def whole(self) -> Tally:
        return self.results.whole

    @property
    def is_empty(self) -> bool:
        return not (self.whole.asked or self.whole.rated or self.reasons)

    @cached_property
    def about(self) -> str:
        return together(self.cut)

    # --- The numbers ---

    @property
    def mean(self) -> str:
        return saying.said(self.whole.mean, Unit.RATING)

    @property
    def response(self) -> str:
        return saying.said(self.whole.response, Unit.SHARE)

    @property
    def lows(self) -> str:
        return saying.said(self.whole.lows, Unit.SHARE)

    @property
    def unasked(self) -> int:
        """Rated on their page, though nobody had asked."""
        return self.whole.rated - self.whole.answered

    @property
    def scores(self) -> list[tuple[int, int, int, str]]:
        """From the best: the score, how often, its share for a bar in steps of five, and its list."""
        rated = self.whole.rated or 1
        found = self.results.scores
        return [
            (
                score,
                found.get(score, 0),
                5 * round(20 * found.get(score, 0) / rated),
                self.list_url(str(score)),
            )
            for score in range(5, 0, -1)
        ]

    @cached_property
    def reasons(self) -> list[tuple[str, int]]:
        """Why the others were not asked, the most frequent first."""
        found = queries.why_not(self.cut)
        return sorted(((str(WhyNot(code).label), n) for code, n in found.items()), key=lambda pair: -pair[1])

    @property
    def not_asked(self) -> int:
        return sum(n for _reason, n in self.reasons)

    @cached_property
    def table(self) -> Table:
        dimension = self.asked.dimension
        names = labels(dimension, self.results.groups)
        ordered = sorted(
            self.results.groups.items(),
            key=lambda pair: pair[0] if dimension == Dimension.TIER else (-pair[1].asked, names[pair[0]]),
        )
        rows = [self._row(names[key], tally, cut_of(self.cut, dimension, key)) for key, tally in ordered]
        head = [_("Asked"), _("Answered"), _("Rated"), _("Mean"), _("Low")]
        return Table([self.asked.dimension_label.capitalize(), *head], rows)

    def _row(self, name: str, tally: Tally, cut: Cut) -> list[Cell]:
        url = page_url(PAGE, cut, **{BY: str(self.asked.dimension)})
        return [
            Cell(name, url),
            Cell(saying.number(tally.asked)),
            Cell(saying.said(tally.response, Unit.SHARE)),
            Cell(saying.number(tally.rated), f"{url}#answers" if tally.rated else ""),
            Cell(saying.said(tally.mean, Unit.RATING)),
            Cell(
                saying.said(tally.lows, Unit.SHARE),
                page_url(PAGE, cut, show="low", **{BY: str(self.asked.dimension)}) + "#answers"
                if tally.low
                else "",
            ),
        ]

    @cached_property
    def trend(self) -> Chart:
        """The mean, over how many answered of those who were asked."""
        step = self.cut.period.step
        firsts = list(self._firsts())
        tallies = [self._tally_of(first) for first in firsts]
        return lines(
            "satisfaction",
            _("How it went over time"),
            first=_("Time"),
            x=[saying.point(first, step) for first in firsts],
            names=[saying.point_in_full(first, step) for first in firsts],
            series=[
                Series(
                    _("Mean score"),
                    "accent",
                    [tally.mean.value for tally in tallies],
                    [
                        _("%(mean)s of %(n)s")
                        % {"mean": saying.said(tally.mean, Unit.RATING), "n": tally.rated}
                        if tally.rated
                        else saying.NOTHING
                        for tally in tallies
                    ],
                    [self._point_url(first, tally) for first, tally in zip(firsts, tallies, strict=True)],
                    shape="line",
                )
            ],
            marks=self.asked.marks(firsts, PAGE),
            most=5,
            about=self.about,
            height="is-low",
        )

    def _firsts(self) -> Sequence[date]:
        found, first, step = [], self.cut.period.first, self.cut.period.step
        while first <= self.cut.period.last:
            found.append(first)
            first = point_cut(self.cut, step, first).period.last + timedelta(days=1)
        return found

    def _tally_of(self, first: date) -> Tally:
        """Weeks and months are known by the day on which they begin, also where the period begins later."""
        step = self.cut.period.step
        begin = {"week": first - timedelta(days=first.weekday()), "month": first.replace(day=1)}
        return self.results.points.get(begin.get(step, first), Tally())

    def _point_url(self, first: date, tally: Tally) -> str:
        if not tally.rated:
            return ""
        return page_url(PAGE, point_cut(self.cut, self.cut.period.step, first)) + "#answers"

    # --- The answers ---

    @cached_property
    def open_low(self) -> list[Survey]:
        """Low scores that wait for somebody, whatever the period: the desk's own people look after them."""
        if not self.asked.is_inner or self.show:
            return []
        rows = queries.openable(queries.to_look_at(self.cut.scope), self.asked.user)
        return queries.page_of(rows, after="", before="", size=MOST_OPEN + 1).rows

    @cached_property
    def answers(self) -> Page[Survey]:
        get = self.request.GET
        rows = queries.openable(queries.answers(self.cut, self.show), self.asked.user)
        return queries.page_of(rows, after=get.get("after", ""), before=get.get("before", ""))

    @cached_property
    def hidden(self) -> int:
        return queries.hidden(queries.answers(self.cut, self.show), self.asked.user)

    @property
    def export_url(self) -> str:
        params = self.request.GET.copy()
        for name in ("after", "before", BY):
            params.pop(name, None)
        params["list"] = "answers"
        return f"{reverse('insights-export')}?{params.urlencode()}"

    @cached_property
    def shows_names(self) -> bool:
        return self.cut.scope.is_everything and SurveySettings.load().shows_names

    @property
    def choices(self) -> list[tuple[str, str, str]]:
        """Which answers to show: code, words, address."""
        named = [("", _("all")), ("low", _("low scores")), ("open", _("low, nothing done yet"))]
        named.append(("words", _("with words")))
        return [(code, str(label), self.list_url(code)) for code, label in named]

    def list_url(self, show: str) -> str:
        params = self.request.GET.copy()
        for name in ("after", "before", "show"):
            params.pop(name, None)
        if show:
            params["show"] = show
        return f"?{params.urlencode()}#answers"


def _answer_or_404(request: InsightsRequest, number: str) -> Survey:
    key = key_of(number.upper().removeprefix(NUMBER_PREFIX))
    survey = queries.answer_of(key, request.scope, request.user)
    if survey is None:
        raise Http404
    return survey


def _usual_words(survey: Survey) -> str:
    """What the requester reads where the lead has written nothing, in their language."""
    with translation.override(survey.person.language):
        return _("You say that it is not solved, so we look at it again.")


def _show(request: InsightsRequest, survey: Survey, *, status: int = 200, **forms: Any) -> HttpResponse:
    ticket = survey.ticket
    context = {
        "survey": survey,
        "ticket": ticket,
        "reopen_form": forms.get("reopen_form") or ReopenForm(),
        "settle_form": forms.get("settle_form") or SettleForm(),
        "may_reopen": ticket.status == Status.RESOLVED and may_track(request.user, ticket),
        "may_settle": survey.is_open_low and answering.answers_for(request.user, survey),
        "back": reverse(PAGE),
    }
    return render(request, "insights/satisfaction_answer.html", context, status=status)
