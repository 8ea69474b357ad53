"""What an open page asks for when it was told of a change: rows of a list, who is at a ticket. Its own view decides."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.keys import key_of
from accounts.models import User
from helpdesk.desk.guard import DeskRequest, desk_page, is_guest, technicians_page, ticket_or_404
from helpdesk.desk.queues import Listing, listing_of, listing_of_view
from helpdesk.desk.rows import metrics_for, rows_of
from helpdesk.live import presence
from tickets.models import Ticket
from tickets.naming import status_name
from tickets.queries.beside import users_by_key, with_names
from tickets.refusals import Invalid

MOST = 60
"""Tickets that one question may name, twice as many as a page has rows."""
MOST_NAMED = 5
"""People at one ticket who are named; a sixth is a number."""
OWN = ("mine", "tracking", "watching", "proposals", "helping")
OF_TEAMS = ("my-teams", "unassigned", "replies", "handed", "on-hold", "proposals", "helping")


def scopes_of(listing: Listing) -> str:
    """What a list has to hear of; its rows are named by the page itself."""
    name = listing.queue.name
    if listing.view is not None:
        return "all"
    scopes = ["me"] if name in OWN else []
    if name in OF_TEAMS:
        scopes += [f"team:{team}" for team in listing.user.team_ids]
    if listing.queue.team_id:
        scopes.append(f"team:{listing.queue.team_id}")
    if listing.queue.tier:
        scopes.append(f"tier:{listing.queue.tier.level}")
    return " ".join(scopes or ["all"])


@require_safe
@desk_page
def changes(request: DeskRequest, name: str) -> HttpResponse:
    asked = Asked.taken_from(request)
    return _changes(request, asked, listing_of(request, name))


@require_safe
@technicians_page
def changes_of_view(request: DeskRequest, key: int) -> HttpResponse:
    asked = Asked.taken_from(request)
    return _changes(request, asked, listing_of_view(request, key))


@dataclass(frozen=True)
class Asked:
    """The tickets that a page was told of, those among them that it shows, and where its rows begin and end."""

    told: list[int]
    shown: set[int]
    ends: list[str]

    @classmethod
    def taken_from(cls, request: DeskRequest) -> "Asked":
        """What is left in the address is the list's own."""
        params = request.GET.copy()
        ids, shown = (_keys(params.pop(name, [])) for name in ("ids", "shown"))
        ends = [cursor for name in ("first", "last") for cursor in params.pop(name, [])[-1:] if cursor]
        request.GET = params  # type: ignore[assignment]
        return cls(ids, set(shown), ends)


def _changes(request: DeskRequest, asked: Asked, listing: Listing) -> HttpResponse:
    """The rows that stay, drawn anew; where the others have gone; and which new ones belong on this page."""
    shown = [key for key in asked.told if key in asked.shown]
    stays = listing.page(None, size=MOST, within=shown).tickets if shown else []
    staying = {ticket.pk for ticket in stays}
    gone = [key for key in shown if key not in staying]
    context = {
        "rows": rows_of(
            stays, at=listing.at, metrics=metrics_for(request.user), for_guest=is_guest(request.user)
        ),
        "columns": listing.columns,
        "can_select": not is_guest(request.user),
        "gone": _where(request.user, gone) if gone else [],
        "new": _new(asked, listing),
    }
    return render(request, "desk/queue/_changes.html", context)


def _new(asked: Asked, listing: Listing) -> list[int]:
    """Those that belong on this page of the list, and not before or behind it."""
    found = _found(listing, [key for key in asked.told if key not in asked.shown])
    try:
        for cursor in asked.ends:
            found -= _found(listing, found, cursor)
    except Invalid:
        return []
    return sorted(found)


def _found(listing: Listing, keys: Collection[int], cursor: str | None = None) -> set[int]:
    """Those of these tickets that the list has, all or behind a place."""
    if not keys:
        return set()
    page = listing.page(cursor, size=MOST, within=list(keys), named=False)
    return {ticket.pk for ticket in page.tickets}


@dataclass(frozen=True)
class Gone:
    """A row that belongs to the list no more, and where its ticket is now."""

    key: int
    where: str


def _where(user: User, keys: list[int]) -> list[Gone]:
    rows = list(Ticket.objects.visible_to(user).filter(pk__in=keys).order_by())
    with_names(rows)
    known = {ticket.pk: ticket for ticket in rows}
    return [Gone(key, _place_of(known.get(key), for_guest=is_guest(user))) for key in keys]


def _place_of(ticket: Ticket | None, *, for_guest: bool) -> str:
    """As in a row, a vendor's guest is told nothing of who sits where inside."""
    if ticket is None or (for_guest and ticket.is_open):
        return _("no longer here")
    if not ticket.is_open:
        return status_name(ticket.status)
    if ticket.assignee:
        return _("now with %(name)s, %(team)s") % {"name": ticket.assignee.name, "team": ticket.team.name}
    return _("now with %(team)s") % {"team": ticket.team.name}


# --- presence ---


@dataclass(frozen=True)
class Here:
    """Somebody at a ticket."""

    person: User
    writes: bool


@require_safe
@technicians_page
def at_ticket(request: DeskRequest, number: str) -> HttpResponse:
    """Who else is at this ticket, for its page."""
    ticket = ticket_or_404(request.user, number)
    people = _others(request.user, [ticket.pk]).get(ticket.pk, [])
    context = {"people": people[:MOST_NAMED], "more": len(people) - MOST_NAMED, "all": people}
    return render(request, "desk/ticket/_presence.html", context)


@require_safe
@technicians_page
def at_tickets(request: DeskRequest) -> HttpResponse:
    """Who else is at these tickets, for the rows of a list."""
    asked = _keys([request.GET.get("ids", "")])
    taken = _others(request.user, asked)
    seen = (
        Ticket.objects.visible_to(request.user).filter(pk__in=taken).order_by().values_list("pk", flat=True)
    )
    places = [(key, taken[key]) for key in (seen if taken else [])]
    return render(request, "desk/queue/_presence.html", {"places": places})


def _others(user: User, keys: list[int]) -> dict[int, list[Here]]:
    """By ticket who is there besides this person; who writes first."""
    found = presence.at_tickets(keys)
    people = users_by_key({person for there in found.values() for person in there})
    taken = {
        key: [
            Here(people[person], does == presence.WRITE)
            for person, does in sorted(there.items(), key=lambda pair: (pair[1] != presence.WRITE, pair[0]))
            if person in people and person != user.pk
        ]
        for key, there in found.items()
    }
    return {key: there for key, there in taken.items() if there}


def _keys(given: Iterable[object]) -> list[int]:
    """Numbers of tickets, with commas; what is none is passed over."""
    words = ",".join(map(str, given)).split(",")[:MOST]
    return [key for key in map(key_of, words) if key]
