"""Where people write what is ready-made, for themselves, a team or everybody: replies, tickets and macros."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.keys import key_of
from accounts.versions import versions_of
from accounts.views.answers import UNPROCESSABLE
from accounts.views.guards import AuthenticatedRequest, for_the_desk
from escalation.macros.acts import ACTS
from escalation.macros.running import MOST_ACTS, what_is_broken
from escalation.models import Macro
from escalation.operations.macros import MACROS, change_macro, create_macro
from helpdesk.desk.forms.readymade import ActRow, CannedReplyForm, MacroForm, ReadyForm, ReadyTicketForm
from helpdesk.desk.guard import pk_of, with_people
from tickets import filling
from tickets.models import CannedReply, Ready, ReadyTicket, ReadyUse
from tickets.operations import ready
from tickets.queries.ready import Uses, most_used_first, users_of, uses
from tickets.refusals import Invalid, Refused

Row = Any


@dataclass(frozen=True)
class Sort:
    """One of the three: its address, its words, its form, and how it is kept."""

    name: str
    model: type[Ready]
    sort: ready.Sort
    of: str
    form: type[ReadyForm]
    title: Any
    one: Any
    icon: str
    hint: Any
    create: Callable[..., Row]
    change: Callable[..., Row]

    @property
    def url(self) -> str:
        return f"/settings/{self.name}/"


def _plain(model: type[Ready], sort: ready.Sort) -> dict[str, Callable[..., Row]]:
    return {
        "create": lambda **facts: ready.create(model, sort, **facts),
        "change": lambda row, **facts: ready.change(row, sort, **facts),
    }


SORTS: dict[str, Sort] = {
    sort.name: sort
    for sort in (
        Sort(
            "replies",
            CannedReply,
            ready.REPLIES,
            ReadyUse.Of.REPLY,
            CannedReplyForm,
            _lazy("Canned replies"),
            _lazy("New canned reply"),
            "reply",
            _lazy("Texts that are sent often. Type / at the beginning of a line to put one into a reply."),
            **_plain(CannedReply, ready.REPLIES),
        ),
        Sort(
            "macros",
            Macro,
            MACROS,
            ReadyUse.Of.MACRO,
            MacroForm,
            _lazy("Macros"),
            _lazy("New macro"),
            "bolt",
            _lazy("A text and acts together, in one key: all of it is done, or nothing."),
            create=create_macro,
            change=change_macro,
        ),
        Sort(
            "ready-tickets",
            ReadyTicket,
            ready.TICKETS,
            ReadyUse.Of.TICKET,
            ReadyTicketForm,
            _lazy("Ready-made tickets"),
            _lazy("New ready-made ticket"),
            "file",
            _lazy("The usual requests with their usual answers, for who takes calls."),
            **_plain(ReadyTicket, ready.TICKETS),
        ),
    )
}


@require_GET
@for_the_desk
def listed(request: AuthenticatedRequest, name: str) -> HttpResponse:
    """What this person may use, in folders, or by use; what they may change is a link."""
    sort = SORTS[name]
    model: Any = sort.model
    counts = uses(sort.of, at=timezone.now())
    by_use = request.GET.get("sort") == "use"
    usable = model.objects.usable_by(request.user) | model.objects.managed_by(request.user)
    rows = list(usable.select_related("team", "owner").distinct())
    rows = most_used_first(rows, counts) if by_use else sorted(rows, key=_in_folders)
    lines = [_line(row, counts, request) for row in rows]
    context = {"sort": sort, "lines": lines, "by_use": by_use}
    return render(request, "settings/readymade/list.html", context)


def _in_folders(row: Row) -> tuple[str, str]:
    return (row.folder.lower(), row.name.lower())


def _line(row: Row, counts: dict[int, Uses], request: AuthenticatedRequest) -> dict[str, Any]:
    return {
        "row": row,
        "uses": counts.get(row.pk, Uses()),
        "may_change": _may_change(row, request),
        "broken": what_is_broken(row) if isinstance(row, Macro) else [],
    }


def _may_change(row: Row, request: AuthenticatedRequest) -> bool:
    return ready.may_manage(request.user, owner=row.owner_id, team=row.team_id)


@require_http_methods(["GET", "POST"])
@for_the_desk
def one(request: AuthenticatedRequest, name: str, pk: int | None = None) -> HttpResponse:
    """Write a new one, or change one of those that are this person's to change."""
    sort = SORTS[name]
    row = _own(sort, request, pk) if pk else None
    form = sort.form(request.POST or None, instance=row, user=request.user)
    if form.is_valid() and _kept(sort, form, row, request):
        messages.success(request, _("Saved."))
        return redirect(sort.url)
    model: Any = sort.model
    usable = model.objects.usable_by(request.user).exclude(folder="")
    context = {
        "sort": sort,
        "form": form,
        "row": row,
        "title": row.name if row else sort.one,
        "folders": sorted(set(usable.values_list("folder", flat=True))),
        "variables": [(f"{{{{ {key} }}}}", each.label) for key, each in filling.VARIABLES.items()],
        "users": users_of(sort.of, row.pk, at=timezone.now()) if row else [],
        "versions": versions_of(sort.sort.subject, row.pk)[:20] if row else [],
        "broken": what_is_broken(row) if isinstance(row, Macro) else [],
        "types": [(act.name, act.label) for act in ACTS.values()],
        "empty_row": _empty_row(form),
        "delete_url": f"{sort.url}{row.pk}/delete/" if row else "",
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "settings/readymade/one.html", context, status=status)


