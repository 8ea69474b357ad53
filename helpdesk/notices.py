"""Who is told what about tickets, and never of their own act.

Each function is a reaction, carried out by the worker. It may run twice: what somebody is told is known by its event
and its reader, so that one event makes at most one notice and one mail to one person. Whether, when and how they want
to be told is asked in one place, `delivery/operations/telling.py`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.current import current_desk
from accounts.models import Desk, Membership, Organisation, User
from delivery.letters import Letter
from delivery.models import Piece
from delivery.operations.redacting import empty_mails as empty_mail_rows
from delivery.operations.redacting import empty_mails_of_ticket
from delivery.operations.telling import News, tell
from delivery.vocabulary import letter_called
from escalation.models import Handoff
from helpdesk.portal.links import signed_url
from helpdesk.portal.promises import promised
from helpdesk.telling.files import Enclosed, enclose
from helpdesk.telling.surveys import question
from helpdesk.telling.writing import Later, Value, about_desk, compose, inline, link, written
from insights.operations import surveying
from tickets.models import Event, Outgoing, Priority, Ticket, Watch
from tickets.operations.filing import NO_RECEIPT
from tickets.operations.mentioning import who_is_called
from tickets.permissions import is_desk, may_see, reads_message

WATCHED = "watched"
"""The kind of what somebody is told of only because they watch."""


def confirm_receipt(event: Event, at: datetime) -> None:
    """To the requester: number, and that a person will answer. Also when somebody else filed it; not to a machine."""
    if event.data.get(NO_RECEIPT):
        return
    send(event, [event.ticket.requester], "opened", at)


def tell_of_reply(event: Event, at: datetime) -> None:
    """A reply of the desk goes to requester and watchers, one of the requester to those who work on it."""
    ticket = event.ticket
    if event.message and event.message.from_desk:
        called = tell_mentioned(event, at, but=[ticket.requester])
        watching = [user for user in _watchers(ticket) if user.pk not in called]
        send(event, [ticket.requester], "replied", at, watchers=watching)
    else:
        send(event, _workers(ticket), "requester_replied", at)


def ask_requester(event: Event, at: datetime) -> None:
    send(event, [event.ticket.requester], "question", at, watchers=_watchers(event.ticket))


def tell_of_resolution(event: Event, at: datetime) -> None:
    """To the requester, whom the same mail may ask how it went; to watchers without the question."""
    requester, survey = event.ticket.requester, surveying.begin(event, at=at)
    asks = (lambda: question(survey)) if survey.asked_at else ""
    send(event, [requester], "resolved", at, survey=asks)
    watching = [one for one in _watchers(event.ticket) if one.pk != requester.pk]
    send(event, [], "resolved", at, watchers=watching)


def tell_of_held_reply(event: Event, at: datetime) -> None:
    """To its writer, as long as it still waits."""
    row = Outgoing.objects.select_related("by").filter(pk=event.data["outgoing"]).first()
    if row is not None and row.is_held:
        send(event, [row.by], "reply_held", at, why=row.reason)


def tell_of_note(event: Event, at: datetime) -> None:
    """To those whom it mentions, and to those of the desk who work on it or watch it. Nobody is told twice."""
    called = tell_mentioned(event, at)
    watching = [user for user in _watchers(event.ticket) if is_desk(user) and user.pk not in called]
    workers = [user for user in _workers(event.ticket) if user.pk not in called]
    send(event, workers, "noted", at, watchers=watching)


def tell_mentioned(event: Event, at: datetime, *, but: Iterable[User] = ()) -> set[int]:
    """To each whom the text calls by name or by team and who may read it; their keys."""
    left = {user.pk for user in but}
    called = [user for user in who_is_called(event) if is_desk(user) and user.pk not in left]
    send(event, called, "mentioned", at)
    return {user.pk for user in called}


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
    tell_mentioned(event, at)
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
    if event.data.get("redacted_column") == "subject":
        empty_mails_of_ticket(ticket.pk, subject=f"[{ticket.number}] {ticket.subject}")


def about_hidden_tickets(reader: User) -> Q:
    """The mails that the outbox does not show to this administrator: a restricted ticket is for those named."""
    restricted = Ticket.objects.filter(is_restricted=True)
    visible = Ticket.objects.visible_to(reader).filter(is_restricted=True)
    hidden = restricted.exclude(pk__in=visible.values("pk")).values("pk")
    # A digest is about no one ticket; what it was put together of remembers them.
    gathered = Piece.objects.filter(ticket_number__in=hidden, mail_key__isnull=False)
    return Q(about_ticket__in=hidden) | Q(pk__in=gathered.values("mail_key"))


def sees_ticket(person: User, number: int) -> bool:
    """Asked once more before what has waited leaves."""
    return Ticket.objects.visible_to(person).filter(pk=number).exists()


def send(
    event: Event,
    people: Iterable[User],
    letter: str,
    at: datetime,
    *,
    watchers: Iterable[User] = (),
    **values: Any,
) -> None:
    """Tell each of them who may see the ticket and read the words. Who only watches is told as a watcher."""
    named = {person.pk: person for person in people}
    kind = letter_called(letter).kind
    groups = {kind: list(named.values()), WATCHED: [one for one in watchers if one.pk not in named]}
    for group, members in groups.items():
        readers = [person for person in members if _reads(person, event)]
        if readers:
            tell(readers, news_of(event, letter, at, kind=group, **values))


def news_of(event: Event, letter: str, at: datetime, *, kind: str = "", **values: Any) -> News:
    """What a ticket's event tells by this letter. Without one (empty), it is told inside the product alone."""

    def write(person: User) -> Letter:
        return letter_about(event, letter, person, at, **values)

    return News(
        kind=kind or letter_called(letter).kind,
        key=f"event:{event.pk}",
        at=at,
        write=write if letter else None,
        event_kind=event.kind,
        event_id=event.pk,
        ticket_number=event.ticket_id,
        by=event.by_id,
        is_urgent=event.ticket.priority == Priority.P1,
    )


