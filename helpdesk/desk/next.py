"""Take next: the best ticket for this person, and why this one."""

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.sending import done, once, url_of
from tickets import operations
from tickets.models import Ticket

OFFERED = "desk_offered"
"""In the session: the ticket that was taken last and why, so that its page can say it."""


@require_http_methods(["GET", "HEAD", "POST"])
@technicians_page
def take_next(request: DeskRequest) -> HttpResponseBase:
    if request.method != "POST":
        return render(request, "desk/next.html")
    return offer_next(request)


def offer_next(request: DeskRequest, *, draft: str = "") -> HttpResponseBase:
    """Take the next one and show it; a friendly page when nothing is left."""
    outcome = once(request, lambda at: _take(request, at), step="next-")
    if outcome["ticket"] is None:
        return done(request, {}, draft=draft, to="/desk/next/")
    request.session[OFFERED] = outcome
    return done(request, {}, draft=draft, to=url_of(outcome["ticket"]))


def _take(request: DeskRequest, at: Any) -> dict[str, Any]:
    taken = operations.take_next(by=request.user, at=at)
    return {"ticket": None} if taken is None else {"ticket": taken.ticket.pk, "why": str(taken.why)}


def why_offered(request: DeskRequest, ticket: Ticket) -> str:
    """Why "take next" chose this ticket, as long as it is the person's last one."""
    offered = request.session.get(OFFERED) or {}
    return str(offered.get("why", "")) if offered.get("ticket") == ticket.pk else ""
