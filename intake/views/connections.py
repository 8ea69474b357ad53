"""Where a mailbox's mail comes from: its server, and its address for a provider. For administrators."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.views.answers import attempt, form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators
from intake.fetching import oauth
from intake.fetching.troubles import MailTrouble
from intake.fetching.wording import sentence
from intake.forms.connections import ConnectionForm, DoorForm, values_of
from intake.models import Mailbox, MailboxConnection, MailboxDoor, MissedMail
from intake.operations import connections as operations
from intake.operations import doors
from intake.sealing import Unreadable

TRIAL_SECONDS = 90
"""A try that has no result after so long was made by nobody."""
LATE = timedelta(minutes=5)
SHOWN = 20
STATE = "mailbox_authorisation"


@require_http_methods(["GET", "POST"])
@for_administrators
def connection(request: AuthenticatedRequest, mailbox: int) -> HttpResponse:
    box = get_object_or_404(Mailbox.objects.select_related("connection", "door"), pk=mailbox)
    row: MailboxConnection | None = getattr(box, "connection", None)
    form = ConnectionForm(request.POST or None, initial=values_of(row) if row else None, connection=row)
    if form.is_valid():
        wanted = operations.Wanted(**form.cleaned_data)
        saved = attempt(form, lambda: operations.connect(box, wanted, by=request.user, at=timezone.now()))
        if saved is not None:
            messages.success(request, _("Saved. The connection is tried now."))
            operations.ask_for_trial(saved, by=request.user, at=timezone.now())
            return redirect("mailbox-connection", mailbox)
    context = {"mailbox": box, "connection": row, "door": getattr(box, "door", None)}
    return form_page(request, "intake/connection.html", form, **context, **_state(row))


@require_POST
@for_administrators
def use(request: AuthenticatedRequest, mailbox: int) -> HttpResponse:
    row = _connection(mailbox)
    is_enabled = request.POST.get("use") == "1"
    operations.use_connection(row, is_enabled=is_enabled, by=request.user, at=timezone.now())
    words = _("%(name)s is fetched.") if is_enabled else _("%(name)s is fetched no more.")
    messages.success(request, words % {"name": row.mailbox.name})
    return redirect("mailbox-connection", mailbox)


@require_POST
@for_administrators
def remove(request: AuthenticatedRequest, mailbox: int) -> HttpResponse:
    row = _connection(mailbox)
    operations.disconnect(row, by=request.user, at=timezone.now())
    messages.success(request, _("The connection is removed; what was fetched stays."))
    return redirect("mailbox-connection", mailbox)


@require_POST
@for_administrators
def look(request: AuthenticatedRequest, mailbox: int) -> HttpResponse:
    operations.look_now(_connection(mailbox), by=request.user, at=timezone.now())
    messages.success(request, _("The mailbox is looked into now."))
    return redirect("mailbox-connection", mailbox)


@require_POST
@for_administrators
def try_(request: AuthenticatedRequest, mailbox: int) -> HttpResponse:
    operations.ask_for_trial(_connection(mailbox), by=request.user, at=timezone.now())
    return redirect("mailbox-connection", mailbox)


@require_POST
@for_administrators
def missed(request: AuthenticatedRequest, mailbox: int, key: int) -> HttpResponse:
    row = get_object_or_404(
        MissedMail.objects.select_related("connection"), pk=key, connection__mailbox=mailbox
    )
    operations.fetch_missed(row, by=request.user, at=timezone.now())
    messages.success(request, _("It is tried once more."))
    return redirect("mailbox-connection", mailbox)


# --- letting the desk in at a provider ---


@require_GET
@for_administrators
def authorise(request: AuthenticatedRequest, mailbox: int) -> HttpResponse:
    """To the provider's page, and back to `authorised` with a code."""
    row = _connection(mailbox)
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    url = oauth.authorise_url(row, state=state, verifier=verifier, redirect=_back())
    if row.auth != MailboxConnection.Auth.OAUTH2 or not url:
        raise Http404
    request.session[STATE] = {"state": state, "verifier": verifier, "mailbox": mailbox}
    return redirect(url)


