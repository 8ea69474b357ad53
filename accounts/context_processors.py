from django.core.exceptions import DisallowedHost
from django.http import HttpRequest  # noqa: TID251  (a context processor is of the web)
from django.utils.functional import SimpleLazyObject

from accounts.current import current_desk
from accounts.looks import Look, look_for
from accounts.models import User

CAME_BY = "tierdesk_at"
"""The cookie that names the way in of an organisation, /at/<slug>/."""


def desk(request: HttpRequest) -> dict[str, object]:
    """`desk` in every template: name, phone and hours; `branding`: how the portal looks to whoever asks.

    Read when a template asks, and not again for seconds.
    """
    return {
        "desk": SimpleLazyObject(current_desk),
        "branding": SimpleLazyObject(lambda: look_of_visit(request)),
    }


def look_of_visit(request: HttpRequest) -> Look:
    """How the portal looks to whoever asks: of their organisation, else of the way by which they came."""
    user = getattr(request, "user", None)
    organisation = user.organisation_id if isinstance(user, User) else None
    return look_for(organisation, host=host_of(request), slug=request.COOKIES.get(CAME_BY, ""))


def host_of(request: HttpRequest) -> str:
    """By which name they came, without the port; nothing where it is none of ours, for that is told on a page, too."""
    try:
        return request.get_host().rsplit(":", 1)[0]
    except DisallowedHost:
        return ""
