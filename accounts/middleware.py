from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from accounts.models import User
from accounts.reading import zone_of


class ViewerZone:
    """Times in the viewer's zone and words in their language, as their profile says.

    After authentication and after LocaleMiddleware, whose guess from the browser holds for strangers; their zone is
    the browser's, too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Without the cookie nobody is logged in: probes and static pages then cost no session.
        if not request.COOKIES:
            return self.get_response(request)
        if isinstance(request.user, User):
            request.user = _themselves(request.user)
            timezone.activate(request.user.zone)
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        elif zone := zone_of(request.COOKIES):
            timezone.activate(ZoneInfo(zone))
        try:
            return self.get_response(request)
        finally:
            # The thread serves somebody else next.
            timezone.deactivate()


def _themselves(user: User) -> User:
    """The person without the wrapper that has looked them up: it costs at each of a thousand questions."""
    wrapped: User = getattr(user, "_wrapped", user)
    return wrapped
