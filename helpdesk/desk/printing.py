"""A ticket on paper: what requester and desk have said, and only where it is asked for what stays inside."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.sending import url_of
from helpdesk.desk.talk import Shown, conversation
from helpdesk.desk.whole import whole_ticket

INSIDE = "inside"


@require_safe
@technicians_page
def print_ticket(request: DeskRequest, number: str) -> HttpResponse:
    """`?with=inside` adds notes, what was shared with a vendor, and the history; nothing else does."""
    ticket = whole_ticket(request.user, number)
    with_inside = request.GET.get("with") == INSIDE
    talk = conversation(
        ticket,
        request.user,
        known=ticket.people_known,  # type: ignore[attr-defined]
        has_files=ticket.has_files,  # type: ignore[attr-defined]
    )
    context = {
        "ticket": ticket,
        "url": url_of(ticket.pk),
        "items": [shown for shown in talk.items if with_inside or _is_public(shown)],
        "with_inside": with_inside,
        "printed_at": timezone.now(),
    }
    return render(request, "desk/ticket/print.html", context)


def _is_public(shown: Shown) -> bool:
    return shown.message is not None and shown.message.is_public
