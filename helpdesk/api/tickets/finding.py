"""One ticket by its number, and lists of them: as this person may open them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.keys import key_of
from accounts.models import User
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.params import limit_of, refuse
from helpdesk.api.tickets.filters import filtered
from helpdesk.desk.filters import tree_of_view
from helpdesk.desk.guard import ticket_or_404
from helpdesk.desk.nav import saved_views
from tickets.models import Ticket, TicketQuerySet
from tickets.permissions import is_desk
from tickets.queries import listing
from tickets.queries.beside import PEOPLE, with_names
from tickets.queries.queues import queue_named
from tickets.queries.searching import MOST_FOUND, found_keys
from tickets.queries.tied import tied_to
from tickets.vocabulary import as_q

PLACES = ("tier", "team", "organisation", "category", "vendor")
RELEVANCE = "relevance"
MOST_OWN = 2_000
SORTS = (*listing.SORTS, RELEVANCE)


def one(user: User, number: str) -> Ticket:
    """The ticket, with what stands beside it; 404 as much for one that is not there as for one that is hidden."""
    ticket = ticket_or_404(user, number)
    with_names([ticket], people=PEOPLE, places=PLACES)
    return ticket


@dataclass(frozen=True)
class Found:
    """A page of tickets. `is_cut`: a search found more than it ranks."""

    rows: Sequence[Ticket]
    next: str | None
    previous: str | None
    queryset: "QuerySet[Ticket]"
    is_cut: bool = False


def page(request: Request, *, at: datetime) -> Found:
    """Tickets by queue or saved view, filters, words and order."""
    user: User = request.user
    params = request.query_params
    rows, usual = _scope(request, user, at)
    rows = filtered(request, rows, at=at)
    words = params.get("q", "").strip()
    sort = params.get("sort", RELEVANCE if words else usual)
    if sort not in SORTS or (sort == RELEVANCE and not words):
        raise refuse(
            "sort",
            _("Choose one of: %(known)s (the last one together with q).") % {"known": ", ".join(SORTS)},
        )
    if not words:
        return _listed(request, rows, sort)
    keys = found_keys(user, words, rows)
    is_cut = len(keys) >= MOST_FOUND
    if sort == RELEVANCE:
        return _ranked(request, rows, keys, is_cut=is_cut)
    return _listed(request, rows.filter(pk__in=keys), sort, is_cut=is_cut)


def _scope(request: Request, user: User, at: datetime) -> tuple[TicketQuerySet, str]:
    name, view = request.query_params.get("queue"), request.query_params.get("view")
    if view is not None:
        saved = saved_views(user).filter(pk=key_of(view)).first() if is_desk(user) else None
        if saved is None:
            raise refuse("view", _("You have no saved view of this id."))
        rows = Ticket.objects.visible_to(user)
        return rows.filter(as_q(tree_of_view(saved, user), at=at, user=user)), saved.sort
    if name is None:
        return _all(user), "newest"
    queue = queue_named(name, user)
    if queue is None:
        raise refuse("queue", _("You have no queue of this name."))
    return queue.queryset, queue.sort


def _all(user: User) -> TicketQuerySet:
    """Everything that this person may open.

    Requesters and vendors' guests have few tickets among very many: by date PostgreSQL would look through all of
    those for a page of theirs. So the keys of what is theirs are read first.
    """
    rows = Ticket.objects.visible_to(user)
    if is_desk(user):
        return rows
    theirs = Ticket.objects.filter(tied_to(user)).order_by().values_list("pk", flat=True)
    keys = list(theirs[: MOST_OWN + 1])
    return rows.filter(pk__in=keys) if len(keys) <= MOST_OWN else rows


def _listed(request: Request, rows: TicketQuerySet, sort: str, *, is_cut: bool = False) -> Found:
    found = listing.page(
        rows,
        sort=sort,
        scope=f"api.{paging.scope_of(request)}",
        cursor=request.query_params.get("cursor"),
        size=limit_of(request),
    )
    with_names(found.tickets, people=PEOPLE, places=PLACES)
    return Found(found.tickets, found.next, found.previous, rows, is_cut)


def _ranked(request: Request, rows: TicketQuerySet, keys: list[int], *, is_cut: bool) -> Found:
    """By relevance: the page is a part of the ranked keys, and a cursor the place in them."""
    place, size = _place(request, len(keys)), limit_of(request)
    wanted = keys[place : place + size]
    found = rows.in_bulk(wanted)
    tickets = [found[key] for key in wanted if key in found]
    with_names(tickets, people=PEOPLE, places=PLACES)
    return Found(
        tickets,
        next=paging.signed(request, place + size) if place + size < len(keys) else None,
        previous=paging.signed(request, max(0, place - size)) if place else None,
        queryset=rows.filter(pk__in=keys),
        is_cut=is_cut,
    )


def _place(request: Request, most: int) -> int:
    return min(paging.place_of(request), most)
