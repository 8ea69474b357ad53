"""From a form that was sent to an answer: done once, told in a sentence, or refused with nothing lost."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from helpdesk.desk.counts import forget_counts
from helpdesk.desk.forms.base import ActForm
from helpdesk.desk.guard import DeskRequest
from tickets import operations
from tickets.models import NUMBER_PREFIX, Draft, Ticket
from tickets.refusals import Refused

Outcome = dict[str, Any]
UNSAID = ("csrfmiddlewaretoken",)

NAMES_IN_FORMS = {
    "tier": "to",
    "team": "to",
    "text": "body",
    "summary": "body",
    "question": "body",
    "reference": "vendor_reference",
}
"""Where a form's field has another name than the operation's argument."""


def once(request: DeskRequest, carry_out: Callable[[datetime], Outcome], *, step: str = "") -> Outcome:
    """Carry out what a form asks for, or answer what its first sending came to.

    `step` tells apart two things that one sending sets off.
    """
    body = {name: request.POST.getlist(name) for name in request.POST if name not in UNSAID}
    at = timezone.now()
    key = request.POST.get("submission", "")
    key = f"{step}{key}" if key else ""
    with operations.once(key=key, by=request.user, body=[request.path, body], at=at) as submission:
        if not submission.outcome:
            submission.outcome = carry_out(at)
    outcome: Outcome = submission.outcome
    return outcome


def with_uploads(request: DeskRequest) -> QueryDict:
    """What was sent; files that came with the form itself (no JavaScript) are kept first, as the others were."""
    data = request.POST.copy()
    for file in request.FILES.getlist("files"):
        stored = operations.store_upload(file=file, by=request.user, at=timezone.now(), tidy=True)
        data.appendlist("attachments", str(stored.pk))
    return data


def show_refusal(form: ActForm, refused: Refused) -> None:
    """Put the sentence beside the field that it is about, else on top of the form."""
    name = refused.field or ""
    for candidate in (name, NAMES_IN_FORMS.get(name, "")):
        if candidate in form.fields and not form.fields[candidate].widget.is_hidden:
            form.add_error(candidate, str(refused))
            return
    form.add_error(None, str(refused))


def status_of(request: DeskRequest, refused: Refused | None) -> int:
    """htmx puts only 409 and 422 into the page; other refusals of a form come as 422 there."""
    if refused is None:
        return 422 if request.htmx else 400
    return refused.http_status if refused.http_status == 409 or not request.htmx else 422


def url_of(key: int) -> str:
    return f"/desk/tickets/{NUMBER_PREFIX}{key}/"


def outcome_of(result: Any, sentence: Any) -> Outcome:
    """What an operation came to, as it is kept with the form's key; `to` is where one goes on instead of the ticket."""
    ticket: Ticket = getattr(result, "ticket", result)
    told = str(sentence) % {"number": ticket.number, "team": ticket.team}
    found = {"ticket": ticket.pk, "told": told, "notice": str(getattr(result, "notice", ""))}
    to = getattr(result, "to", "")
    return {**found, "to": to} if to else found


def done(request: DeskRequest, outcome: Outcome, *, draft: str = "", to: str = "") -> HttpResponseBase:
    """Say it, forget the draft, and show the ticket: in the open page for htmx (visit.js), else by a redirect."""
    forget_counts(request.user)
    if draft:
        Draft.objects.filter(owner=request.user, place=draft).delete()
    if outcome.get("told"):
        messages.success(request, outcome["told"])
    if outcome.get("notice"):
        messages.warning(request, outcome["notice"])
    url = to or outcome.get("to") or url_of(outcome["ticket"])
    if not request.htmx:
        return redirect(url)
    response = HttpResponse(status=204)
    triggers: dict[str, Any] = {"closeDialog": "", "ticketsChanged": ""}
    if draft:
        triggers["draftSaved"] = {"key": draft}
    # The page goes there without a reload; where it stands there already, only what has changed is swapped.
    triggers["visit"] = {"url": url}
    response["HX-Trigger"] = json.dumps(triggers)
    return response


def toast(refused: Refused) -> HttpResponse:
    """A refusal of an act that has no form on the page."""
    response = HttpResponse(status=409)
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = json.dumps({"toast": {"text": str(refused), "level": "bad"}})
    return response


def version_of(request: DeskRequest) -> int | None:
    """The version that the page showed; nothing usable counts as not given."""
    text = request.POST.get("version") or request.GET.get("version") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def page_of(request: DeskRequest) -> str:
    """The page from which htmx asks, as a path of ours; nothing where it does not ask, or the header is nonsense."""
    try:
        return (request.htmx.current_url_abs_path if request.htmx else "") or ""
    except ValueError:
        return ""
