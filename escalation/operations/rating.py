"""The receiver's word on a hand-off, in one click."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from escalation.events import HANDOFF_RATED
from escalation.models import Handoff, HandoffRating
from tickets import events
from tickets.models import Ticket
from tickets.operations import guards
from tickets.permissions import holds_as_vendor, may_work
from tickets.refusals import Invalid, Refused


@transaction.atomic
def rate_handoff(ticket: Ticket, *, rating: str, by: User, at: datetime) -> Ticket:
    """Say how the hand-off was that brought the ticket here. The last word counts.

    Raises:
        NothingToRate: it was not handed to this team, or is not accepted yet.
    """
    ticket = events.lock(ticket)
    guards.require(
        may_work(by, ticket) or holds_as_vendor(by, ticket),
        _("Only %(team)s, who received it, can rate the hand-off.") % {"team": ticket.team},
    )
    if rating not in HandoffRating.values:
        raise Invalid(_("Choose how the hand-off was."), field="rating")
    handoff = Handoff.objects.filter(ticket=ticket).order_by("-id").first()
    if handoff is None or handoff.to_team_id != ticket.team_id or handoff.state != Handoff.State.ACCEPTED:
        raise NothingToRate(
            _("There is no hand-off to rate: accept %(number)s first.") % {"number": ticket.number}
        )
    guards.require(by.pk != handoff.by_id, _("Your own hand-off is rated by those who received it."))
    if handoff.rating != rating:
        handoff.rating, handoff.rated_by = rating, by
        handoff.save(update_fields=["rating", "rated_by"])
        events.record(ticket, HANDOFF_RATED, by=by, at=at, handoff=handoff, rating=str(rating))
    return ticket


class NothingToRate(Refused):
    code = "nothing_to_rate"
