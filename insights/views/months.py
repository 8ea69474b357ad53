"""Published months: which there are, one of them with what changed since, and the tickets behind its figures."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from insights import saying
from insights.forms.months import PublishForm
from insights.measures import MEASURES, Unit
from insights.models import Correction, PublishedMonth
from insights.operations.publishing import compare, publish_month
from insights.permissions import may_agree_exceptions
from insights.queries.months import period_of, published_for
from insights.queries.values import Value
from insights.views.guard import InsightsRequest, insights_page
from sla.models import Metric
from tickets.models import Kind, Ticket
from tickets.queries import listing
from tickets.queries.beside import with_names
from tickets.refusals import Invalid, Refused

UNPROCESSABLE = 422
MOST_LISTED = 200
MOST_NAMED = 12


def _reads_months(request: InsightsRequest) -> None:
    """Leads read their teams' figures alone; a published month is of the whole desk or of an organisation."""
    if not (request.scope.is_everything or request.scope.organisation):
        raise Http404


@require_http_methods(["GET", "HEAD", "POST"])
@insights_page
def months(request: InsightsRequest) -> HttpResponse:
    _reads_months(request)
    may_publish = may_agree_exceptions(request.user)
    if request.method == "POST" and not may_publish:
        raise Http404
    at = timezone.now()
    form = PublishForm(request.POST or None, today=_today(at))
    if form.is_valid():
        try:
            row = publish_month(**form.cleaned_data, by=request.user, at=at)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("insights-month", row.pk)
    context = {
        "form": form if may_publish else None,
        "months": published_for(request.user, request.scope)[:MOST_LISTED],
    }
    status = UNPROCESSABLE if form.is_bound and not form.is_valid() else 200
    return render(request, "insights/months.html", context, status=status)


@require_safe
@insights_page
def month(request: InsightsRequest, pk: int) -> HttpResponse:
    """The month as it was told, and beside it what would be told today; held against the facts while one looks."""
    row = _month_or_404(request, pk)
    compared = compare(row, at=timezone.now())
    corrections = list(row.corrections.order_by("at", "pk"))
    now = {one.figure: one for one in corrections}
    sheet = Sheet(row, now)
    context = {
        "row": row,
        "sheet": sheet,
        "period": period_of(row.month),
        "is_purged": compared.is_purged,
        "corrections": _told(request, corrections),
        "export": f"{reverse('insights-export')}?list=month&month={row.pk}",
    }
    return render(request, "insights/month.html", context)


@require_safe
@insights_page
def month_tickets(request: InsightsRequest, pk: int) -> HttpResponse:
    """The tickets that a figure counted when it was published, as far as they may be opened."""
    row = _month_or_404(request, pk)
    figure = request.GET.get("figure", "")
    keys = row.tickets.get(figure)
    if keys is None:
        raise Http404
    rows = Ticket.objects.visible_to(request.user).filter(pk__in=keys)
    problem = ""
    try:
        page = listing.page(
            rows,
            sort="newest",
            scope=f"month {row.pk} {figure}",
            cursor=request.GET.get("after") or request.GET.get("before"),
        )
    except Invalid as refused:
        problem, page = str(refused), listing.page(rows, sort="newest", scope=f"month {row.pk} {figure}")
    context = {
        "row": row,
        "title": label_of(figure),
        "page": page,
        "problem": problem,
        "total": len(keys),
        "hidden": len(keys) - rows.count(),
        "is_portal": bool(request.scope.organisation),
    }
    status = 400 if problem else 200
    return render(request, "insights/month_tickets.html", context, status=status)


# --- A month as tables ---


@dataclass(frozen=True)
class Cell:
    """One figure of one kind: as published, and as it would be today where that is another."""

    words: str
    now: str = ""
    url: str = ""


@dataclass(frozen=True)
class Line:
    label: str
    cells: list[Cell | None]


@dataclass(frozen=True)
class Goal:
    policy: str
    priority: int
    percent: float
    penalty: str
    was: dict[str, Any]
    now: dict[str, Any] | None

    @property
    def words(self) -> str:
        return saying.share(self.was["kept"], self.was["kept"] + self.was["broken"])

    @property
    def with_exceptions(self) -> str:
        """As it would be if what was agreed, also since, had been kept; nothing where nothing was agreed."""
        told = self.now or self.was
        if not told["excepted"]:
            return ""
        return saying.share(told["kept"] + told["excepted"], told["kept"] + told["broken"])

    @property
    def is_judged(self) -> bool:
        return bool(self.was["kept"] + self.was["broken"])

    @property
    def is_forgiven(self) -> bool:
        """Missed, and not by the second column."""
        return bool(self.was["is_missed"]) and not (self.now or self.was)["is_missed_with_exceptions"]


