"""Two teams cannot agree whose ticket it is: after the second return a lead of either names who keeps it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from escalation.events import OWNER_NAMED
from escalation.models import Handoff, Reason
from escalation.operations.handing_over import begin, vendor_between
from escalation.operations.ping_pong import RETURNS_UNTIL_NAMED
from escalation.permissions import leads_one_of
from escalation.queries.moves import Step, returns_between, steps_of
from tickets import events
from tickets.models import Audience, MessageKind, Status, Ticket
from tickets.operations import guards
from tickets.operations.moving import move
from tickets.operations.writing import write
from tickets.refusals import Invalid, Refused


@transaction.atomic
def name_owner(ticket: Ticket, *, team: Team, by: User, at: datetime, text: str = "") -> Ticket:
    """Name which of the two teams keeps it; it goes there if it lies elsewhere, and stays.

    Args:
        by: leads one of the two, or is a manager or an administrator.
        text: why, for both teams; may be empty.

    Raises:
        NothingToName: it was not returned twice between the same two teams.
        Invalid: the team is none of the two, or receives nothing.
    """
    ticket = events.lock(ticket)
    guards.require_open(ticket)
    pair = disputed(steps_of(ticket))
    if pair is None:
        raise NothingToName(
            _("%(number)s was not returned twice between the same two teams.") % {"number": ticket.number}
        )
    guards.require(
        leads_one_of(by, tuple(pair)), _("Only a lead of one of the two teams names who keeps it.")
    )
    if team.pk not in pair:
        raise Invalid(_("Choose one of the two teams."), field="team")
    if not team.is_active or not team.tier.is_enabled:
        raise Invalid(
            _("%(team)s receives nothing: it is inactive or its tier is not in use.") % {"team": team},
            field="team",
        )
    (other,) = pair - {team.pk}
    facts: dict[str, Any] = {"teams": [team.pk, other], "from_team": ticket.team_id}
    message = write(
        ticket,
        text=text or _("%(team)s keeps it.") % {"team": team},
        kind=MessageKind.HANDOFF,
        audience=Audience.INTERNAL,
        vendor=vendor_between(ticket.team, team),
        by=by,
        at=at,
    )
    _mark_named(ticket, pair)
    if ticket.team_id == team.pk:
        events.record(ticket, OWNER_NAMED, by=by, at=at, message=message, **facts)
        return ticket
    handoff = begin(ticket, to=team, reason=Reason.WRONG_TEAM, summary=message, by=by, at=at)
    if ticket.status in (Status.ON_HOLD, Status.PENDING_VENDOR):
        guards.become(ticket, Status.OPEN, at)
    move(ticket, team=team, kind=OWNER_NAMED, by=by, at=at, message=message, handoff=handoff, **facts)
    return ticket


class NothingToName(Refused):
    code = "nothing_to_name"


def disputed(steps: list[Step]) -> frozenset[int] | None:
    """The two teams between which it was returned twice; the last two, where there are more."""
    pairs = [step.pair for step in steps if step.is_return]
    return next(
        (pair for pair in reversed(pairs) if returns_between(steps, pair) >= RETURNS_UNTIL_NAMED), None
    )


def _mark_named(ticket: Ticket, pair: frozenset[int]) -> None:
    """On the last hand-off between the two: from now on only leads move it between them."""
    rows = Handoff.objects.filter(ticket=ticket, from_team__in=pair, to_team__in=pair)
    last = rows.order_by("-id")[0]
    last.is_owner_named = True
    last.save(update_fields=["is_owner_named"])
