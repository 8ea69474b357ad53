"""Where I am logged in: each session can be ended by itself, and all others at once."""

from allauth.account.internal.flows.logout import logout
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import operations
from accounts.devices import device_name
from accounts.views.guards import AuthenticatedRequest, for_everybody


@require_safe
@for_everybody
def sessions(request: AuthenticatedRequest) -> HttpResponse:
    """Those that still live, this one first and then the newest."""
    living = UserSession.objects.purge_and_list(request.user)
    current = request.session.session_key
    living.sort(key=lambda session: (session.session_key != current, -session.created_at.timestamp()))
    rows = [
        {
            "session": session,
            "device": device_name(session.user_agent),
            "is_current": session.session_key == current,
        }
        for session in living
    ]
    has_others = any(not row["is_current"] for row in rows)
    return render(request, "accounts/sessions.html", {"rows": rows, "has_others": has_others})


@require_POST
@for_everybody
def end(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """One of my own; somebody else's is not found. Ending the session one sits in is logging out."""
    session = get_object_or_404(UserSession, pk=pk, user_id=request.user.pk)
    if session.session_key == request.session.session_key:
        logout(request)
        # Not the login's page: that would tell of a session that had ended before the form was sent.
        return redirect("/")
    operations.end_session(session, by=request.user, at=timezone.now())
    device = device_name(session.user_agent)
    messages.success(request, _("Logged out: %(device)s.") % {"device": device})
    return redirect("sessions")


@require_POST
@for_everybody
def end_others(request: AuthenticatedRequest) -> HttpResponse:
    count = operations.end_other_sessions(
        request.user, keep=request.session.session_key, by=request.user, at=timezone.now()
    )
    if count:
        sentence = ngettext("%(n)d session is ended.", "%(n)d sessions are ended.", count)
        messages.success(request, sentence % {"n": count})
    else:
        messages.info(request, _("You are logged in nowhere else."))
    return redirect("sessions")
