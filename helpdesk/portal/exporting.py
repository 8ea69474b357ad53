"""A list of the portal as CSV: what is shown, page after page, streamed."""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.spreadsheet import BYTE_ORDER_MARK, Line, safe
from helpdesk.portal.guard import PortalRequest, member_page
from helpdesk.portal.requests import asked_for
from tickets.models import Ticket
from tickets.queries.listing import LARGEST_PAGE, page

MOST_EXPORTED = 10_000


@require_safe
@member_page
def export(request: PortalRequest) -> HttpResponseBase:
    """What the list shows, all pages of it."""
    asked = asked_for(request)
    response = StreamingHttpResponse(
        _lines(request.user, asked.condition), content_type="text/csv; charset=utf-8"
    )
    name = f"{slugify(str(asked.tab.label)) or 'requests'}-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(person: User, condition: Q) -> Iterator[str]:
    write = csv.writer(Line()).writerow
    yield BYTE_ORDER_MARK
    asked = [_("Number"), _("Subject"), _("Who asked"), _("How it stands")]
    yield str(write([*asked, _("About"), _("Received"), _("Solved"), _("Rating")]))
    rows = Ticket.objects.visible_to(person).filter(condition)
    cursor, left = None, MOST_EXPORTED
    while left > 0:
        found = page(rows, sort="newest", scope="portal.export", cursor=cursor, size=min(left, LARGEST_PAGE))
        for ticket in found.tickets:
            yield str(write([safe(value) for value in _cells(ticket)]))
        left -= len(found.tickets)
        cursor = found.next
        if cursor is None:
            return
    yield str(write([_("Only the first %(n)s requests are here.") % {"n": MOST_EXPORTED}]))


def _cells(ticket: Ticket) -> list[Any]:
    return [
        ticket.number,
        ticket.subject,
        ticket.requester.name,
        strip_tags(render_to_string("portal/_standing.html", {"ticket": ticket, "is_file": True})).strip(),
        ticket.category.full_name if ticket.category else "",
        ticket.created_at,
        ticket.resolved_at,
        ticket.rating or "",
    ]