def letter_about(event: Event, letter: str, person: User, at: datetime, **values: Any) -> Letter:
    """The letter in this person's language, which must be active."""
    ticket, desk = event.ticket, current_desk()
    known = letter_called(letter)
    enclosed = enclose(event.message) if "files" in known.placeholders else Enclosed()
    said: dict[str, Value | Later] = {
        **about_desk(desk, person.first_name),
        **about_ticket(event, desk),
        "link": link(_url(ticket, person, desk, at)),
        **{name: as_value(value) for name, value in values.items()},
    }
    if "promise" in known.placeholders:
        said["promise"] = lambda: inline(_promise(ticket, at))
    return compose(
        letter,
        said,
        language=person.language,
        organisation=ticket.organisation_id,
        sender_name=event.by.name if event.by else "",
        enclosed=enclosed,
        keeps_subject=bool(ticket.subject),
    )


def about_ticket(event: Event, desk: Desk) -> dict[str, Value | Later]:
    ticket = event.ticket
    return {
        "ticket": inline(ticket.number),
        "subject": inline(ticket.subject or _("(subject removed)")),
        "team": lambda: inline(ticket.team.name),
        "tier": lambda: inline(ticket.tier.code),
        "priority": inline(f"P{ticket.priority}"),
        "requester": lambda: inline(ticket.requester.name),
        "organisation": lambda: inline(ticket.organisation or ""),
        "by": inline(event.by.name if event.by else desk.name),
        "text": written(event.message.body if event.message else ""),
    }


def as_value(value: Any) -> Value | Later:
    if isinstance(value, Value):
        return value
    if callable(value):
        later: Later = value
        return later
    if isinstance(value, datetime):
        return inline(date_format(timezone.localtime(value), "DATETIME_FORMAT"))
    return inline(value)


def _promise(ticket: Ticket, at: datetime) -> str:
    """What is promised, or at least that a person will look at it."""
    lines = [str(line) for line in promised(ticket, at=at).lines]
    return " ".join(lines) or _("A person will look at it; you get a mail when there is an answer.")


def _reads(person: User, event: Event) -> bool:
    if not person.is_active or not may_see(person, event.ticket):
        return False
    if event.message is None:
        return True
    event.message.ticket = event.ticket  # it is the same, and known
    return reads_message(person, event.message)


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
