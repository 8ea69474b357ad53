"""What a page may ask to hear of. Only ids travel; tickets are asked of `visible_to`, one query for all."""

from collections.abc import Iterable

from accounts.keys import key_of
from accounts.models import User
from tickets.permissions import is_desk

MOST = 120
"""Scopes of one page: the rows of a list, its queue and its own."""


def granted(user: User, asked: Iterable[str]) -> tuple[set[str], dict[int, str]]:
    """Those that need no further question; and by ticket those that the ticket's visibility decides."""
    plain: set[str] = set()
    tickets: dict[int, str] = {}
    for scope in list(asked)[:MOST]:
        kind, _colon, text = scope.partition(":")
        key = key_of(text)
        if kind == "me":
            plain.add(f"person:{user.pk}")
        elif _needs_no_key(user, kind):
            plain.add(kind)
        elif key and _hears_list(user, kind, key):
            plain.add(scope)
        elif key and kind == _of_tickets(user, kind):
            tickets[key] = scope
    return plain, tickets


def _needs_no_key(user: User, kind: str) -> bool:
    if kind == "counts":
        return user.uses_desk
    return kind in ("all", "board") and is_desk(user)


def _hears_list(user: User, kind: str, key: int) -> bool:
    if kind == "team":
        return is_desk(user) or key in user.team_ids
    return kind == "tier" and is_desk(user)


def _of_tickets(user: User, kind: str) -> str:
    """The one way in which this person hears of a ticket from such a page; a requester's page is everybody's."""
    if kind == "request":
        return kind
    if is_desk(user):
        return "ticket"
    return "guest" if user.is_vendor_guest else ""
