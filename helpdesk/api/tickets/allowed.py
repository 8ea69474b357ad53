"""Which acts are within somebody's reach on a ticket now, by their names here. The operations check again."""

from collections.abc import Iterator

from accounts.models import User
from escalation.models import Proposal
from helpdesk.api.tickets.acts import ACTS, UNDER_OTHER_NAMES
from helpdesk.api.tickets.showing import DESK, GUEST, side_of
from helpdesk.desk.offers import offers_to
from tickets.models import Status, Ticket, Watch
from tickets.permissions import holds_as_vendor, is_requester_side


def acts_within_reach(user: User, ticket: Ticket) -> list[str]:
    """In the order of the list of acts."""
    side = side_of(user, ticket)
    names = set(_of_requester(user, ticket)) if side != GUEST else set(_of_guest(user, ticket))
    if side == DESK:
        names |= set(_of_desk(user, ticket))
    return [name for name in ACTS if name in names]


def _of_desk(user: User, ticket: Ticket) -> Iterator[str]:
    is_watching = Watch.objects.filter(ticket=ticket, user=user).exists()
    offers = offers_to(user, ticket, is_watching=is_watching)
    groups = [offers.asked, offers.usual, *offers.more]
    for name in (name for group in groups for name, _act in group):
        yield from UNDER_OTHER_NAMES.get(name, (name,))
    if offers.may_note:
        yield "note"
    if offers.may_reply:
        yield "propose-reply" if offers.proposes_to else "reply"
    if (
        Proposal.objects.filter(ticket=ticket, state=Proposal.State.WAITING).exists()
        and not offers.proposes_to
    ):
        yield "send-proposal"
        yield "refuse-proposal"


def _of_requester(user: User, ticket: Ticket) -> Iterator[str]:
    if not is_requester_side(user, ticket):
        if Watch.objects.filter(ticket=ticket, user=user).exists():
            yield from ("reply", "unwatch")
        return
    yield from ("reply", "watch", "unwatch")
    if ticket.status == Status.RESOLVED:
        yield from ("confirm", "reopen", "rate")
    elif ticket.status == Status.CLOSED:
        yield "rate"
    elif ticket.is_open:
        yield from ("ask-news", "withdraw")


def _of_guest(user: User, ticket: Ticket) -> Iterator[str]:
    if not ticket.is_open or not holds_as_vendor(user, ticket):
        return
    yield "share"
    if ticket.team_id in user.team_ids:
        yield from ("accept", "return", "claim-fix")
