"""Who may do what with a ticket they can see. `by=None` is the system and may do all."""

from django.db.models import Q

from accounts.models import User
from tickets.models import Audience, Message, Ticket, tier_writes


def may_see(user: User | None, ticket: Ticket) -> bool:
    return user is None or Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists()


def is_requester_side(user: User, ticket: Ticket) -> bool:
    """Asked for it, filed it for a colleague, or manages the organisation it belongs to."""
    return user.pk in (ticket.requester_id, ticket.opened_by_id if not user.is_technician else None) or (
        user.sees_organisation and user.organisation_id == ticket.organisation_id and not user.is_technician
    )


def is_desk(user: User | None) -> bool:
    """Works for the desk: a technician, manager or administrator; not a vendor's guest."""
    return user is None or user.is_technician or user.is_manager or user.is_administrator


def leads(user: User | None, ticket: Ticket) -> bool:
    return user is None or user.is_administrator or user.is_manager or ticket.team_id in user.led_team_ids


def may_work(user: User | None, ticket: Ticket) -> bool:
    """Take, assign, wait, resolve: the team that has it, its assignee, leads."""
    return user is None or (
        is_desk(user)
        and (ticket.team_id in user.team_ids or ticket.assignee_id == user.pk or leads(user, ticket))
    )


def may_track(user: User | None, ticket: Ticket) -> bool:
    """Keep it in order: whoever may work it, and the contact."""
    return user is None or may_work(user, ticket) or ticket.contact_id == user.pk or _sits_on(user, (0, 1))


def may_hand_over(user: User | None, ticket: Ticket) -> bool:
    """Give it to another team: who may work it, the contact, and the vendor's guest who has it."""
    if user is None or may_work(user, ticket) or ticket.contact_id == user.pk:
        return True
    return holds_as_vendor(user, ticket)


def holds_as_vendor(user: User | None, ticket: Ticket) -> bool:
    """The vendor's guest whose team has the ticket now, or whose answer it waits for."""
    return (
        user is not None
        and user.is_vendor_guest
        and (ticket.team_id in user.team_ids or ticket.vendor_id in vendors_of(user))
    )


def may_write_to_requester(user: User | None, ticket: Ticket) -> bool:
    """Public replies: the contact, and technicians of a tier that writes to requesters (by tier and category)."""
    if user is None or user.pk in (ticket.contact_id, ticket.requester_id):
        return True
    if user.is_administrator or user.is_manager:
        return True
    category = ticket.category
    return is_desk(user) and any(
        tier_writes(seat.tier, category, policy=seat.writes) for seat in user.seats if not seat.is_vendor
    )


def may_note(user: User | None) -> bool:
    return is_desk(user)


def reads_internal(user: User, ticket: Ticket) -> bool:
    """The desk's side of a ticket: notes, hand-offs, history, people's fields."""
    return is_desk(user)


def readable_messages(user: User, ticket: Ticket) -> Q:
    """Which messages of a ticket that they may open this person reads.

    The conversation is never cut for somebody of the desk; only notes marked for a higher tier are.
    A vendor's guest reads what was shared with their vendor, and nothing of what another one was told; a requester
    what is public.
    """
    own = Q(author=user)
    if is_desk(user):
        return own | ~Q(audience=Audience.INTERNAL) | Q(min_tier__lte=user.clearance)
    if reads_as_vendor(user, ticket):
        return own | Q(audience=Audience.VENDOR, vendor__in=vendors_of(user))
    return Q(audience=Audience.PUBLIC)


def reads_as_vendor(user: User, ticket: Ticket) -> bool:
    """A vendor's guest, unless it is a request of their own house, which they read as anybody there."""
    if not user.is_vendor_guest or is_requester_side(user, ticket):
        return False
    is_of_their_house = user.organisation_id is not None and user.organisation_id == ticket.organisation_id
    return holds_as_vendor(user, ticket) or not is_of_their_house


def vendors_of(user: User) -> set[int]:
    """The vendors that this person is a guest of."""
    return {seat.vendor_id for seat in user.seats if seat.vendor_id is not None}


def reads_message(user: User, message: Message) -> bool:
    return Message.objects.filter(readable_messages(user, message.ticket), pk=message.pk).exists()


def _sits_on(user: User, levels: tuple[int, ...]) -> bool:
    return any(seat.tier in levels for seat in user.seats)
