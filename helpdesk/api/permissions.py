"""Whether a request comes in at all: somebody is known, and their token's scopes reach so far."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import Token, User
from accounts.models.tokens import READ, WRITE
from helpdesk.api.problems import Problem

READS = ("GET", "HEAD")


class HasScope(BasePermission):
    """What the person may do beyond that is asked by the operations, as everywhere."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.user, User):
            raise NotAuthenticated(_("Send `Authorization: Bearer TOKEN`."))
        if scope := scope_of(view, request.method or ""):
            needs_scope(request, scope)
        return True


def needs_scope(request: Request, scope: str) -> None:
    """Refuse a token that lacks it; a session has no scopes."""
    if isinstance(request.auth, Token) and not request.auth.allows(scope):
        raise Problem(
            "scope_missing", _("The token lacks the scope %(scope)s.") % {"scope": scope}, scope=scope
        )


def scope_of(view: Any, method: str) -> str:
    """The scope that this method of a view needs; "" for what every token may do."""
    if not view.area:
        return ""
    reads = method in READS or method.lower() in view.reads_by
    return f"{view.area}:{READ if reads else WRITE}"
