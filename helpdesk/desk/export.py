"""A list as CSV: what is shown, page after page, streamed; and the same list for files of any length and form."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import Http404, QueryDict, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.spreadsheet import BYTE_ORDER_MARK, Line, safe
from helpdesk.desk.guard import DeskRequest, is_guest, technicians_page
from helpdesk.desk.queues import MOST_EXPORTED, Listing, listing_of
from helpdesk.desk.rows import facts_of, next_clocks
from insights import exporting
from insights.exporting import Cursor
from sla.queries.clocks import Standing
from tickets.models import Ticket
from tickets.permissions import is_desk
from tickets.queries.listing import LARGEST_PAGE


@require_safe
@technicians_page
def export(request: DeskRequest, name: str) -> StreamingHttpResponse:
    listing = listing_of(request, name)
    response = StreamingHttpResponse(_lines(listing), content_type="text/csv; charset=utf-8")
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.csv"'
    return response


def _lines(listing: Listing) -> Iterator[str]:
    write = csv.writer(Line()).writerow
    yield BYTE_ORDER_MARK
    is_first = True
    for ticket, clock in _tickets(listing):
        facts = facts_of(ticket, clock)
        if is_first:
            yield str(write(facts.keys()))
            is_first = False
        yield str(write([safe(value) for value in facts.values()]))
    if is_first:
        yield str(write([_("No tickets.")]))
    elif listing.is_cut:
        yield str(write([_("Only the first %(n)s tickets are here.") % {"n": MOST_EXPORTED}]))


def _tickets(listing: Listing) -> Iterator[tuple[Ticket, Standing | None]]:
    cursor: str | None = None
    for _number in range(MOST_EXPORTED // LARGEST_PAGE):
        page = listing.page(cursor, size=LARGEST_PAGE)
        clocks = next_clocks(page.tickets, at=listing.at)
        yield from ((ticket, clocks.get(ticket.pk)) for ticket in page.tickets)
        cursor = page.next
        if cursor is None:
            return
    listing.is_cut = True


# --- For files of any length: insights.exporting ---

NAME = "name"
"""In the address of an export: which queue; the rest is the list's own."""
HEAD = {
    "number": gettext_lazy("Number"),
    "subject": gettext_lazy("Subject"),
    "status": gettext_lazy("Status"),
    "kind": gettext_lazy("Kind"),
    "priority": gettext_lazy("Priority"),
    "tier": gettext_lazy("Tier"),
    "team": gettext_lazy("Team"),
    "assignee": gettext_lazy("Assignee"),
    "requester": gettext_lazy("Requester"),
    "organisation": gettext_lazy("Organisation"),
    "category": gettext_lazy("Category"),
    "channel": gettext_lazy("Channel"),
    "path": gettext_lazy("Path"),
    "bounces": gettext_lazy("Bounces"),
    "due": gettext_lazy("Due next"),
    "due_metric": gettext_lazy("Promise"),
    "clock": gettext_lazy("Clock"),
    "breached": gettext_lazy("Breached"),
    "created": gettext_lazy("Opened"),
    "updated": gettext_lazy("Updated"),
}
"""What the columns of `facts_of` are called, in their order."""


def open_queue(person: User, query: QueryDict, at: datetime) -> exporting.Listing | None:
    """A queue as this person has it, narrowed and sorted by its address."""
    if not (person.uses_desk and is_desk(person)) or is_guest(person):
        return None
    request = DeskRequest()
    asked: Any = query.copy()
    name = str(asked.pop(NAME, [""])[-1])
    request.user, request.GET = person, asked
    try:
        listing = listing_of(request, name)
    except Http404:
        return None

    def pages(cursor: Cursor) -> Iterator[exporting.Page]:
        place: str | None = cursor
        while True:
            page = listing.page(place, size=LARGEST_PAGE)
            clocks = next_clocks(page.tickets, at=listing.at)
            rows = [list(facts_of(ticket, clocks.get(ticket.pk)).values()) for ticket in page.tickets]
            yield exporting.Page(rows, page.next)
            if page.next is None:
                return
            place = page.next

    head = [str(label) for label in HEAD.values()]
    return exporting.Listing(str(listing.title), name, head, listing.rows.count, pages)
