"""A list as CSV: what is shown, page after page, streamed."""

import csv
from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.spreadsheet import BYTE_ORDER_MARK, Line, safe
from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.queues import MOST_EXPORTED, Listing, listing_of
from helpdesk.desk.rows import facts_of, next_clocks
from sla.queries.clocks import Standing
from tickets.models import Ticket
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
