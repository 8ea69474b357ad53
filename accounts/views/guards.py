"""Who may open the settings. Others cannot tell that the pages exist."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import User
from accounts.permissions import may_administer, may_find_people


class AuthenticatedRequest(HttpRequest):
    """Behind a guard the user is a person, never anonymous."""

    user: User


Extra = ParamSpec("Extra")
View = Callable[Concatenate[AuthenticatedRequest, Extra], HttpResponseBase]
Guarded = Callable[Concatenate[HttpRequest, Extra], HttpResponseBase]


def for_administrators(view: View[Extra]) -> Guarded[Extra]:
    return _guard(view, may_administer)


def for_administrators_and_leads(view: View[Extra]) -> Guarded[Extra]:
    """A lead gets in; the view narrows what they find to the teams they lead."""
    return _guard(view, lambda user: may_administer(user) or user.is_lead)


def for_overseers(view: View[Extra]) -> Guarded[Extra]:
    """Those who answer for the whole desk: managers look, administrators change."""
    return _guard(view, lambda user: may_administer(user) or (user.is_active and user.is_manager))


def for_leads_and_overseers(view: View[Extra]) -> Guarded[Extra]:
    """Those who look after others' work: leads of the desk's own teams, managers, administrators."""
    return _guard(
        view,
        lambda user: may_find_people(user) and (user.is_lead or user.is_manager or user.is_administrator),
    )


def for_the_desk(view: View[Extra]) -> Guarded[Extra]:
    """Technicians, managers, administrators: not requesters, not a vendor's guests."""
    return _guard(view, may_find_people)


def for_everybody(view: View[Extra]) -> Guarded[Extra]:
    return _guard(view, lambda user: True)


def _guard(view: View[Extra], may_open: Callable[[User], bool]) -> Guarded[Extra]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Extra.args, **kwargs: Extra.kwargs) -> HttpResponseBase:
        if not (isinstance(request.user, User) and may_open(request.user)):
            raise Http404
        return view(cast(AuthenticatedRequest, request), *args, **kwargs)

    return cast(Guarded[Extra], login_required(guarded))
