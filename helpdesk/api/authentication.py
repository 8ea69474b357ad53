"""Who asks: by a token, or by the session of the product's own pages (then with the CSRF token)."""

from typing import Any

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from rest_framework.authentication import BaseAuthentication
from rest_framework.authentication import SessionAuthentication as Session
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import Token, User
from accounts.operations import use_token

SCHEME = "Bearer "
NO_ENTRY = _lazy("This token is unknown, revoked or over, or its owner has left.")


class BearerToken(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        given = request.META.get("HTTP_AUTHORIZATION", "")
        if not given:
            return None
        if not given.startswith(SCHEME):
            raise AuthenticationFailed(_("Send the header as `Authorization: Bearer TOKEN`."))
        token = use_token(given.removeprefix(SCHEME).strip(), at=timezone.now())
        if token is None:
            raise AuthenticationFailed(str(NO_ENTRY))
        structlog.contextvars.bind_contextvars(token=token.pk)
        return acting(token), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class PageSession(Session):
    """A page of ours that asks for data: whoever is logged in, with all that they may do."""

    def authenticate(self, request: Request) -> Any:
        # Without a cookie nobody is logged in: then no session is looked for.
        return super().authenticate(request) if request.COOKIES else None


def acting(token: Token) -> User:
    """The person as the token lets them act: seats and rights above its tier do not count."""
    person = token.person
    if token.max_tier is not None:
        person.seats = [seat for seat in person.seats if seat.tier <= token.max_tier]
        person.is_manager = person.is_administrator = person.is_staff = person.is_superuser = False
    return person
