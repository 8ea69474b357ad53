"""The lists and tables of insights that can be exported, each opened by the words of its page's address."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import QueryDict  # noqa: TID251 (a list is asked for in the words of an address)
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.keys import key_of
from accounts.models import User
from insights import exporting
from insights.cuts import LABELS, Cut, Dimension
from insights.exporting import Cell, Cursor, Listing, Page, of_rows
from insights.forms.cut import CutForm
from insights.forms.reports import dimensions, is_told, query_of
from insights.measures import MEASURES
from insights.models import Cause, PromiseFact, Survey
from insights.permissions import scope_of
from insights.queries import articles, breaches, budget, handoffs, rules, surveys
from insights.queries.drill import tickets_behind
from insights.queries.figures import by
from insights.queries.months import published_for
from insights.queries.reports import lost, reports_for
from sla.models import Metric
from tickets.models import Ticket
from tickets.naming import status_name
from tickets.queries.beside import with_names
from tickets.refusals import Invalid

BATCH = 500
FIGURE = "of"
USUAL = "resolved"


def teach() -> None:
    exporting.teach("tickets", _tickets)
    exporting.teach("breaches", _breaches)
    exporting.teach("budget", _budget)
    exporting.teach("hand-offs", _hand_offs)
    exporting.teach("rules", _rules)
    exporting.teach("articles", _articles)
    exporting.teach("month", _month)
    exporting.teach("report", _report)
    exporting.teach("figures", _figures)
    exporting.teach("answers", _answers)


def asked_cut(person: User, query: QueryDict, at: datetime, *, desk_only: bool = True) -> Cut | None:
    """What an address asks for within this person's scope; None where they read no figures.

    Raises:
        Invalid: what is asked for cannot be; `field` is the parameter.
    """
    scope = scope_of(person)
    if scope is None or (desk_only and scope.organisation):
        return None
    form = CutForm(query, scope=scope, today=at.astimezone(timezone.get_default_timezone()).date())
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        label = str(form.fields[field].label or field)
        raise Invalid(f"{label}: {errors[0]}", field=field)
    return form.cut


# --- Tickets behind a number ---


def _tickets(person: User, query: QueryDict, at: datetime) -> Listing | None:
    cut = asked_cut(person, query, at, desk_only=False)
    if cut is None:
        return None
    key = query.get(FIGURE) or USUAL
    rows = tickets_behind(cut, key, person)
    is_inner = not cut.scope.organisation
    head = [_("Number"), _("Subject"), _("Kind"), _("Priority"), _("Status"), _("Category"), _("Requester")]
    head += [_("Opened"), _("Resolved")]
    head += [_("Tier"), _("Team"), _("Organisation"), _("Channel")] if is_inner else []

    def pages(cursor: Cursor) -> Iterator[Page]:
        while True:
            page = list((rows if cursor is None else rows.filter(pk__lt=cursor)).order_by("-pk")[:BATCH])
            named = with_names(page, people=("requester",))
            cursor = page[-1].pk if page else cursor
            yield Page([_ticket(ticket, is_inner=is_inner) for ticket in named], cursor)
            if len(page) < BATCH:
                return

    return Listing(_("Tickets"), f"tickets-{key.replace('.', '-')}", head, rows.count, pages)


def _ticket(ticket: Ticket, *, is_inner: bool) -> list[Cell]:
    cells: list[Cell] = [
        ticket.number,
        ticket.subject,
        ticket.get_kind_display(),
        f"P{ticket.priority}",
        status_name(ticket.status),
        ticket.category.full_name if ticket.category else "",
        ticket.requester.name,
        ticket.created_at,
        ticket.resolved_at,
    ]
    if is_inner:
        cells += [
            f"L{ticket.tier_id}",
            ticket.team.name,
            ticket.organisation.name if ticket.organisation else "",
            ticket.get_channel_display(),
        ]
    return cells


# --- Broken promises ---


def _breaches(person: User, query: QueryDict, at: datetime) -> Listing | None:
    cut = asked_cut(person, query, at)
    if cut is None:
        return None
    rows = breaches.openable(breaches.chosen(cut, {name: query.get(name, "") for name in query}), person)
    head = [_("Number"), _("Subject"), _("Promise"), _("Tier"), _("Vendor"), _("Priority"), _("Team")]
    head += [_("Broken"), _("Target, minutes"), _("Used, minutes"), _("Late by, minutes")]
    head += [_("Who used the time, minutes"), _("Cause"), _("In words"), _("Exception"), _("Approved by")]

    def pages(cursor: Cursor) -> Iterator[Page]:
        while True:
            page = breaches.page_of(rows, after=cursor or "", size=BATCH)
            cursor = breaches.NEWEST.key_of(page.rows[-1]) if page.rows else cursor
            yield Page([_breach(row) for row in breaches.told(page.rows, at=at)], cursor)
            if page.older is None:
                return

    return Listing(_("Broken promises"), "broken-promises", head, rows.count, pages)


def _breach(row: breaches.Row) -> list[Cell]:
    fact: PromiseFact = row.fact
    return [
        row.ticket.number,
        row.ticket.subject,
        row.label,
        f"L{row.level}" if row.level is not None else "",
        row.about,
        f"P{fact.priority}",
        row.ticket.team.name,
        fact.breached_at,
        fact.target_seconds // 60,
        int(row.used.total_seconds()) // 60,
        int(row.over.total_seconds()) // 60,
        ", ".join(f"{share.label} {share.seconds // 60}" for share in row.shares),
        str(Cause(row.cause).label) if row.cause else "",
        row.words,
        row.exception.reason if row.exception else "",
        row.exception.approved_by.name if row.exception else "",
    ]


# --- Published months ---


def _month(person: User, query: QueryDict, at: datetime) -> Listing | None:
    """As it was told, and the newest correction beside it."""
    scope = scope_of(person)
    key = key_of(query.get("month", ""))
    row = published_for(person, scope).filter(pk=key).first() if scope else None
    if row is None:
        return None
    now = {one.figure: one.now for one in row.corrections.order_by("at", "pk")}
    head = [_("Figure"), _("Published"), _("Of"), _("Today"), _("Of, today")]
    rows: list[list[Cell]] = []
    for figure, was in row.figures.items():
        is_now = now.get(figure)
        rows.append([figure, *_told_of(was), *(_told_of(is_now) if is_now and is_now != was else ("", ""))])
    return of_rows(_("Published month"), f"month-{row.month:%Y-%m}", head, rows)


def _told_of(told: dict[str, Any]) -> tuple[Cell, Cell]:
    """The figure, and out of how many: of promises and goals what was kept of what was judged."""
    if "value" in told:
        return told["value"], told["of"]
    return told["kept"], told["kept"] + told["broken"]


# --- Saved reports ---


def _report(person: User, query: QueryDict, at: datetime) -> Listing | None:
    """Its figures as numbers: by group, or by kind where it is not grouped."""
    scope = scope_of(person)
    key = key_of(query.get("report", ""))
    row = reports_for(person, scope).filter(pk=key).first() if scope else None
    if row is None or lost(row):
        return None
    cut = asked_cut(person, query_of(row), at, desk_only=False)
    if cut is None:
        return None
    known = dict(dimensions(cut.scope))
    dimension = Dimension(row.grouping) if row.grouping in known else Dimension.KIND
    keys = [key for key in row.figures if key in MEASURES and is_told(key, cut.scope)]
    return _figures_by(cut, dimension, keys, title=row.name, name=slugify(row.name) or "report")


# --- Figures by whatever tells them apart ---


def _figures(person: User, query: QueryDict, at: datetime) -> Listing | None:
    """All figures of a page over time, by the dimension that it is broken down by."""
    cut = asked_cut(person, query, at, desk_only=False)
    if cut is None:
        return None
    known = dict(dimensions(cut.scope))
    asked = query.get("by") or str(Dimension.KIND)
    if asked not in list(Dimension):
        words = _("There is no “%(text)s”. Choose one of: %(known)s.")
        raise Invalid(words % {"text": asked[:40], "known": ", ".join(known)}, field="by")
    dimension = Dimension(asked) if asked in known else Dimension.KIND
    keys = [key for key in MEASURES if is_told(key, cut.scope)]
    return _figures_by(cut, dimension, keys, title=_("Figures"), name=f"figures-by-{dimension}")


def _figures_by(cut: Cut, dimension: Dimension, keys: Sequence[str], *, title: str, name: str) -> Listing:
    """Each figure as a number, with how many cases are behind it, and out of how many."""
    head = [str(LABELS[dimension])]
    for key in keys:
        head += [str(MEASURES[key].label), _("Cases"), _("Of")]
    rows: list[list[Cell]] = []
    for group in by(cut, dimension):
        cells: list[Cell] = [group.label]
        for key in keys:
            value = group.values.get(key)
            cells += [value.value, value.n, value.of] if value else [None, None, None]
        rows.append(cells)
    return of_rows(title, name, head, rows)


# --- Tables ---


def _budget(person: User, query: QueryDict, at: datetime) -> Listing | None:
    cut = asked_cut(person, query, at)
    if cut is None:
        return None
    every = breaches.ended(breaches.breaches(cut, metric=Metric.RESOLUTION))
    held = {one.key: one for one in budget.budget_of(every.filter(has_exception=False)).shares}
    head = [_("Who"), _("Business time, minutes"), _("Share, percent"), _("Tickets")]
    head += [_("Without agreed exceptions, minutes")]
    rows: list[list[Cell]] = []
    for one in budget.budget_of(every).shares:
        kept = held.get(one.key)
        rows.append(
            [
                one.label,
                one.seconds // 60,
                round(one.percent, 1),
                one.tickets,
                kept.seconds // 60 if kept else 0,
            ]
        )
    return of_rows(_("Who used the time"), "sla-budget", head, rows)


def _hand_offs(person: User, query: QueryDict, at: datetime) -> Listing | None:
    cut = asked_cut(person, query, at)
    if cut is None:
        return None
    head = [_("From"), _("To"), _("Reason"), _("Made"), _("Returned"), _("Rated"), _("Found complete")]
    head += [_("Something missing"), _("Solvable below"), _("Until accepted, mean, minutes")]
    rows: list[list[Cell]] = [
        [
            line.from_team,
            line.to_team,
            line.reason_label,
            line.made,
            line.returned,
            line.rated,
            line.complete,
            line.incomplete,
            line.solvable_below,
            round(line.wait.total_seconds() / 60) if line.wait is not None else None,
        ]
        for line in handoffs.quality(cut).pairs
    ]
    return of_rows(_("Hand-offs"), "hand-offs", head, rows)


def _rules(person: User, query: QueryDict, at: datetime) -> Listing | None:
    cut = asked_cut(person, query, at)
    if cut is None:
        return None
    head = [_("Rule"), _("In use"), _("Fired"), _("Tickets"), _("Carried out"), _("Overtaken by people")]
    head += [_("Failed or stopped"), _("Handed over"), _("Returned"), _("Broke a promise after")]
    rows: list[list[Cell]] = [
        [
            one.rule.name,
            _("yes") if one.rule.is_enabled else _("no"),
            one.firings,
            one.tickets,
            one.done,
            one.overtaken,
            one.failed,
            one.handoffs,
            one.returned,
            one.breached,
        ]
        for one in rules.effects(cut)
    ]
    return of_rows(_("What rules did"), "rules", head, rows)


def _articles(person: User, query: QueryDict, at: datetime) -> Listing | None:
    cut = asked_cut(person, query, at)
    if cut is None:
        return None
    head = [
        _("Article"),
        _("Owner"),
        _("Look at it again by"),
        _("Helped"),
        _("Did not help"),
        _("Tickets solved"),
    ]
    today = at.astimezone(timezone.get_default_timezone()).date()
    rows: Any = articles.stale(person, today=today).select_related("owner").order_by("review_by", "pk")
    return of_rows(
        _("Articles to be looked at again"),
        "articles",
        head,
        [
            [
                row.title,
                row.owner.name if row.owner else "",
                row.review_by,
                row.helpful,
                row.not_helpful,
                row.solved,
            ]
            for row in rows
        ],
    )


# --- What people said of resolutions ---


def _answers(person: User, query: QueryDict, at: datetime) -> Listing | None:
    """As the page shows them: who has said it is on the ticket, and not here."""
    cut = asked_cut(person, query, at, desk_only=False)
    show = query.get("show", "")
    if cut is None or show not in surveys.SHOWN:
        return None
    rows = surveys.openable(surveys.answers(cut, show), person)
    rows = rows.select_related("ticket", "team", "category", "organisation", "comment")
    is_inner = not cut.scope.organisation
    head = [_("Number"), _("Subject"), _("Score"), _("Comment"), _("Answered"), _("Resolved"), _("Category")]
    head += [_("Tier"), _("Team"), _("Organisation"), _("What was done")] if is_inner else []

    def pages(cursor: Cursor) -> Iterator[Page]:
        while True:
            page = list((rows if cursor is None else rows.filter(pk__lt=cursor)).order_by("-pk")[:BATCH])
            cursor = page[-1].pk if page else cursor
            yield Page([_answer(row, is_inner=is_inner) for row in page], cursor)
            if len(page) < BATCH:
                return

    return Listing(_("Answers"), "answers", head, rows.count, pages)


def _answer(row: Survey, *, is_inner: bool) -> list[Cell]:
    words = row.comment.body if row.comment is not None and row.comment.redacted_at is None else ""
    cells: list[Cell] = [
        row.ticket.number,
        row.ticket.subject,
        row.score,
        words,
        row.answered_at,
        row.resolved_at,
        row.category.full_name if row.category else "",
    ]
    if is_inner:
        cells += [f"L{row.level}", row.team.name, row.organisation.name if row.organisation else ""]
        cells += [row.get_settled_as_display() if row.settled_as else ""]
    return cells
