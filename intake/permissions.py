"""Who may do what with incoming mail, and into which tickets a sender may write."""

from dataclasses import dataclass
from enum import Enum

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from intake.models import Mailbox, MailMessage
from tickets.models import Ticket, Watch
from tickets.permissions import holds_as_vendor, is_desk, is_requester_side, may_see, may_work
from tickets.refusals import NotAllowed


class Side(Enum):
    """For whom somebody writes in a ticket."""

    REQUESTER = "requester"
    DESK = "desk"
    VENDOR = "vendor"


@dataclass(frozen=True)
class Standing:
    """As whom somebody may write into a ticket. `vendor` names the vendor of a contact who has no seat."""

    side: Side
    vendor: Organisation | None = None


def standing(person: User | None, ticket: Ticket, *, vendors: dict[int, Organisation]) -> Standing | None:
    """As whom this person may write into the ticket by mail; None: not at all.

    The requester's side, its watchers, the desk where it sees the ticket, and the vendor that has it. Of several
    roles the requester's goes before: what somebody asks for themselves they write in public.

    Args:
        vendors: those for which the sender's address is a contact, by key.
    """
    if person is not None and person.is_active and may_see(person, ticket):
        if holds_as_vendor(person, ticket):
            return Standing(Side.VENDOR)
        if is_requester_side(person, ticket):
            return Standing(Side.REQUESTER)
        if is_desk(person):
            return Standing(Side.DESK)
        if Watch.objects.filter(ticket=ticket, user=person).exists():
            return Standing(Side.REQUESTER)
    # Of several vendors that one address speaks for, that of the team that has it goes before the one it waits for.
    for key in (ticket.team.organisation_id, ticket.vendor_id):
        if key is not None and key in vendors:
            return Standing(Side.VENDOR, vendors[key])
    return None


def may_keep_mail(user: User | None) -> bool:
    """See the page of incoming mail, replay, approve and refuse: administrators, managers, and leads of the house."""
    return user is None or (
        user.is_active and is_desk(user) and (user.is_administrator or user.is_manager or user.is_lead)
    )


def require_mail_desk(by: User | None) -> None:
    if not may_keep_mail(by):
        raise NotAllowed(_("Only administrators, managers and leads do this."))


def mails_visible_to(user: User) -> Q:
    """Which incoming mails this person finds on the page: a lead those of the own teams' mailboxes and of mailboxes
    without a team; nobody those of a ticket that they may not open."""
    seen = Q(ticket=None) | Q(ticket__in=Ticket.objects.visible_to(user).values("pk"))
    if user.is_administrator or user.is_manager:
        return seen
    boxes = Mailbox.objects.filter(Q(team=None) | Q(team__in=user.led_team_ids))
    return seen & Q(mailbox__in=boxes.values("pk"))


def may_download(user: User, mail: MailMessage) -> bool:
    """The raw bytes, with every header: who keeps the mail, and who works the ticket; never a vendor's guest."""
    if not is_desk(user):
        return False
    if may_keep_mail(user) and MailMessage.objects.filter(mails_visible_to(user), pk=mail.pk).exists():
        return True
    return mail.ticket is not None and may_see(user, mail.ticket) and may_work(user, mail.ticket)
