"""A ticket that goes back and forth between two teams: it is told, and ends when their leads name who keeps it."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Team, User
from escalation.events import PING_PONG
from escalation.permissions import leads_one_of
from escalation.queries.moves import Step, is_named, returns_between, steps_of, to_and_fro
from tickets.events import Quiet, tell
from tickets.models import Ticket
from tickets.refusals import Refused

TOLD_AT = 3
"""Steps: A > B > A > B."""
RETURNS_UNTIL_NAMED = 2


class NamedOwner(Refused):
    """The leads have said who keeps it."""

    code = "named_owner"


class OwnerToName(Refused):
    """It was returned twice between these two teams: their leads have to say who keeps it."""

    code = "owner_to_name"


def steps_before(ticket: Ticket) -> list[Step]:
    """The way of a locked ticket so far; nothing is read where it is too short for a ping-pong."""
    if ticket.handoff_count + ticket.bounce_count < TOLD_AT - 1:
        return []
    return steps_of(ticket)


def require_free(
    ticket: Ticket, steps: Sequence[Step], *, to: Team, by: User | None, field: str | None = None
) -> None:
    """That a ticket may go from its team to this one. Leads of both decide; rules and all others are bound.

    Raises:
        NamedOwner: the owner is named.
        OwnerToName: it was returned twice, and nobody has named the owner yet.
    """
    pair = frozenset({ticket.team_id, to.pk})
    returns = returns_between(steps, pair)
    named = is_named(steps, pair)
    if not named and returns < RETURNS_UNTIL_NAMED:
        return
    if by is not None and leads_one_of(by, tuple(pair)):
        return
    words = {"number": ticket.number, "here": ticket.team, "there": to}
    if named:
        raise NamedOwner(
            _(
                "The leads of %(here)s and %(there)s have settled where %(number)s stays. Only they can move it "
                "between the two."
            )
            % words,
            field=field,
        )
    raise OwnerToName(
        _(
            "%(number)s was returned twice between %(here)s and %(there)s. It stays here until a lead of either "
            "names who keeps it."
        )
        % words,
        field=field,
    )


def tell_ping_pong(ticket: Ticket, steps: Sequence[Step], *, at: datetime) -> None:
    """The quiet event, once for each time that it begins."""
    if to_and_fro(steps) == TOLD_AT:
        last = steps[-1]
        tell(
            [Quiet(ticket.pk, PING_PONG, at, {"teams": [last.from_team, last.to_team]})],
            written=at,
        )
