"""A form that was sent after the session had ended: nothing of it is lost.

The answer leads to the login and from there back to the page of the form, which is told that it was not
sent. The page's script has kept what was typed; for browsers without it, the words wait in the new session.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

IN_SESSION = "unsent"
LONGEST = 250_000
NEVER_KEPT = (
    *("csrfmiddlewaretoken", "password", "password1", "password2", "oldpassword"),
    *("secret", "client_secret", "refresh_token", "signing_key"),
)


class KeepUnsent:
    """Turns the redirect of a POST to the login into one that comes back to the page where it was written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not _went_to_login(request, response):
            return response
        page = _page_of_form(request)
        _keep(request, page)
        messages.warning(
            request,
            _(
                "You had been logged out, so this was not sent. What you wrote is kept: log in, and send it again."
            ),
        )
        login = redirect_to_login(page)
        if not request.headers.get("HX-Request"):
            return login
        # htmx would follow a redirect by itself first, and the message would be read by nobody.
        return HttpResponse(status=204, headers={"HX-Redirect": login.url})


def take(request: HttpRequest) -> dict[str, list[Any]] | None:
    """What was written on this page and could not be sent; it is handed out once."""
    left = request.session.get(IN_SESSION)
    if left is None or left["page"] != request.path:
        return None
    del request.session[IN_SESSION]
    return dict(left["fields"])


def _went_to_login(request: HttpRequest, response: HttpResponse) -> bool:
    if request.method != "POST" or response.status_code != 302 or request.path.startswith("/accounts/"):
        return False
    login = resolve_url(settings.LOGIN_URL)
    return not request.user.is_authenticated and urlsplit(response["Location"]).path == login


def _page_of_form(request: HttpRequest) -> str:
    """Where the form stands: most are sent to an address of their own, which cannot be opened."""
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(
        came_from, {request.get_host()}, require_https=request.is_secure()
    ):
        return "/"
    parts = urlsplit(came_from)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _keep(request: HttpRequest, page: str) -> None:
    fields = {name: request.POST.getlist(name) for name in request.POST if name not in NEVER_KEPT}
    if fields and sum(len(value) for values in fields.values() for value in values) <= LONGEST:
        request.session[IN_SESSION] = {"page": urlsplit(page).path, "fields": fields}
