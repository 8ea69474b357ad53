"""Who may know: restricting a ticket to named people, and emptying what should never have been written."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from tickets import events
from tickets.indexing import reindex
from tickets.models import Attachment, Message, Named, Revision, Ticket
from tickets.operations.guards import line, require_desk, require_track, require_work
from tickets.operations.submitting import forget_answers
from tickets.refusals import Invalid, Refused


@transaction.atomic
def restrict(
    ticket: Ticket, *, people: Iterable[User], teams: Iterable[Team] = (), by: User, at: datetime
) -> Ticket:
    """Only the named people and teams see it (security, staff matters); who restricts is always named.

    Restricting again replaces the names.
    """
    require_desk(by)
    ticket = events.lock(ticket)
    require_work(by, ticket)
    users = {by, *people} | ({ticket.assignee} if ticket.assignee else set())
    Named.objects.filter(ticket=ticket).delete()
    rows = [Named(ticket=ticket, user=user) for user in users]
    rows += [Named(ticket=ticket, team=team) for team in {*teams}]
    Named.objects.bulk_create(rows)
    ticket.is_restricted = True
    events.record(
        ticket,
        events.RESTRICTED,
        by=by,
        at=at,
        people=sorted(user.pk for user in users),
        teams=sorted(team.pk for team in {*teams}),
    )
    return ticket


@transaction.atomic
def unrestrict(ticket: Ticket, *, by: User, at: datetime) -> Ticket:
    require_desk(by)
    ticket = events.lock(ticket)
    require_work(by, ticket)
    if ticket.is_restricted:
        Named.objects.filter(ticket=ticket).delete()
        ticket.is_restricted = False
        events.record(ticket, events.UNRESTRICTED, by=by, at=at)
    return ticket


@transaction.atomic
def redact_message(message: Message, *, reason: str, by: User, at: datetime) -> Ticket:
    """Empty a text for good (people paste passwords). Who did it and why stays."""
    ticket = _begin(message.ticket_id, by)
    message = Message.objects.select_for_update().get(pk=message.pk)
    _require_words_left(message.redacted_at)
    message.body = ""
    _mark(message, reason, by, at, "body")
    reindex(ticket)
    events.record(ticket, events.REDACTED, by=by, at=at, redacted_message=message.pk)
    return ticket


@transaction.atomic
def redact_file(attachment: Attachment, *, reason: str, by: User, at: datetime) -> Ticket:
    """Delete a file for good; its name goes too."""
    attachment = Attachment.objects.select_for_update().get(pk=attachment.pk, ticket__isnull=False)
    ticket = _begin(attachment.ticket_id, by)
    _require_words_left(attachment.redacted_at)
    stored, storage = str(attachment.file.name), attachment.file.storage
    attachment.name, attachment.file, attachment.size, attachment.sha256 = "", "", 0, ""
    _mark(attachment, reason, by, at, "name", "file", "size", "sha256")
    transaction.on_commit(partial(storage.delete, stored))
    events.record(ticket, events.REDACTED, by=by, at=at, redacted_file=attachment.pk.hex)
    return ticket


@transaction.atomic
def redact_subject(ticket: Ticket, *, subject: str, reason: str, by: User, at: datetime) -> Ticket:
    """Give it another subject and empty every earlier one."""
    ticket = _begin(ticket.pk, by)
    subject = line(subject, "subject", longest=250, needed=True)
    if subject == ticket.subject:
        raise Invalid(_("Give it another subject: this one is what is to be emptied."), field="subject")
    Revision.objects.filter(ticket=ticket, column="subject").update(
        text="", redacted_at=at, redacted_by=by, redacted_why=line(reason, "reason", longest=200, needed=True)
    )
    ticket.subject = subject
    events.record(ticket, events.REDACTED, by=by, at=at, redacted_column="subject")
    reindex(ticket)
    return ticket


class RedactedAlready(Refused):
    code = "redacted_already"


def _begin(key: int | None, by: User) -> Ticket:
    require_desk(by)
    ticket = events.lock(key or 0)
    require_track(by, ticket)
    forget_answers(ticket.number)
    return ticket


def _require_words_left(redacted_at: datetime | None) -> None:
    if redacted_at is not None:
        raise RedactedAlready(_("This has been emptied before."))


def _mark(row: Message | Attachment, reason: str, by: User, at: datetime, *columns: str) -> None:
    row.redacted_at, row.redacted_by = at, by
    row.redacted_why = line(reason, "reason", longest=200, needed=True)
    row.save(update_fields=[*columns, "redacted_at", "redacted_by", "redacted_why"])
