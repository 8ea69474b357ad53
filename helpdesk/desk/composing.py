"""Sending what was written in a ticket: to the requester, to colleagues, to the vendor."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from escalation import operations as escalation
from helpdesk.desk.conflict import conflict_page
from helpdesk.desk.doing import telling
from helpdesk.desk.forms.conversation import (
    NOTE,
    REPLY,
    THEN_HAND_OVER,
    THEN_HOLD,
    THEN_RESOLVE,
    THEN_WAIT,
    VENDOR,
    ComposerForm,
)
from helpdesk.desk.guard import DeskRequest, technicians_page, ticket_or_404
from helpdesk.desk.merging import version_for_reply
from helpdesk.desk.next import offer_next
from helpdesk.desk.outgoing import put, tell_leaving, used_in
from helpdesk.desk.sending import (
    Outcome,
    done,
    once,
    outcome_of,
    show_refusal,
    status_of,
    url_of,
    with_uploads,
)
from helpdesk.desk.ticket import OPEN_NEXT, composer_form, draft_key, show_composer
from helpdesk.desk.wall import ask_about_notes, put_question
from helpdesk.refusals import problem, wants_problem
from knowledgebase.operations import ending as scripts
from tickets import operations
from tickets.models import Ticket
from tickets.operations import outgoing
from tickets.operations.ready import count_uses
from tickets.operations.wall import RepeatsNote
from tickets.refusals import Conflict, Refused


@require_POST
@technicians_page
def write(request: DeskRequest, number: str) -> HttpResponseBase:
    ticket = ticket_or_404(request.user, number)
    form = composer_form(request, ticket, data=request.POST)
    try:
        form = composer_form(request, ticket, data=with_uploads(request))
        if not form.is_valid():
            return show_composer(request, ticket, form, status=status_of(request, None))
        if form.cleaned_data["kind"] == REPLY:
            ask_about_notes(request, ticket, form.cleaned_data["body"])
        outcome = once(request, lambda at: _send(request, ticket, form, at))
    except Conflict as conflict:
        return conflict_page(request, conflict, label=_("Send"))
    except Refused as refused:
        return _refuse(request, ticket, form, refused)
    return _after(request, outcome, draft_key(ticket, form.cleaned_data["back"]))


def _refuse(request: DeskRequest, ticket: Ticket, form: ComposerForm, refused: Refused) -> HttpResponseBase:
    if wants_problem(request):
        return problem(refused)
    if isinstance(refused, RepeatsNote):
        put_question(form, refused)
    else:
        show_refusal(form, refused)
    return show_composer(request, ticket, form, status=status_of(request, refused))


def _send(request: DeskRequest, ticket: Ticket, form: ComposerForm, at: datetime) -> Outcome:
    by, seen = request.user, version_for_reply(request, ticket)
    kind, then = form.cleaned_data["kind"], form.cleaned_data["then"]
    if kind == NOTE:
        result = telling(operations.note)(ticket, by=by, at=at, **form.as_note())
        return outcome_of(result, _("The note is added."))
    if kind == VENDOR:
        result = telling(operations.share_with_vendor)(ticket, by=by, at=at, **form.as_vendor_message())
        return outcome_of(result, _("Sent to the vendor."))
    if not form.may_reply:
        result = escalation.propose_reply(ticket, by=by, at=at, seen=seen, **form.as_proposal())
        return outcome_of(result, _("Proposed: the contact sends it to the requester."))
    if form.cleaned_data["back"]:
        outgoing.written_anew(form.cleaned_data["back"], by=by)
    send_at = form.leaves_at(at, seconds=outgoing.seconds_to_undo(by))
    if send_at is not None:
        outcome = put(request, ticket, form, at=at, send_at=send_at, seen=seen)
    else:
        outcome = _send_at_once(ticket, form, by=by, at=at, seen=seen)
    return {**outcome, "to": f"{url_of(ticket.pk)}hand-over/"} if then == THEN_HAND_OVER else outcome


def _send_at_once(ticket: Ticket, form: ComposerForm, *, by: User, at: datetime, seen: int | None) -> Outcome:
    then = form.cleaned_data["then"]
    result: Any
    if then == THEN_WAIT:
        result = operations.wait_for_requester(ticket, by=by, at=at, seen=seen, **form.as_question())
        told = _("Sent. %(number)s waits for the answer.")
    elif then == THEN_HOLD:
        result = outgoing.reply_and_hold(ticket, by=by, at=at, seen=seen, **form.as_hold())
        told = _("Sent. %(number)s is set aside.")
    elif then.startswith(THEN_RESOLVE):
        result = scripts.resolve(ticket, by=by, at=at, seen=seen, **form.as_resolution())
        told = _("Sent. %(number)s is resolved.")
    else:
        result = telling(operations.reply)(ticket, by=by, at=at, seen=seen, **form.as_reply())
        told = _("Sent.")
    count_uses(used_in(form), ticket=getattr(result, "ticket", result), by=by, at=at)
    return outcome_of(result, told)


def _after(request: DeskRequest, outcome: Outcome, draft: str) -> HttpResponseBase:
    """Back to the ticket, or on to the next one for whoever wants that; the wish is kept in the session."""
    wants_next = "next" in request.POST
    if wants_next != bool(request.session.get(OPEN_NEXT)):
        request.session[OPEN_NEXT] = wants_next
    if wants_next and request.POST.get("kind") != NOTE:
        if outcome["told"]:
            messages.success(request, outcome["told"])
        return tell_leaving(offer_next(request, draft=draft), outcome)
    return tell_leaving(done(request, outcome, draft=draft), outcome)
