"""The live process at the database: short visits, one after the other, and nothing held in between."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connections
from django.http import HttpRequest

from accounts.models import User
from helpdesk.live.scopes import granted
from tickets.models import Ticket

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class _Waiting:
    """How many ask or wait for their turn; the last one closes the door."""

    count = 0


def visit(ask: Callable[Given, Answer]) -> Callable[Given, Awaitable[Answer]]:
    """Asked in the one thread that may; when nobody else waits, its connection is given back."""

    @wraps(ask)
    def inside(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            return ask(*args, **kwargs)
        finally:
            if _Waiting.count <= 1:
                connections.close_all()

    asked = sync_to_async(inside, thread_sensitive=True)

    @wraps(ask)
    async def outside(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        _Waiting.count += 1
        try:
            return await asked(*args, **kwargs)
        finally:
            _Waiting.count -= 1

    return outside


@visit
def whose(session_key: str) -> User | None:
    """The person of a session that lives; with their seats, so that nothing is asked later."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    if not isinstance(user, User) or not user.is_active:
        return None
    _ = user.seats
    return user


@visit
def may_hear(user: User, asked: list[str]) -> tuple[set[str], dict[int, int]]:
    """Of the scopes that a page asks for those that it gets, and the versions of the tickets among them."""
    plain, tickets = granted(user, asked)
    rows = Ticket.objects.visible_to(user).filter(pk__in=tickets).order_by().values_list("pk", "version")
    versions = dict(rows) if tickets else {}
    return plain | {tickets[key] for key in versions}, versions


def session_of(cookies: dict[str, str]) -> str:
    return cookies.get(settings.SESSION_COOKIE_NAME, "")
