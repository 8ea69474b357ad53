from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers


class PrivatePages:
    """What somebody who is logged in reads is kept by no cache, unless its view has said how it may be.

    The lists and tickets of every day say so themselves (private, asked again each time): a browser may then go
    back to them at once. Settings, profiles and the account's own pages are kept nowhere.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Without a cookie nobody is logged in: probes and static pages then cost no session.
        if request.COOKIES and not response.has_header("Cache-Control") and request.user.is_authenticated:
            add_never_cache_headers(response)
        return response
