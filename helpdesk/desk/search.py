"""Search: a number opens its ticket, words list what has them."""

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from helpdesk.desk.columns import columns_of
from helpdesk.desk.guard import DeskRequest, desk_page, is_guest, pk_of
from helpdesk.desk.rows import rows_of
from helpdesk.desk.sending import url_of
from tickets.queries.listing import PAGE_SIZE
from tickets.queries.searching import search

MOST_SHOWN = PAGE_SIZE


@require_safe
@desk_page
def results(request: DeskRequest) -> HttpResponseBase:
    words = request.GET.get("q", "").strip()
    found = search(request.user, words, limit=MOST_SHOWN) if words else []
    key = pk_of(words)
    if key and any(ticket.pk == key for ticket in found):
        return redirect(url_of(key))
    for_guest = is_guest(request.user)
    shown = columns_of(
        ("status", "priority", "requester", "assignee", "path", "updated"), for_guest=for_guest
    )
    context = {
        "words": words,
        "rows": rows_of(found, at=timezone.now(), metrics=(), for_guest=for_guest),
        "columns": shown,
        "is_full": len(found) == MOST_SHOWN,
        "most": MOST_SHOWN,
        "is_guest": for_guest,
    }
    return render(request, "desk/search.html", context)