class Sheet:
    """What a published month says, ready to be shown: a column for each kind."""

    def __init__(self, row: PublishedMonth, now: dict[str, Correction]) -> None:
        self.row, self.now = row, now
        keys = [key for key in row.figures if not key.startswith("goal.")]
        self.kinds = [kind for kind in Kind if any(key.startswith(f"{kind.value}.") for key in keys)]

    @property
    def kind_labels(self) -> list[str]:
        return [str(kind.label) for kind in self.kinds]

    @property
    def lines(self) -> list[Line]:
        names = dict.fromkeys(
            key.partition(".")[2] for key in self.row.figures if ".promise." not in key and key[:5] != "goal."
        )
        ordered = [name for name in MEASURES if name in names]
        return [
            Line(str(MEASURES[name].label), [self._cell(kind, name) for kind in self.kinds])
            for name in ordered
        ]

    @property
    def promises(self) -> list[Line]:
        found = []
        for metric in Metric:
            cells = [self._promise(kind, metric) for kind in self.kinds]
            if any(cells):
                found.append(Line(str(metric.label), cells))
        return found

    @property
    def goals(self) -> list[Goal]:
        return [
            Goal(
                told["policy"],
                told["priority"],
                told["percent"],
                told["penalty"],
                told,
                self.now[key].now if key in self.now else None,
            )
            for key, told in sorted(self.row.figures.items(), key=_by_policy)
            if key.startswith("goal.")
        ]

    def _cell(self, kind: Kind, name: str) -> Cell | None:
        key = f"{kind.value}.{name}"
        was = self.row.figures.get(key)
        if was is None:
            return None
        now = self.now.get(key)
        words = figure_words(name, was)
        is_now = figure_words(name, now.now) if now else ""
        has_list = bool(self.row.tickets.get(key)) and MEASURES[name].unit in (Unit.COUNT, Unit.SHARE)
        return Cell(words, is_now if now and now.now != was else "", self._url(key) if has_list else "")

    def _promise(self, kind: Kind, metric: Metric) -> Cell | None:
        key = f"{kind.value}.promise.{metric}"
        was = self.row.figures.get(key)
        if was is None:
            return None
        now = self.now.get(key)
        is_other = now is not None and now.now != was
        return Cell(
            promise_words(was), promise_words(now.now) if now and is_other else "", self._url(f"{key}.not")
        )

    def _url(self, key: str) -> str:
        return f"{reverse('insights-month-tickets', args=[self.row.pk])}?figure={key}"


def _by_policy(item: tuple[str, dict[str, Any]]) -> tuple[str, int]:
    return item[1].get("policy", ""), item[1].get("priority", 0)


def figure_words(name: str, told: dict[str, Any]) -> str:
    return saying.value_of(Value(told["value"], told["n"], told["of"]), MEASURES[name])


def promise_words(told: dict[str, Any]) -> str:
    """ "18 of 19 kept", and beside it what it would be with the agreed exceptions."""
    whole = told["kept"] + told["broken"]
    words = saying.share(told["kept"], whole)
    if not told["excepted"]:
        return words
    agreed = saying.share(told["kept"] + told["excepted"], whole)
    return _("%(share)s (%(agreed)s with agreed exceptions)") % {"share": words, "agreed": agreed}


def words_of(figure: str, told: dict[str, Any]) -> str:
    """A figure of any sort, for lists of corrections and files."""
    if "value" not in told:
        return promise_words(told)
    name = figure.partition(".")[2]
    return figure_words(name, told) if name in MEASURES else str(told["value"])


def label_of(figure: str) -> str:
    """ "Incident: Resolved", "Incident: resolution, broken", "Goal of P2"."""
    first, _dot, rest = figure.partition(".")
    if first == "goal":
        return _("Goal of P%(priority)s") % {"priority": rest.split(".")[-1] if rest else ""}
    kind = capfirst(dict(Kind.choices).get(first, first))
    name, _dot, side = rest.partition(".")
    if name == "promise":
        metric, _dot, side = side.partition(".")
        label = str(dict(Metric.choices).get(metric, metric))
        sides = {"not": _("broken"), "excepted": _("agreed exceptions")}
        return f"{kind}: {label}" + (f", {sides[side]}" if side in sides else "")
    return f"{kind}: {MEASURES[name].label if name in MEASURES else name}"


@dataclass(frozen=True)
class ToldCorrection:
    label: str
    was: str
    now: str
    at: datetime
    tickets: list[Ticket] = field(default_factory=list)
    more: int = 0
    """Tickets that are not named: too many, or not this reader's to open."""


def _told(request: InsightsRequest, corrections: list[Correction]) -> list[ToldCorrection]:
    keys = {key for one in corrections for key in one.tickets[:MOST_NAMED]}
    seen = Ticket.objects.visible_to(request.user).filter(pk__in=keys)
    tickets = {ticket.pk: ticket for ticket in with_names(list(seen), people=(), places=())}
    found = []
    for one in corrections:
        named = [tickets[key] for key in one.tickets[:MOST_NAMED] if key in tickets]
        words = (words_of(one.figure, one.was), words_of(one.figure, one.now))
        found.append(
            ToldCorrection(label_of(one.figure), *words, one.at, named, len(one.tickets) - len(named))
        )
    return found


# --- below ---


def _month_or_404(request: InsightsRequest, pk: int) -> PublishedMonth:
    _reads_months(request)
    known = published_for(request.user, request.scope).filter(pk=pk).exists()
    row = PublishedMonth.objects.select_related("organisation", "by").filter(pk=pk).first() if known else None
    if row is None:
        raise Http404
    return row


def _today(at: datetime) -> Any:
    return at.astimezone(timezone.get_default_timezone()).date()
