"""Who may open the workspace. Others cannot tell that it exists."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers
from django_htmx.middleware import HtmxDetails

from accounts.keys import key_of
from accounts.models import User
from tickets.models import NUMBER_PREFIX, Ticket
from tickets.permissions import is_desk
from tickets.queries.visible import PreparedFor


class DeskRequest(HttpRequest):
    user: User
    htmx: HtmxDetails


Extra = ParamSpec("Extra")
View = Callable[Concatenate[DeskRequest, Extra], HttpResponseBase]
Guarded = Callable[Concatenate[HttpRequest, Extra], HttpResponseBase]


def desk_page(view: View[Extra]) -> Guarded[Extra]:
    """For everybody who uses the desk, vendors' guests too: what they find in it is narrowed by each page."""
    return _guard(view, lambda user: user.uses_desk)


def technicians_page(view: View[Extra]) -> Guarded[Extra]:
    """For the desk's own people: technicians, managers, administrators."""
    return _guard(view, lambda user: user.uses_desk and is_desk(user))


def overseers_page(view: View[Extra]) -> Guarded[Extra]:
    """For those who answer for the whole desk: managers and administrators."""
    return _guard(view, lambda user: user.is_manager or user.is_administrator)


def leads_page(view: View[Extra]) -> Guarded[Extra]:
    """For those who look after others' work: leads, managers, administrators."""
    return _guard(view, leads_people)


def leads_people(user: User) -> bool:
    return is_desk(user) and (user.is_lead or user.is_manager or user.is_administrator)


def _guard(view: View[Extra], may_open: Callable[[User], bool]) -> Guarded[Extra]:
    @login_required
    @wraps(view)
    def guarded(request: DeskRequest, *args: Extra.args, **kwargs: Extra.kwargs) -> HttpResponseBase:
        if not (isinstance(request.user, User) and may_open(request.user)):
            raise Http404
        return private(view(request, *args, **kwargs))

    return guarded  # type: ignore[return-value]


def private(response: HttpResponseBase) -> HttpResponseBase:
    # One address answers with a page or, for htmx, a part of it: the browser must not mix them up.
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, private=True, no_cache=True)
    return response


def is_guest(user: User) -> bool:
    """A vendor's guest, who sees a narrow view of what was handed to the vendor."""
    return user.is_vendor_guest and not is_desk(user)


_alone: PreparedFor[Ticket] = PreparedFor(
    lambda user, key: Ticket.objects.visible_to(user).filter(pk=key).order_by(), "key"
)
with_people: PreparedFor[Ticket] = PreparedFor(
    lambda user, key: Ticket.objects.visible_to(user).with_people().filter(pk=key).order_by(), "key"
)


def ticket_or_404(user: User, number: str, read: PreparedFor[Ticket] = _alone) -> Ticket:
    """The ticket of this number, if this person may open it; `read` says what is read beside it."""
    ticket = read.first(user, key=pk_of(number))
    if ticket is None:
        raise Http404
    return ticket


def pk_of(number: str) -> int:
    """The key of TD-1042, td-1042 or 1042; 0, which no ticket has, for anything else."""
    return key_of(number.strip().upper().removeprefix(NUMBER_PREFIX).removeprefix("#"))
