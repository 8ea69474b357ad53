"""What every operation asks first: may this person do it, are the words usable, is the move legal."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from tickets.models import Status, Ticket
from tickets.permissions import is_desk, may_track, may_work
from tickets.refusals import IllegalMove, Invalid, NotAllowed
from tickets.statuses import legal_from

MAX_TEXT = 100_000


def require(allowed: bool, message: str) -> None:
    if not allowed:
        raise NotAllowed(message)


def require_desk(by: User | None) -> None:
    require(is_desk(by), _("Only people of the desk can do this."))


def require_work(by: User | None, ticket: Ticket) -> None:
    require(
        may_work(by, ticket),
        _("%(number)s lies with %(team)s. Only its members and leads can do this.")
        % {"number": ticket.number, "team": ticket.team},
    )


def require_track(by: User | None, ticket: Ticket) -> None:
    require(
        may_track(by, ticket),
        _("Only the team that has %(number)s, its contact or the service desk can do this.")
        % {"number": ticket.number},
    )


def require_open(ticket: Ticket) -> None:
    if not ticket.is_open:
        raise NotOpen(ticket)


def require_status(ticket: Ticket, status: Status, *, to: Status) -> None:
    """For an act that leads to `to` from one status alone, though the machine knows other ways there.

    Raises:
        IllegalMove: naming what else is legal.
    """
    if ticket.status != status:
        raise IllegalMove(ticket, to, [code for code in legal_from(ticket.status) if code != to])


class NotOpen(IllegalMove):
    """The act needs an open ticket."""

    code = "not_open"

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket, Status.OPEN, legal_from(ticket.status))


def words(text: str, field: str, *, longest: int = MAX_TEXT, needed: bool = True) -> str:
    """A text as it may be stored: trimmed, without NUL (PostgreSQL refuses it), not empty, not too long."""
    text = (text or "").replace("\x00", "").replace("\r\n", "\n").strip()
    if needed and not text:
        raise Invalid(_("This cannot be empty."), field=field)
    if len(text) > longest:
        raise Invalid(
            _("This is too long: %(given)d characters, at most %(longest)d.")
            % {"given": len(text), "longest": longest},
            field=field,
        )
    return text


def line(text: str, field: str, *, longest: int, needed: bool = False) -> str:
    return words(" ".join((text or "").split()), field, longest=longest, needed=needed)


def become(ticket: Ticket, to: str, at: datetime) -> None:
    """Move the status, if the machine allows it, and clear what belonged to the one that ends.

    Raises:
        IllegalMove: naming the legal moves.
    """
    if to == ticket.status:
        return
    if to not in legal_from(ticket.status):
        raise IllegalMove(ticket, to, legal_from(ticket.status))
    if ticket.status == Status.ON_HOLD:
        ticket.hold_reason, ticket.hold_until = "", None
    ticket.status, ticket.status_since = to, at
