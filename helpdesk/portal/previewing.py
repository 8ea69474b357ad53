"""How a text will look to who reads it: the composer asks on demand, with what is typed and not sent."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from helpdesk.portal.guard import PortalRequest, member_page
from tickets.markdown import render as as_html
from tickets.operations.guards import MAX_TEXT


@require_POST
@member_page
def preview(request: PortalRequest) -> HttpResponse:
    """A part of a page, for anybody who is logged in: only their own words come back."""
    text = request.POST.get("text", "")[:MAX_TEXT]
    return render(request, "components/_preview.html", {"html": as_html(text)})
