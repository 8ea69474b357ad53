"""Mails to people about tickets: who is told what, and never about their own act.

Each function is a reaction, carried out by the worker. It may run twice: the key of a mail is its event
and its reader, so that one event makes at most one mail to one person.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Desk, Membership, Organisation, User
from delivery.operations import send_mail_row
from delivery.operations.redacting import empty_mails as empty_mail_rows
from escalation.models import Handoff
from helpdesk.portal.links import signed_url
from helpdesk.portal.promises import promised
from tickets.models import Event, Ticket, Watch
from tickets.operations.filing import NO_RECEIPT
from tickets.permissions import is_desk, may_see, reads_message

TELLS_PROMISES = ("opened",)
"""Mails to requesters that say what is promised."""


def confirm_receipt(event: Event, at: datetime) -> None:
    """To the requester: number, and that a person will answer. Also when somebody else filed it; not to a machine."""
    if event.data.get(NO_RECEIPT):
        return
    send(event, [event.ticket.requester], "opened", at, own_act_too=True)


def tell_of_reply(event: Event, at: datetime) -> None:
    """A reply of the desk goes to requester and watchers, one of the requester to those who work on it."""
    ticket = event.ticket
    if event.message and event.message.from_desk:
        send(event, [ticket.requester, *_watchers(ticket)], "replied", at)
    else:
        send(event, _workers(ticket), "requester_replied", at)


def ask_requester(event: Event, at: datetime) -> None:
    send(event, [event.ticket.requester, *_watchers(event.ticket)], "question", at)


def tell_of_resolution(event: Event, at: datetime) -> None:
    send(event, [event.ticket.requester, *_watchers(event.ticket)], "resolved", at)


def tell_of_note(event: Event, at: datetime) -> None:
    """To those of the desk who work on it or watch it."""
    watching = [user for user in _watchers(event.ticket) if is_desk(user)]
    send(event, [*_workers(event.ticket), *watching], "noted", at)


def tell_assignee(event: Event, at: datetime) -> None:
    if event.ticket.assignee_id == event.data.get("assignee") and event.ticket.assignee:
        send(event, [event.ticket.assignee], "assigned", at)


def tell_of_handoff(event: Event, at: datetime) -> None:
    """To the contact, who keeps tracking it, and to the leads of the team that receives it."""
    ticket = event.ticket
    receivers = leads_of(ticket.team_id)
    if ticket.team.organisation and ticket.team.organisation.kind == Organisation.Kind.VENDOR:
        receivers = _members(ticket.team_id)
    send(event, [*those(ticket.contact), *receivers], "handed_over", at)


def tell_of_return(event: Event, at: datetime) -> None:
    """To whoever gave it, and to the contact; what a rule gave comes back to the leads of the team."""
    handoff = Handoff.objects.select_related("by").get(pk=event.data["handoff"])
    givers = those(handoff.by) or leads_of(event.ticket.team_id)
    send(event, [*givers, *those(event.ticket.contact, event.ticket.assignee)], "returned", at)


def tell_of_news_asked(event: Event, at: datetime) -> None:
    send(event, _workers(event.ticket), "news_asked", at)


def tell_vendor(event: Event, at: datetime) -> None:
    """To the guests of the vendor that it was written to: of the team that has the ticket, where that is theirs."""
    message, team = event.message, event.ticket.team
    if message is None or message.vendor_id is None:
        return
    guests = User.objects.active().filter(memberships__team__organisation=message.vendor_id).distinct()
    if team.organisation_id == message.vendor_id:
        guests = guests.filter(memberships__team=team)
    send(event, guests, "shared_with_vendor", at)


def tell_of_vendor_reply(event: Event, at: datetime) -> None:
    send(event, _workers(event.ticket), "vendor_replied", at)


def empty_mails(ticket: Ticket, event: Event) -> None:
    """What is redacted in the ticket is emptied in the outbox too, before it leaves where it still waits."""
    message = event.data.get("redacted_message")
    if message:
        empty_mail_rows(Event.objects.filter(ticket=ticket, message_id=message).values_list("pk", flat=True))


def about_hidden_tickets(reader: User) -> Q:
    """The mails that the outbox does not show to this administrator: a restricted ticket is for those named."""
    restricted = Ticket.objects.filter(is_restricted=True)
    visible = Ticket.objects.visible_to(reader).filter(is_restricted=True)
    return Q(about_ticket__in=restricted.exclude(pk__in=visible.values("pk")).values("pk"))


def send(
    event: Event,
    people: Iterable[User],
    template: str,
    at: datetime,
    *,
    own_act_too: bool = False,
    **context: Any,
) -> None:
    """One mail to each of them who is here, may see the ticket and read the words, and did not do it."""
    desk = Desk.load()
    for person in {user.pk: user for user in people}.values():
        if not person.is_active or (person.pk == event.by_id and not own_act_too):
            continue
        if person.email.endswith(".invalid"):  # RFC 2606: a caller who has no mail address
            continue
        if not may_see(person, event.ticket) or (event.message and not reads_message(person, event.message)):
            continue
        _send_one(event, person, template, desk, at, context)


def _send_one(
    event: Event, person: User, template: str, desk: Desk, at: datetime, more: Mapping[str, Any]
) -> None:
    ticket = event.ticket
    with translation.override(person.language), timezone.override(person.zone):
        context = {
            "event": event,
            "ticket": ticket,
            "message": event.message,
            "person": person,
            "desk": desk,
            "url": _url(ticket, person, desk, at),
            "promised": promised(ticket, at=at).lines if template in TELLS_PROMISES else [],
            **more,
        }
        subject = _("[%(number)s] %(subject)s") % {
            "number": ticket.number,
            "subject": ticket.subject or _("(subject removed)"),
        }
        text = render_to_string(f"mail/{template}.txt", context)
    send_mail_row(
        to=person.email,
        subject=subject,
        text=text,
        about_ticket=ticket.pk,
        person=person,
        event_id=event.pk,
        dedupe_key=f"event:{event.pk}:{person.pk}",
        headers={"X-Tierdesk-Ticket": ticket.number},
        at=at,
    )


def _url(ticket: Ticket, person: User, desk: Desk, at: datetime) -> str:
    """Where the mail leads: the workspace, the request's page, or that page by a link that needs no password."""
    base = settings.BASE_URL.rstrip("/")
    if person.uses_desk and person != ticket.requester:
        return f"{base}/desk/tickets/{ticket.number}/"
    if desk.signed_links:
        return f"{base}{signed_url(ticket, person, at=at)}"
    return f"{base}/requests/{ticket.number}/"


def _workers(ticket: Ticket) -> list[User]:
    return [*those(ticket.assignee, ticket.contact)]


def those(*users: User | None) -> list[User]:
    return [user for user in users if user is not None]


def _watchers(ticket: Ticket) -> list[User]:
    return [watch.user for watch in Watch.objects.filter(ticket=ticket).select_related("user")]


def leads_of(team_id: int) -> list[User]:
    rows = Membership.objects.filter(team_id=team_id, role="lead").select_related("user")
    return [row.user for row in rows]


def _members(team_id: int) -> list[User]:
    return [row.user for row in Membership.objects.filter(team_id=team_id).select_related("user")]
