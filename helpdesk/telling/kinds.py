"""What people are told of, as they choose it: every kind of notice with what holds by default, on one page."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from delivery.vocabulary import ByMail, NoticeKind


def _desk(person: User) -> bool:
    return person.is_technician or person.is_manager or person.is_administrator


def _works(person: User) -> bool:
    return person.works_tickets or person.is_manager or person.is_administrator


def _guests(person: User) -> bool:
    return person.is_vendor_guest


def _leads(person: User) -> bool:
    return person.is_lead or person.is_manager or person.is_administrator


def _managers(person: User) -> bool:
    return person.is_manager


def _overseers(person: User) -> bool:
    return person.is_manager or person.is_administrator


REQUESTS = _("My own requests")
TICKETS = _("Tickets that I work on or follow")
PROMISES = _("Deadlines")
KNOWLEDGE = _("Articles")
DESK = _("The desk")

KINDS = (
    NoticeKind(
        code="receipt",
        label=_("My request has arrived"),
        group=REQUESTS,
        is_fixed=True,
        why_fixed=_("It is the proof that you have asked, with the number."),
        has_inside=False,
        tells_actor=True,
    ),
    NoticeKind(
        code="answers", label=_("I get an answer or a question"), group=REQUESTS, is_correspondence=True
    ),
    NoticeKind(code="solved", label=_("My request is resolved"), group=REQUESTS, is_correspondence=True),
    NoticeKind(
        code="surveys",
        label=_("I am asked how it went, once in a while"),
        group=REQUESTS,
        has_inside=False,
    ),
    NoticeKind(
        code="watched",
        label=_("Something is written where I only watch"),
        group=TICKETS,
    ),
    NoticeKind(
        code="requester_wrote",
        label=_("The requester writes, or asks for news"),
        group=TICKETS,
        concerns=_desk,
        is_correspondence=True,
    ),
    NoticeKind(
        code="vendor_wrote",
        label=_("A vendor writes, or does not answer"),
        group=TICKETS,
        concerns=_desk,
        is_correspondence=True,
    ),
    NoticeKind(
        code="desk_wrote",
        label=_("The desk writes to my company, or asks how it stands"),
        group=TICKETS,
        concerns=_guests,
        is_correspondence=True,
    ),
    NoticeKind(
        code="mentioned", label=_("A colleague mentions me or my team"), group=TICKETS, concerns=_desk
    ),
    NoticeKind(
        code="held_replies",
        label=_("A reply of mine could not leave"),
        group=TICKETS,
        concerns=_desk,
        is_urgent=True,
    ),
    NoticeKind(code="noted", label=_("A colleague leaves a note"), group=TICKETS, concerns=_desk),
    NoticeKind(code="assigned", label=_("A ticket is assigned to me"), group=TICKETS, concerns=_desk),
    NoticeKind(
        code="handed_over", label=_("A ticket is handed over to my team"), group=TICKETS, concerns=_works
    ),
    NoticeKind(code="returned", label=_("What I handed over comes back"), group=TICKETS, concerns=_desk),
    NoticeKind(code="disputes", label=_("A ticket goes back and forth"), group=TICKETS, concerns=_desk),
    NoticeKind(
        code="proposals", label=_("An answer is proposed, sent or refused"), group=TICKETS, concerns=_desk
    ),
    NoticeKind(code="help", label=_("Somebody asks me for help"), group=TICKETS, concerns=_desk),
    NoticeKind(code="warned", label=_("The time for a ticket runs short"), group=PROMISES, concerns=_desk),
    NoticeKind(
        code="breached",
        label=_("The time for a ticket is over"),
        group=PROMISES,
        concerns=_desk,
        is_urgent=True,
    ),
    NoticeKind(
        code="promises",
        label=_("What was broken, and what will be: once a day"),
        group=PROMISES,
        concerns=_managers,
        has_inside=False,
    ),
    NoticeKind(code="rules", label=_("A rule wants me to know of a ticket"), group=DESK, concerns=_desk),
    NoticeKind(
        code="rules_stopped",
        label=_("Rules that set off one another were stopped"),
        group=DESK,
        concerns=_leads,
    ),
    NoticeKind(
        code="low_scores",
        label=_("A requester is not content with what my team has resolved"),
        group=DESK,
        concerns=_leads,
    ),
    NoticeKind(
        code="candidates",
        label=_("Something arrives far more often than usual"),
        group=DESK,
        concerns=_leads,
    ),
    NoticeKind(
        code="contracts",
        label=_("A contract with a vendor ends"),
        group=DESK,
        concerns=_overseers,
        has_mail=False,
    ),
    NoticeKind(
        code="webhooks",
        label=_("A webhook that I answer for has ended"),
        group=DESK,
        concerns=lambda person: person.is_administrator,
        has_inside=False,
    ),
    NoticeKind(
        code="announcements", label=_("I am asked to read an article"), group=KNOWLEDGE, concerns=_desk
    ),
    NoticeKind(
        code="drafts",
        label=_("A draft of my fix waits for me"),
        group=KNOWLEDGE,
        concerns=_desk,
        has_mail=False,
    ),
    NoticeKind(
        code="comments", label=_("A reader writes about an article of mine"), group=KNOWLEDGE, concerns=_desk
    ),
    NoticeKind(
        code="reviews",
        label=_("An article of mine should be looked at again"),
        group=KNOWLEDGE,
        concerns=_desk,
    ),
)

MAIL_CHOICES = [(choice.value, choice.label) for choice in ByMail]
