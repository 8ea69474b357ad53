"""Who may answer the first-run pages: whoever reads the server's log, and only while nobody is here yet.

The token follows from SECRET_KEY, so every process of a desk knows it without a row to keep it in. It opens
nothing once the first account exists, for then the pages are gone (`is_open_to_strangers`).
"""

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.queries import is_empty_installation

log = structlog.get_logger(__name__)
SESSION_KEY = "may_set_up"
LENGTH = 24


def token() -> str:
    return salted_hmac("helpdesk.setup", "first account", algorithm="sha256").hexdigest()[:LENGTH]


def is_open_to_strangers() -> bool:
    return is_empty_installation()


def is_known_to(request: HttpRequest) -> bool:
    """Whether this browser has shown the token. On a developer's machine none is asked."""
    return settings.DEBUG or constant_time_compare(request.session.get(SESSION_KEY, ""), token())


def accept(request: HttpRequest, given: str) -> bool:
    if not constant_time_compare(given.strip().lower(), token()):
        return False
    request.session[SESSION_KEY] = token()
    return True


def announce() -> None:
    """Say in the log of the start how an empty desk is set up."""
    try:
        if not settings.DEBUG and is_open_to_strangers():
            log.warning("the desk is not set up", open=f"{settings.BASE_URL}/setup/", setup_token=token())
    except DatabaseError as trouble:
        log.warning("cannot tell whether the desk is set up", trouble=str(trouble))
