"""Where somebody is: away or here, for themselves and for who leads them; and the end of a shift in one act."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import Membership, User
from escalation import operations as escalation
from escalation.models import Availability
from escalation.permissions import may_keep_capacity, may_say_where
from escalation.queries.presence import presence_of, presences
from helpdesk.desk.forms.shift import KEEP, QUEUE, AwayForm, DutyForm, ShiftForm
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.rows import next_clocks, paused_by
from helpdesk.desk.sending import Outcome, once
from tickets.models import NUMBER_PREFIX, Ticket
from tickets.queries.beside import with_names
from tickets.refusals import NotAllowed, Refused

MOST = 200


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def end_of_shift(request: DeskRequest) -> HttpResponseBase:
    at = timezone.now()
    tickets = _mine(request.user)
    colleagues = _colleagues({ticket.team_id for ticket in tickets}, but=request.user)
    form = ShiftForm(request.POST or None, tickets=tickets, colleagues=colleagues)
    if not form.is_valid():
        return _shift_page(request, form, at=at)
    try:
        outcome = once(request, lambda moment: _end(request.user, form, colleagues, moment))
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return _shift_page(request, form, at=at)
    messages.success(request, outcome["told"])
    if outcome["refused"]:
        return render(request, "desk/shift/ended.html", outcome)
    return redirect("/desk/shift/")


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def where(request: DeskRequest, key: int | None = None) -> HttpResponseBase:
    """Say that somebody is away or here; who leads them also says when they work and what they can have."""
    person = get_object_or_404(User.objects.technicians(), pk=key) if key else request.user
    if not may_say_where(request.user, person):
        raise Http404
    what = request.POST.get("what", "")
    away = AwayForm(request.POST if what == "away" else None, initial=_known(person))
    duty = DutyForm(request.POST if what == "duty" else None, initial=_known(person))
    told = _carry_out(request, person, what, away, duty)
    if told:
        messages.success(request, told)
        return redirect(request.path)
    context = {
        "person": person,
        "is_me": person == request.user,
        "presence": presence_of(person, at=timezone.now()),
        "is_away": Availability.objects.filter(user=person, is_away=True).exists(),
        "away": away,
        "duty": duty if may_keep_capacity(request.user, person) else None,
    }
    is_wrong = any(form.is_bound and not form.is_valid() for form in (away, duty))
    return render(request, "desk/shift/where.html", context, status=400 if is_wrong else 200)


def _carry_out(request: DeskRequest, person: User, what: str, away: AwayForm, duty: DutyForm) -> str:
    """What was done, as a sentence; empty where nothing was, or was refused, which the forms then say."""
    by, at = request.user, timezone.now()
    form = {"away": away, "duty": duty}.get(what)
    try:
        if what == "here":
            escalation.come_back(person, by=by, at=at)
            return _("%(name)s is here.") % {"name": person}
        if form is None or not form.is_valid():
            return ""
        if what == "away":
            went = escalation.go_away(person, by=by, at=at, **form.cleaned_data)
            told = _("%(name)s is away.") % {"name": person}
            return f"{told} {_back_in_queue(went)}" if went else told
        escalation.change_duty(person, by=by, at=at, **form.cleaned_data)
    except Refused as refused:
        if form is None or isinstance(refused, NotAllowed):
            raise
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return ""
    return _("Saved.")


def _known(person: User) -> dict[str, Any]:
    row = Availability.objects.filter(user=person).first()
    return {"until": row.away_until, "hours": row.hours_id, "capacity": row.capacity} if row else {}


def _back_in_queue(n: int) -> str:
    return ngettext("%(n)s ticket went back to the queue.", "%(n)s tickets went back to the queue.", n) % {
        "n": n
    }


# --- the end of a shift ---


def _mine(user: User) -> list[Ticket]:
    rows = Ticket.objects.visible_to(user).open().filter(assignee=user).order_by("next_due_at", "id")
    return list(with_names(list(rows[:MOST]), people=("requester",), places=("tier", "team")))


def _colleagues(teams: Iterable[int], *, but: User) -> dict[int, list[User]]:
    """By team who can be given something: its people who are here now."""
    seats = Membership.objects.filter(team__in=list(teams), user__is_active=True).exclude(user=but)
    found: dict[int, list[User]] = defaultdict(list)
    rows = list(seats.select_related("user").order_by("user__name", "user_id"))
    here = presences({seat.user_id for seat in rows}, at=timezone.now())
    for seat in rows:
        if here[seat.user_id].is_present:
            found[seat.team_id].append(seat.user)
    return found


def _end(user: User, form: ShiftForm, colleagues: dict[int, list[User]], at: datetime) -> Outcome:
    chosen = form.chosen()
    people = {str(person.pk): person for team in colleagues.values() for person in team}
    ended = escalation.end_shift(
        give={key: people[to] for key, to in chosen.items() if to in people},
        to_queue=[key for key, to in chosen.items() if to == QUEUE],
        note=form.cleaned_data["note"],
        back_at=form.cleaned_data["back_at"],
        by=user,
        at=at,
    )
    n = len(ended.done)
    told = ngettext("%(n)s ticket handed on.", "%(n)s tickets handed on.", n) % {"n": n}
    if ended.went_back:
        told = f"{told} {_back_in_queue(ended.went_back)}"
    refused = [[f"{NUMBER_PREFIX}{ticket.pk}", str(why)] for ticket, why in ended.refused]
    return {"told": told, "refused": refused}


def _shift_page(request: DeskRequest, form: ShiftForm, *, at: datetime) -> HttpResponse:
    clocks = next_clocks(form.tickets, at=at)
    rows = [(ticket, field, clocks.get(ticket.pk), paused_by(ticket)) for ticket, field in form.rows]
    context = {"form": form, "rows": rows, "keep": KEEP}
    return render(request, "desk/shift/page.html", context, status=400 if form.is_bound else 200)
