"""Access without a password: a signed link in a mail opens one ticket for its reader, and nothing else.

What a link opens is kept in the visitor's session and asked again with every request, so that it ends at once
when the administrator turns links off, the person leaves, or the ticket has been closed for long.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Desk, User
from tickets.models import NUMBER_PREFIX, Ticket

PATH = "/r/"
SALT = "tierdesk.portal.links"
LIFE = timedelta(days=30)
AFTER_CLOSING = timedelta(days=30)
IN_SESSION = "opened_by_link"
MOST_KEPT = 20


@dataclass(frozen=True)
class Link:
    """One ticket, opened for one person until then."""

    ticket: int
    person: int
    until: datetime


def signed_url(ticket: Ticket, person: User, *, at: datetime) -> str:
    """The path that opens this ticket for this person alone. The same arguments make the same path."""
    token = signing.Signer(salt=SALT).sign_object([ticket.pk, person.pk, int(at.timestamp())])
    return f"{PATH}{token}/"


def read_token(token: str) -> Link | None:
    try:
        ticket, person, at = signing.Signer(salt=SALT).unsign_object(token)
        return Link(ticket, person, datetime.fromtimestamp(at, UTC) + LIFE)
    except (signing.BadSignature, ValueError, TypeError):
        return None


def person_by_link(request: HttpRequest, ticket: int, *, at: datetime) -> User | None:
    """For whom a link has opened this ticket in this session, if it still does."""
    kept = request.session.get(IN_SESSION, {}).get(str(ticket))
    if kept is None:
        return None
    return opens_for(Link(ticket, kept[0], datetime.fromtimestamp(kept[1], UTC)), at=at)


def opens_for(link: Link, *, at: datetime) -> User | None:
    """The person, if the link is good: links are on, they are here, and they may still see the ticket."""
    if at >= link.until or not Desk.load().signed_links:
        return None
    person = User.objects.active().filter(pk=link.person).first()
    if person is None:
        return None
    ticket = Ticket.objects.visible_to(person).filter(pk=link.ticket).only("closed_at").first()
    is_long_closed = (
        ticket is not None and ticket.closed_at is not None and at - ticket.closed_at > AFTER_CLOSING
    )
    return None if ticket is None or is_long_closed else person


@require_safe
@never_cache
def follow(request: HttpRequest, token: str) -> HttpResponseBase:
    """Where the mail's link leads. Following it changes nothing, since mail scanners follow links too."""
    link = read_token(token)
    if link is None:
        raise Http404
    page = f"/requests/{NUMBER_PREFIX}{link.ticket}/"
    if isinstance(request.user, User):
        sees_it = Ticket.objects.visible_to(request.user).filter(pk=link.ticket).exists()
        return redirect(page) if sees_it else _ended(request, page)
    if opens_for(link, at=timezone.now()) is None:
        return _ended(request, page)
    _keep(request, link)
    return redirect(page)


def _ended(request: HttpRequest, page: str) -> HttpResponse:
    return render(request, "portal/link_ended.html", {"page": page}, status=410)


def _keep(request: HttpRequest, link: Link) -> None:
    kept = request.session.get(IN_SESSION, {})
    kept.pop(str(link.ticket), None)
    kept[str(link.ticket)] = [link.person, int(link.until.timestamp())]
    # A new key, so that a session which somebody else prepared for this browser gains nothing.
    request.session.cycle_key()
    request.session[IN_SESSION] = dict(list(kept.items())[-MOST_KEPT:])
