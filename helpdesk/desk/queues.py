"""Lists of tickets: named queues and saved views, filtered and sorted by their address."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk.desk.bulk import bulk_acts
from helpdesk.desk.columns import COLUMNS, Column, columns_of
from helpdesk.desk.counts import counts_of
from helpdesk.desk.filters import RESERVED, Filters
from helpdesk.desk.guard import DeskRequest, desk_page, is_guest
from helpdesk.desk.nav import navigation, saved_views, view_key, view_url
from helpdesk.desk.rows import rows_of
from tickets.models import FAR, SavedView, TicketQuerySet
from tickets.queries import listing as paging
from tickets.queries.queues import Queue
from tickets.refusals import Invalid

SOON = timedelta(hours=2)
MOST_COUNTED = 500


@require_safe
@desk_page
def home(request: DeskRequest) -> HttpResponseBase:
    """What one works on; who works nothing (a manager) begins with all tickets."""
    return redirect("/desk/queues/mine/" if request.user.works_tickets else "/desk/queues/all/")


@require_safe
@desk_page
def queue(request: DeskRequest, name: str) -> HttpResponse:
    return _show(request, listing_of(request, name))


@require_safe
@desk_page
def view(request: DeskRequest, key: int) -> HttpResponse:
    """A saved view: its own filter and order, until the address says otherwise."""
    saved = saved_views(request.user).filter(pk=key).first()
    if saved is None:
        raise Http404
    return _show(request, listing_of(request, "all", saved))


def _show(request: DeskRequest, listing: "Listing") -> HttpResponse:
    at = timezone.now()
    problem, page = listing.problem, listing.first_page_instead
    if page is None:
        try:
            page = listing.page(request.GET.get("after") or request.GET.get("before"))
        except Invalid as refused:
            problem, page = str(refused), listing.page(None)
    context = {
        "listing": listing,
        "page": page,
        "rows": rows_of(page.tickets, at=at),
        "columns": listing.columns,
        "filters": listing.filters,
        "sort": listing.sort.name,
        "problem": problem,
        "can_select": not is_guest(request.user),
        "bulk_acts": bulk_acts(),
    }
    return render(request, "desk/queue/list.html", context, status=400 if problem else 200)
