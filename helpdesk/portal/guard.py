"""Who may open the portal's pages: everybody who is logged in, and for one ticket whoever followed its link."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone, translation
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from helpdesk.desk.guard import pk_of, private
from helpdesk.portal.links import person_by_link
from tickets.models import Ticket, Watch
from tickets.permissions import is_requester_side
from tickets.queries.visible import PreparedFor


class PortalRequest(HttpRequest):
    user: User
    htmx: HtmxDetails


@dataclass(frozen=True)
class Visit:
    """Somebody who looks at one ticket from the requester's side."""

    ticket: Ticket
    person: User
    by_link: bool
    is_requester_side: bool

    @property
    def url(self) -> str:
        return f"/requests/{self.ticket.number}/"


Extra = ParamSpec("Extra")
MemberView = Callable[Concatenate[PortalRequest, Extra], HttpResponseBase]
VisitView = Callable[Concatenate[PortalRequest, Visit, Extra], HttpResponseBase]
Guarded = Callable[Concatenate[HttpRequest, Extra], HttpResponseBase]


def member_page(view: MemberView[Extra]) -> Guarded[Extra]:
    """For everybody who is logged in."""

    @login_required
    @wraps(view)
    def guarded(request: PortalRequest, *args: Extra.args, **kwargs: Extra.kwargs) -> HttpResponseBase:
        return private(view(request, *args, **kwargs))

    return guarded  # type: ignore[return-value]


def visit_page(view: VisitView[Extra]) -> Callable[..., HttpResponseBase]:
    """For those on the requester's side of the ticket `number`; nobody else can tell that it exists."""

    @wraps(view)
    def guarded(
        request: PortalRequest, number: str, *args: Extra.args, **kwargs: Extra.kwargs
    ) -> HttpResponseBase:
        person, by_link = who_visits(request, pk_of(number))
        if person is None:
            return redirect_to_login(request.get_full_path())
        if by_link:
            _read_as(person)
        visit = _visit(person, number, by_link)
        if not visit.is_requester_side and not _watches(visit):
            if not person.uses_desk:
                raise Http404
            return redirect(f"/desk/tickets/{visit.ticket.number}/")
        return private(view(request, visit, *args, **kwargs))

    return guarded


def who_visits(request: HttpRequest, ticket: int) -> tuple[User | None, bool]:
    """Who looks at this ticket, and whether a link let them in. An account always goes before a link."""
    if isinstance(request.user, User):
        return request.user, False
    return person_by_link(request, ticket, at=timezone.now()), True


def _visit(person: User, number: str, by_link: bool) -> Visit:
    ticket = _visited.first(person, key=pk_of(number))
    if ticket is None:
        raise Http404
    return Visit(ticket, person, by_link, is_requester_side(person, ticket))


_visited: PreparedFor[Ticket] = PreparedFor(
    lambda person, key: (
        Ticket.objects.visible_to(person)
        .with_people()
        .select_related("contact", "opened_by", "vendor")
        .filter(pk=key)
        .order_by()
    ),
    "key",
)


def _read_as(person: User) -> None:
    """Their times and their language, as the middleware does it for whoever is logged in."""
    timezone.activate(person.zone)
    translation.activate(person.language)


def _watches(visit: Visit) -> bool:
    return Watch.objects.filter(ticket=visit.ticket, user=visit.person).exists()
