"""Who logged in, who failed to, whose password changed: a line each in the log, for whoever guards the desk.

What people may do, and who allowed it, is in the history under Settings; this is what has no row. What was
typed as an address is not written down: now and then it is the password.
"""

from typing import Any

import structlog
from allauth.account import signals as allauth
from allauth.account.adapter import get_adapter
from django.contrib.auth import signals
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User

log = structlog.get_logger(__name__)


def connect() -> None:
    signals.user_logged_in.connect(_logged_in)
    signals.user_logged_out.connect(_logged_out)
    signals.user_login_failed.connect(_failed)
    for signal in (allauth.password_set, allauth.password_changed, allauth.password_reset):
        signal.connect(_password_changed)


def _logged_in(*, request: HttpRequest, user: User, **_facts: Any) -> None:
    log.info("logged in", person=user.pk, address=_address(request))


def _logged_out(*, request: HttpRequest, user: User | None, **_facts: Any) -> None:
    if user is not None:
        log.info("logged out", person=user.pk, address=_address(request))


def _failed(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_facts: Any) -> None:
    email = str(credentials.get("email") or credentials.get("username") or "").replace("\x00", "")
    known = User.objects.filter(email__iexact=email).values_list("pk", flat=True).first()
    log.warning("login failed", person=known, address=_address(request))


def _password_changed(*, request: HttpRequest, user: User, **_facts: Any) -> None:
    log.warning("password changed", person=user.pk, address=_address(request))


def _address(request: HttpRequest | None) -> str:
    try:
        return get_adapter().get_client_ip(request) if request is not None else ""
    except PermissionDenied:  # none can be told, as in a test
        return ""
