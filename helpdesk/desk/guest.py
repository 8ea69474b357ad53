"""What a vendor's guest sees of a ticket that was handed to the vendor: messages shared with it, no more."""

from django.http import HttpResponse
from django.shortcuts import render

from escalation.models import Handoff
from helpdesk.desk.acts import GUEST_ACTS
from helpdesk.desk.forms.conversation import GuestMessageForm
from helpdesk.desk.guard import DeskRequest, ticket_or_404, with_people
from helpdesk.desk.sending import url_of
from helpdesk.desk.talk import conversation
from tickets.permissions import holds_as_vendor


def guest_page(request: DeskRequest, number: str) -> HttpResponse:
    ticket = ticket_or_404(request.user, number, with_people)
    talk = conversation(ticket, request.user)
    holds = holds_as_vendor(request.user, ticket) and ticket.is_open
    is_with_us = ticket.team_id in request.user.team_ids and ticket.is_open
    theirs = Handoff.objects.filter(ticket=ticket, to_team__in=request.user.team_ids)
    context = {
        "ticket": ticket,
        "url": url_of(ticket.pk),
        "items": talk.items,
        "files": talk.files,
        "handoff": theirs.order_by("-id").first(),
        "form": GuestMessageForm(ticket=ticket, user=request.user, auto_id="message_%s"),
        "acts": GUEST_ACTS,
        "holds": holds,
        "is_with_us": is_with_us,
        "draft": f"ticket-{ticket.pk}-message",
    }
    return render(request, "desk/guest/ticket.html", context)
