"""A list as CSV: what is shown, page after page, streamed."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk.desk.guard import DeskRequest, technicians_page
from helpdesk.desk.queues import MOST_EXPORTED, Listing, listing_of
from helpdesk.desk.rows import facts_of, next_clocks
from sla.queries.clocks import Standing
from tickets.models import Ticket
from tickets.queries.listing import LARGEST_PAGE

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection)."""


class _Line:
    """A file that hands back each line instead of keeping it."""

    def write(self, text: str) -> str:
        return text


@require_safe
@technicians_page
def export(request: DeskRequest, name: str) -> StreamingHttpResponse:
    listing = listing_of(request, name)
    response = StreamingHttpResponse(_lines(listing), content_type="text/csv; charset=utf-8")
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.csv"'
    return response


def _lines(listing: Listing) -> Iterator[str]:
    write = csv.writer(_Line()).writerow
    yield "\ufeff"  # without it a spreadsheet takes UTF-8 for its own code page
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


def safe(value: Any) -> str:
    """A cell as text that no spreadsheet carries out."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) else text