@require_GET
@for_administrators
def authorised(request: AuthenticatedRequest) -> HttpResponse:
    begun = request.session.pop(STATE, None)
    if not begun or not secrets.compare_digest(request.GET.get("state", ""), begun["state"]):
        raise Http404
    row, at = _connection(begun["mailbox"]), timezone.now()
    code = request.GET.get("code", "")
    if not code:
        said = request.GET.get("error_description") or request.GET.get("error", "")
        messages.error(request, _("The provider gave no access. %(words)s") % {"words": said[:300]})
        return redirect("mailbox-connection", row.mailbox_id)
    try:
        oauth.exchange(row, code=code, verifier=begun["verifier"], redirect=_back(), at=at)
    except (MailTrouble, Unreadable) as trouble:
        said = trouble.detail if isinstance(trouble, MailTrouble) else sentence("unreadable", row)
        messages.error(request, _("The provider gave no access. %(words)s") % {"words": said})
        return redirect("mailbox-connection", row.mailbox_id)
    operations.note_authorised(row, by=request.user, at=at)
    operations.ask_for_trial(row, by=request.user, at=at)
    messages.success(request, _("The desk is let in. The connection is tried now."))
    return redirect("mailbox-connection", row.mailbox_id)


# --- an address for a provider ---


@require_http_methods(["GET", "POST"])
@for_administrators
def door(request: AuthenticatedRequest, mailbox: int) -> HttpResponse:
    box = get_object_or_404(Mailbox.objects.select_related("door"), pk=mailbox)
    row: MailboxDoor | None = getattr(box, "door", None)
    form = DoorForm(request.POST or None, initial={"provider": row.provider} if row else None)
    if form.is_valid():
        made = attempt(
            form, lambda: doors.open_door(box, by=request.user, at=timezone.now(), **form.cleaned_data)
        )
        if made is not None:
            return _show_address(request, *made)
    return form_page(request, "intake/door.html", form, mailbox=box, door=row)


@require_POST
@for_administrators
def close_door(request: AuthenticatedRequest, mailbox: int) -> HttpResponse:
    row = get_object_or_404(MailboxDoor, mailbox=mailbox)
    doors.close_door(row, by=request.user, at=timezone.now())
    messages.success(request, _("The address leads nowhere any more."))
    return redirect("mailbox-door", mailbox)


def _show_address(request: AuthenticatedRequest, row: MailboxDoor, secret: str) -> HttpResponse:
    """In the answer itself, so that it is kept nowhere on its way; no cache keeps the page either."""
    url = settings.BASE_URL + reverse("mail-door", args=[row.provider, secret])
    answer = render(request, "intake/door_address.html", {"door": row, "mailbox": row.mailbox, "url": url})
    answer["Cache-Control"] = "no-store"
    return answer


def _connection(mailbox: int) -> MailboxConnection:
    return get_object_or_404(MailboxConnection.objects.select_related("mailbox"), mailbox=mailbox)


def _back() -> str:
    """Where the provider sends people back to: to be entered there, so it is the same for all mailboxes."""
    return settings.BASE_URL + reverse("mailbox-authorised")


def _state(row: MailboxConnection | None) -> dict[str, Any]:
    """How it goes, for the page that refreshes itself."""
    if row is None:
        return {"back_url": _back()}
    at = timezone.now()
    trial = _trial(row, at)
    is_catching_up = bool(row.waiting) and row.is_enabled and not row.error
    return {
        "back_url": _back(),
        "trial": trial,
        "trouble": sentence(row.error, row),
        "missed": row.missed.order_by("uid")[:SHOWN],
        "missed_count": row.missed.count(),
        "is_catching_up": is_catching_up,
        "whole": row.waiting + row.fetched,
        "is_late": row.is_enabled and row.mailbox.is_enabled and row.next_at < at - LATE,
        "is_busy": is_catching_up or bool(trial and trial["is_under_way"]),
        "can_authorise": row.auth == MailboxConnection.Auth.OAUTH2
        and bool(oauth.authorise_url(row, state="", verifier="", redirect="")),
    }


def _trial(row: MailboxConnection, at: datetime) -> dict[str, Any] | None:
    if not row.trial:
        return None
    asked = datetime.fromisoformat(row.trial["asked_at"])
    is_done = "done_at" in row.trial
    is_lost = not is_done and at > asked + timedelta(seconds=TRIAL_SECONDS)
    return {**row.trial, "is_under_way": not is_done and not is_lost, "is_lost": is_lost, "asked": asked}