def _empty_row(form: ReadyForm) -> ActRow | None:
    """Where the next act is added."""
    if not isinstance(form, MacroForm) or len(form.rows) >= MOST_ACTS:
        return None
    return ActRow(len(form.rows) + 1, "", {}, bound=False)


def _own(sort: Sort, request: AuthenticatedRequest, pk: int) -> Row:
    model: Any = sort.model
    return get_object_or_404(model.objects.managed_by(request.user), pk=pk)


def _kept(sort: Sort, form: ReadyForm, row: Row | None, request: AuthenticatedRequest) -> bool:
    facts = {"by": request.user, "at": timezone.now(), **form.arguments()}
    try:
        sort.change(row, **facts) if row is not None else sort.create(**facts)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return False
    return True


@require_POST
@for_the_desk
def delete(request: AuthenticatedRequest, name: str, pk: int) -> HttpResponse:
    sort = SORTS[name]
    ready.delete(_own(sort, request, pk), sort.sort, by=request.user, at=timezone.now())
    messages.success(request, _("It is deleted."))
    return redirect(sort.url)


@require_POST
@for_the_desk
def put_back(request: AuthenticatedRequest, name: str, pk: int, number: int) -> HttpResponse:
    """An earlier version becomes the next one."""
    sort = SORTS[name]
    row = _own(sort, request, pk)
    try:
        ready.put_back(row, sort.sort, number=number, by=request.user, at=timezone.now())
    except Invalid:
        raise Http404 from None
    messages.success(request, _("Version %(n)d is put back.") % {"n": number})
    return redirect(f"{sort.url}{pk}/")


@require_POST
@for_the_desk
def preview(request: AuthenticatedRequest) -> HttpResponse:
    """The text as it is typed, filled in for a ticket that the person names; nothing is kept."""
    text = str(request.POST.get("body") or request.POST.get("answer") or "")
    ticket = with_people.first(request.user, key=pk_of(request.POST.get("preview_ticket", "")))
    context: dict[str, Any] = {"ticket": ticket}
    try:
        filling.check(text, field="body")
    except Invalid as invalid:
        context["error"] = str(invalid)
    else:
        filled = filling.fill(text, filling.Source(ticket, request.user)) if ticket else ""
        context |= {"filled": filled, "missing": filling.missing(filled)}
    return render(request, "settings/readymade/_preview.html", context)


@require_GET
@for_the_desk
def act_row(request: AuthenticatedRequest) -> HttpResponse:
    """One act of a macro, for the type that was chosen: what it is given."""
    number = min(max(key_of(request.GET.get("n")), 1), MOST_ACTS)
    name = request.GET.get(f"act-{number}-type", "")
    row = ActRow(number, name if name in ACTS else "", {}, bound=False)
    rows = [row]
    if row.act and "last" in request.GET and number < MOST_ACTS:
        rows.append(ActRow(number + 1, "", {}, bound=False))
    types = [(act.name, act.label) for act in ACTS.values()]
    return render(request, "settings/readymade/_acts_more.html", {"rows": rows, "types": types})


def urls() -> list[URLPattern]:
    """The addresses of all three."""
    found = [
        path("settings/ready-preview/", preview, name="settings-ready-preview"),
        path("settings/macros/act/", act_row, name="settings-macro-act"),
    ]
    for name in SORTS:
        known = {"name": name}
        found += [
            path(f"settings/{name}/", listed, known, name=f"settings-{name}"),
            path(f"settings/{name}/new/", one, known, name=f"settings-{name}-new"),
            path(f"settings/{name}/<int:pk>/", one, known, name=f"settings-{name}-one"),
            path(f"settings/{name}/<int:pk>/delete/", delete, known, name=f"settings-{name}-delete"),
            path(
                f"settings/{name}/<int:pk>/versions/<int:number>/",
                put_back,
                known,
                name=f"settings-{name}-version",
            ),
        ]
    return found
