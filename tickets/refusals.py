"""Why an operation refuses. One place turns these into a message on the page, one into a problem document."""

from collections.abc import Iterable
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from tickets.models import Ticket
from tickets.naming import status_name


class Refused(Exception):
    """An operation was not carried out. `str()` is a sentence for people; `code` and `field` are for programs."""

    code = "refused"
    http_status = 409
    field: str | None = None

    def __init__(self, message: str, *, field: str | None = None, **facts: Any) -> None:
        super().__init__(message)
        self.field = field or self.field
        self.facts = facts


class NotAllowed(Refused):
    """The person can see the ticket but may not do this."""

    code = "not_allowed"
    http_status = 403


class Invalid(Refused):
    """An argument cannot be used; `field` names it."""

    code = "invalid"
    http_status = 400


class IllegalMove(Refused):
    """The status machine has no such move; the message names the legal ones."""

    code = "illegal_move"

    def __init__(self, ticket: Ticket, to: str, legal: Iterable[str]) -> None:
        names = [status_name(code) for code in legal]
        message = (
            _("%(number)s is %(status)s and cannot become %(to)s. From here it can become: %(legal)s.")
            if names
            else _("%(number)s is %(status)s, and that is final. A reply opens a follow-up.")
        ) % {
            "number": ticket.number,
            "status": ticket.get_status_display(),
            "to": status_name(to),
            "legal": get_text_list(names, _("or")),
        }
        super().__init__(message, field="status", legal=list(legal))


class Conflict(Refused):
    """Somebody else changed the ticket since the page was loaded."""

    code = "conflict"

    def __init__(self, ticket: Ticket, seen: int) -> None:
        super().__init__(
            _("%(number)s has been changed since you opened it.") % {"number": ticket.number},
            field="version",
            seen=seen,
            now=ticket.version,
        )
        self.ticket, self.seen = ticket, seen
