"""New ticket for a caller or passer-by, in fifteen seconds."""

import secrets
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import operations as accounts
from accounts.keys import key_of
from accounts.models import ReachBy, User
from accounts.refusals import Refused as PersonRefused
from helpdesk.desk.forms.fields import kept_files
from helpdesk.desk.forms.new import NewTicketForm
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.sending import Outcome, done, once, outcome_of, status_of, with_uploads
from helpdesk.refusals import problem, wants_problem
from tickets import operations
from tickets.filling import fill_for_new
from tickets.models import ReadyTicket, ReadyUse, Ticket
from tickets.operations.ready import count_uses
from tickets.queries.ready import most_used_first, uses
from tickets.refusals import Refused

DRAFT = "new-ticket"
MOST_SHOWN = 5
UNKEPT = ("csrfmiddlewaretoken", "submission", "attachments", "files")
WITHOUT_MAIL = "no-mail.invalid"
"""A login is a mail address; who has none gets one that no mail can reach (RFC 2606)."""


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def new_ticket(request: DeskRequest) -> HttpResponseBase:
    if request.method != "POST":
        asked = request.GET.get("requester", "")
        return _show(request, NewTicketForm(user=request.user, initial={"requester": asked}), status=200)
    form = NewTicketForm(request.POST, user=request.user)
    try:
        form = NewTicketForm(with_uploads(request), user=request.user)
        if not form.is_valid():
            return _show(request, form, status=status_of(request, None))
        outcome = once(request, lambda at: _open(request.user, form, at))
    except (Refused, PersonRefused) as refused:
        if isinstance(refused, Refused) and wants_problem(request):
            return problem(refused)
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        status = refused.http_status if not request.htmx or refused.http_status == 409 else 422
        return _show(request, form, status=status)
    return done(request, outcome, draft=DRAFT)


@require_safe
@technicians_page
def person(request: DeskRequest) -> HttpResponse:
    """Who calls: how they are reached, their place and device, what they have open."""
    return render(request, "desk/new/_person.html", _about(request, request.GET.get("requester", "")))


@require_POST
@technicians_page
def ready(request: DeskRequest) -> HttpResponse:
    """A usual request is chosen: the form again with its words, the person and what was typed of them as they were."""
    row = ReadyTicket.objects.usable_by(request.user).filter(pk=key_of(request.POST.get("ready"))).first()
    if row is None:
        return HttpResponse(status=204)
    typed = {name: value for name, value in request.POST.items() if name not in UNKEPT}
    requester = User.objects.active().filter(pk=key_of(request.POST.get("requester"))).first()
    initial = {**typed, **words_of(row, requester=requester, agent=request.user)}
    form = NewTicketForm(None, user=request.user, initial=initial, asked=initial)
    sent = NewTicketForm(request.POST, user=request.user)
    context = {**_context(request, form), "kept": kept_files(sent, request.user)}
    return render(request, "desk/new/_form.html", context)


@require_POST
@technicians_page
def fields(request: DeskRequest) -> HttpResponse:
    """What else can be noted for the chosen kind and category; what was typed there stays."""
    form = NewTicketForm(None, user=request.user, initial=request.POST.dict(), asked=request.POST)
    return render(request, "desk/new/_extra_fields.html", {"form": form})


def words_of(row: ReadyTicket, *, requester: User | None, agent: User) -> dict[str, Any]:
    """What the form of a new ticket begins with."""
    return {
        "ready": row.pk,
        "kind": row.kind,
        "category": row.category_id or "",
        "subject": row.subject,
        "description": row.description,
        "impact": row.impact,
        "urgency": row.urgency,
        "answer": fill_for_new(row.answer, requester=requester, agent=agent),
        "is_resolved": row.is_resolved,
        "resolve_as": row.resolve_as,
        "minutes": row.minutes or "",
    }


def ready_choices(user: User) -> list[ReadyTicket]:
    """The usual requests, most used first."""
    rows = ReadyTicket.objects.usable_by(user).select_related("team")
    return list(most_used_first(rows, uses(ReadyUse.Of.TICKET, at=timezone.now())))


def _open(user: User, form: NewTicketForm, at: datetime) -> Outcome:
    requester = form.cleaned_data.get("requester") or _add_person(user, form.person(), at)
    ticket = operations.open_ticket(requester=requester, by=user, at=at, **form.arguments())
    used = ReadyTicket.objects.usable_by(user).filter(pk=key_of(form.data.get("ready")))
    count_uses([(str(ReadyUse.Of.TICKET), row.pk) for row in used], ticket=ticket, by=user, at=at)
    sentence = _("%(number)s is resolved.") if not ticket.is_open else _("%(number)s is opened.")
    return outcome_of(ticket, sentence)


def _add_person(user: User, known: dict[str, Any], at: datetime) -> User:
    if not known["email"]:
        known |= {
            "email": f"caller-{secrets.token_hex(6)}@{WITHOUT_MAIL}",
            "reach_by": ReachBy.PHONE,
        }
    return accounts.create_person(by=user, at=at, **known)


def _show(request: DeskRequest, form: NewTicketForm, *, status: int) -> HttpResponse:
    template = "desk/new/_form.html" if request.htmx and status != 200 else "desk/new/page.html"
    return render(request, template, _context(request, form), status=status)


def _context(request: DeskRequest, form: NewTicketForm) -> dict[str, Any]:
    return {
        "form": form,
        "draft": DRAFT,
        "ready_tickets": ready_choices(request.user),
        "chosen_ready": key_of(str(form["ready"].value() or "")),
        "kept": kept_files(form, request.user),
        "adds_person": any(form.is_bound and form[name].data for name in ("name", "email", "phone")),
        **_about(request, str(form["requester"].value() or "")),
    }


def _about(request: DeskRequest, key: str) -> dict[str, Any]:
    """The chosen person and their open tickets that this technician may see."""
    person = User.objects.active().select_related("organisation", "manager").filter(pk=key_of(key)).first()
    if person is None:
        return {}
    open_ones = Ticket.objects.visible_to(request.user).open().filter(requester=person)
    found = list(open_ones.select_related("tier", "assignee").order_by("-id")[: MOST_SHOWN + 1])
    return {"person": person, "open_tickets": found[:MOST_SHOWN], "has_more": len(found) > MOST_SHOWN}
