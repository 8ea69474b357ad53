"""Who may open the pages of insights, and the frame that they stand in. Others cannot tell that they exist."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from insights.cuts import Scope
from insights.permissions import scope_of


class InsightsRequest(HttpRequest):
    """`scope` is what the reader's figures may count; `insights_base` the frame that the page stands in."""

    user: User
    htmx: HtmxDetails
    scope: Scope
    insights_base: str
    insights_tabs: "list[ShownTab]"


Extra = ParamSpec("Extra")
View = Callable[Concatenate[InsightsRequest, Extra], HttpResponseBase]
Guarded = Callable[Concatenate[HttpRequest, Extra], HttpResponseBase]
MayOpen = Callable[[User, Scope], bool]


def anybody(_user: User, _scope: Scope) -> bool:
    """Everybody who reads figures at all: managers, leads, and who sees the tickets of an organisation."""
    return True


def at_the_desk(_user: User, scope: Scope) -> bool:
    """Managers, administrators and leads; not the organisation's own manager."""
    return not scope.organisation


def over_the_desk(_user: User, scope: Scope) -> bool:
    """Managers and administrators."""
    return scope.is_everything


@dataclass(frozen=True)
class Tab:
    """One of the tabs: the name of its first page's address, and whose it is.

    `begins` are the beginnings of all addresses that belong to it; its own address always does.
    """

    name: str
    label: Promise | str
    may_open: MayOpen = anybody
    begins: tuple[str, ...] = ()


CHANGE_PAGES = tuple(
    f"/insights/{page}/"
    for page in ("change", "shift-left", "candidates", "breaches", "budget", "hand-offs", "articles", "rules")
)
TABS: tuple[Tab, ...] = (
    Tab("insights-now", _("Now"), at_the_desk, ("/desk/board/", "/insights/morning/", "/insights/capacity/")),
    Tab(
        "insights",
        _("Over time"),
        anybody,
        (
            "/insights/times/",
            "/insights/tiers/",
            "/insights/rates/",
            "/insights/tickets/",
            "/insights/truths/",
        ),
    ),
    Tab("insights-change", _("What to change"), at_the_desk, CHANGE_PAGES),
    Tab("insights-promises", _("Promises"), anybody, ("/insights/promises/",)),
    Tab("insights-satisfaction", _("Satisfaction"), anybody, ("/insights/satisfaction/",)),
    Tab("insights-reports", _("Reports"), anybody, ("/insights/reports/", "/insights/months/")),
)
"""In their order."""


@dataclass(frozen=True)
class ShownTab:
    url: str
    label: str
    is_current: bool


def insights_page(view: View[Extra], may_open: MayOpen = anybody) -> Guarded[Extra]:
    """For whoever reads figures: `request.scope` says which. Templates extend "insights/frame.html".

    `may_open` narrows it further: `@partial(insights_page, may_open=at_the_desk)`, or the decorators below.
    """

    @login_required
    @wraps(view)
    def guarded(request: InsightsRequest, *args: Extra.args, **kwargs: Extra.kwargs) -> HttpResponseBase:
        scope = scope_of(request.user) if isinstance(request.user, User) else None
        if scope is None or not may_open(request.user, scope):
            raise Http404
        request.scope = scope
        request.insights_base = "base_portal.html" if scope.organisation else "base_desk.html"
        request.insights_tabs = shown_tabs(request)
        return private(view(request, *args, **kwargs))

    return guarded  # type: ignore[return-value]


def desk_insights_page(view: View[Extra]) -> Guarded[Extra]:
    """For managers, administrators and leads."""
    return insights_page(view, at_the_desk)


def overseers_insights_page(view: View[Extra]) -> Guarded[Extra]:
    """For managers and administrators."""
    return insights_page(view, over_the_desk)


def shown_tabs(request: InsightsRequest) -> list[ShownTab]:
    shown = []
    for tab in TABS:
        if tab.may_open(request.user, request.scope):
            url = reverse(tab.name)
            is_current = request.path == url or request.path.startswith(tab.begins)
            shown.append(ShownTab(url, str(tab.label), is_current))
    return shown


def private(response: HttpResponseBase) -> HttpResponseBase:
    """Figures are for the person who asked, and an address may answer with a page or a part of it."""
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, private=True, no_cache=True)
    return response
