"""Two tickets that are one, and one that is two."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from tickets import events
from tickets.indexing import reindex
from tickets.models import (
    Attachment,
    CancelReason,
    ExternalReference,
    LinkType,
    Message,
    Ticket,
    Watch,
    WorkLog,
)
from tickets.operations.ending import end
from tickets.operations.filing import file_ticket, tie
from tickets.operations.guards import require_desk, require_open, require_track
from tickets.refusals import Invalid


@transaction.atomic
def merge(ticket: Ticket, *, into: Ticket, by: User | None, at: datetime) -> Ticket:
    """Put a ticket's conversation, files, watchers and work into another of the same requester.

    What is merged ends; a later reply to it is forwarded. Returns the surviving ticket.

    Raises:
        Invalid: different requesters. Attach them to one parent instead: then each sees only their own.
    """
    require_desk(by)
    rows = events.lock_all([ticket.pk, into.pk])
    source, target = rows[ticket.pk], rows[into.pk]
    if source.pk == target.pk:
        raise Invalid(_("A ticket cannot be merged into itself."), field="into")
    for one in (source, target):
        require_track(by, one)
        require_open(one)
    if source.requester_id != target.requester_id:
        raise Invalid(
            _(
                "%(one)s and %(other)s are of different people. Make both children of one ticket instead: "
                "then each sees only their own."
            )
            % {"one": source.number, "other": target.number},
            field="into",
        )
    if source.is_restricted and not target.is_restricted:
        raise Invalid(
            _("%(one)s is restricted and %(other)s is not. Restrict that one first.")
            % {"one": source.number, "other": target.number},
            field="into",
        )
    _carry_over(source, target)
    waiting_since = source.requester_waiting_since
    end(source, CancelReason.MERGED, at)
    source.merged_into = target
    events.record(source, events.MERGED_INTO, by=by, at=at, other=target.pk)
    if target.last_public_reply_at is None or (
        source.last_public_reply_at and source.last_public_reply_at > target.last_public_reply_at
    ):
        target.last_public_reply_at = source.last_public_reply_at
    # What the requester wrote there waits for its answer here.
    target.requester_waiting_since = min(
        filter(None, (target.requester_waiting_since, waiting_since)), default=None
    )
    events.record(target, events.MERGED, by=by, at=at, other=source.pk)
    reindex(source)
    reindex(target)
    return target


def _carry_over(source: Ticket, target: Ticket) -> None:
    for model in (Message, Attachment, WorkLog, ExternalReference):
        model.objects.filter(ticket=source).update(ticket=target)
    there = Watch.objects.filter(ticket=target).values("user_id")
    Watch.objects.filter(ticket=source).exclude(user_id__in=there).update(ticket=target)


@transaction.atomic
def split(ticket: Ticket, *, message: Message, subject: str, by: User, at: datetime) -> Ticket:
    """Make a ticket of its own out of one message; both know of each other."""
    require_desk(by)
    ticket = events.lock(ticket)
    require_track(by, ticket)
    if message.ticket_id != ticket.pk or not message.is_public:
        raise Invalid(_("Choose a public message of this ticket."), field="message")
    new = file_ticket(
        requester=ticket.requester,
        subject=subject,
        description=message.body,
        by=by,
        at=at,
        kind=ticket.kind,
        impact=ticket.impact,
        urgency=ticket.urgency,
        channel=ticket.channel,
        contact=ticket.contact,
        origin=ticket,
    )
    tie(new, ticket, LinkType.SPLIT, by=by, at=at)
    return new
