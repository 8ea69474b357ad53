"""The part of the hand-over's dialog that follows the choice of the target."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk.desk.forms.moving import HandOverForm
from helpdesk.desk.guard import DeskRequest, technicians_page, ticket_or_404


@require_safe
@technicians_page
def target(request: DeskRequest, number: str) -> HttpResponse:
    """What the chosen team takes, and its checklist, with what was ticked so far."""
    ticket = ticket_or_404(request.user, number)
    form = HandOverForm(request.GET, ticket=ticket, user=request.user, auto_id="hand-over_%s")
    return render(request, "desk/acts/_hand_over_target.html", {"form": form})
