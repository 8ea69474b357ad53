"""Writing to each other: replies, notes, messages shared with a vendor, asking for news, only thanks."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from tickets import events
from tickets.models import Audience, Event, Message, MessageKind, Status, Ticket, Watch
from tickets.operations.filing import follow_up
from tickets.operations.guards import become, require, require_desk, require_open, require_track
from tickets.operations.mentioning import mentioned
from tickets.operations.writing import add_work, write
from tickets.permissions import holds_as_vendor, is_desk, is_requester_side, may_write_to_requester
from tickets.refusals import Refused

Files = Iterable[uuid.UUID | str]
VENDOR_TIER = 4


@transaction.atomic
def reply(
    ticket: Ticket,
    *,
    text: str,
    by: User | None,
    at: datetime,
    attachments: Files = (),
    minutes: int = 0,
    billable: bool = False,
    seen: int | None = None,
    automatic: bool = False,
    agreed: bool = False,
    channel: str = "",
) -> Ticket:
    """Write what requester and desk both read.

    From the requester's side it resumes what waited for them and reopens what was resolved; on what
    is closed it opens a follow-up, which is returned instead. A merged ticket forwards to where it went.

    Args:
        automatic: a machine sent it in their name (out of office): it is kept and changes nothing, nobody has
            answered and nobody waits. What a rule sends (`by=None`) is no answer either.
        agreed: it was proposed, and `escalation` has seen that this person may send it.
        channel: by which it came: what a follow-up is opened with.
    """
    ticket = events.lock(ticket, seen=seen)
    if ticket.merged_into is not None:
        return reply(
            ticket.merged_into,
            text=text,
            by=by,
            at=at,
            attachments=attachments,
            automatic=automatic,
            channel=channel,
        )
    from_requester = by is not None and not agreed and _speaks_as_requester(by, ticket)
    if not from_requester and not agreed:
        require_public_reply(by, ticket)
    if ticket.is_final and not automatic:
        return follow_up(ticket, text=text, by=by, at=at, attachments=attachments, channel=channel)
    message = write(ticket, text=text, kind=MessageKind.REPLY, by=by, at=at, attachments=attachments)
    reopened = from_requester and not automatic and ticket.status == Status.RESOLVED
    if from_requester and not automatic:
        requester_spoke(ticket, at)
    elif not from_requester and not automatic and by is not None:
        desk_spoke(ticket, by, at)
        if ticket.status == Status.NEW:
            become(ticket, Status.OPEN, at)
        add_work(ticket, minutes=minutes, billable=billable, by=by, at=at)
    events.record(
        ticket,
        events.REPLIED,
        by=by,
        at=at,
        message=message,
        from_desk=not from_requester,
        reopened=reopened,
        automatic=automatic or None,
        **mentioned(message, by=by),
    )
    return ticket


def require_public_reply(by: User | None, ticket: Ticket) -> None:
    require_desk(by)
    require(
        may_write_to_requester(by, ticket),
        _("Your tier does not write to requesters: the contact does. Propose the reply, or leave a note."),
    )


def requester_spoke(ticket: Ticket, at: datetime) -> None:
    """Their message always resumes what waited for them and reopens what was resolved."""
    if ticket.status == Status.RESOLVED:
        reopen_columns(ticket, at)
    elif ticket.status == Status.PENDING_REQUESTER:
        become(ticket, Status.OPEN, at)
    ticket.requester_waiting_since = ticket.requester_waiting_since or at


def reopen_columns(ticket: Ticket, at: datetime) -> None:
    become(ticket, Status.OPEN, at)
    ticket.reopen_count += 1
    ticket.resolved_at, ticket.resolution_code = None, ""
    if ticket.assignee and not ticket.assignee.is_active:
        ticket.assignee = None


def desk_spoke(ticket: Ticket, by: User | None, at: datetime) -> None:
    """The desk has spoken in public: nobody waits for it, and what was proposed meanwhile is overtaken."""
    ticket.last_public_reply_at, ticket.requester_waiting_since = at, None
    ticket.proposal_since = None
    if ticket.contact_id is None and by is not None and any(seat.tier <= 1 for seat in by.seats):
        ticket.contact = by


@transaction.atomic
def note(
    ticket: Ticket,
    *,
    text: str,
    by: User | None,
    at: datetime,
    attachments: Files = (),
    min_tier: int = 0,
    minutes: int = 0,
    billable: bool = False,
) -> Ticket:
    """Write what only the desk reads; with `min_tier` only that tier and above."""
    require_desk(by)
    ticket = events.lock(ticket)
    message = write(
        ticket,
        text=text,
        kind=MessageKind.NOTE,
        audience=Audience.INTERNAL,
        min_tier=min_tier,
        by=by,
        at=at,
        attachments=attachments,
    )
    add_work(ticket, minutes=minutes, billable=billable, by=by, at=at)
    events.record(ticket, events.NOTED, by=by, at=at, message=message, **mentioned(message, by=by))
    return ticket


@transaction.atomic
def share_with_vendor(
    ticket: Ticket,
    *,
    text: str,
    by: User | None,
    at: datetime,
    attachments: Files = (),
    speaks_for: Organisation | None = None,
) -> Ticket:
    """Write what the desk and the ticket's vendor read; a guest's own message resumes what waited for them.

    Args:
        speaks_for: the vendor for which `by` writes without a seat in its team: one of its contacts, by mail.

    Raises:
        NoVendor: the ticket neither lies with a vendor nor waits for one.
    """
    ticket = events.lock(ticket)
    is_contact = speaks_for is not None and speaks_for.pk in (ticket.vendor_id, ticket.team.organisation_id)
    from_vendor = is_contact or holds_as_vendor(by, ticket)
    if not from_vendor:
        require_desk(by)
        # With a vendor, whoever of the desk sees it may answer: the team that handed it over has let it go.
        if ticket.tier_id != VENDOR_TIER:
            require_track(by, ticket)
    require_open(ticket)
    message = write(
        ticket,
        text=text,
        kind=MessageKind.REPLY,
        vendor=speaks_for.pk
        if is_contact and speaks_for
        else _vendor_meant(ticket, by if from_vendor else None),
        by=by,
        at=at,
        attachments=attachments,
    )
    if from_vendor and ticket.status == Status.PENDING_VENDOR:
        become(ticket, Status.OPEN, at)
    kind = events.VENDOR_REPLIED if from_vendor else events.SHARED
    events.record(ticket, kind, by=by, at=at, message=message, **mentioned(message, by=by))
    return ticket


class NoVendor(Refused):
    code = "no_vendor"


@transaction.atomic
def keep_automatic(
    ticket: Ticket, *, text: str, author: User | None, by: User | None, at: datetime, attachments: Files = ()
) -> Message:
    """Put what a machine has sent (out of office, a delivery report) beside the conversation, for the desk to read.

    It wakes nobody: neither the ticket nor its clocks change, and no event is recorded. Who keeps it tells it.

    Args:
        by: who has uploaded the files.
    """
    message = write(
        ticket,
        text=text,
        kind=MessageKind.AUTOMATIC,
        audience=Audience.INTERNAL,
        by=by,
        author=author,
        at=at,
        attachments=attachments,
        needed=False,
    )
    if message.from_desk:
        message.from_desk = False
        message.save(update_fields=["from_desk"])
    return message


def _vendor_meant(ticket: Ticket, guest: User | None) -> int:
    """The vendor that reads what is written: the guest's own, else the one that the ticket is with."""
    there = ticket.team.organisation
    of_team = there.pk if there is not None and there.kind == Organisation.Kind.VENDOR else None
    is_in_team = guest is not None and ticket.team_id in guest.team_ids
    vendor = of_team if is_in_team else ticket.vendor_id or of_team
    if vendor is None:
        raise NoVendor(
            _("%(number)s is with no vendor: nobody would read it. Hand it to a vendor, or wait for one.")
            % {"number": ticket.number}
        )
    return vendor


@transaction.atomic
def only_thanks(ticket: Ticket, *, by: User | None, at: datetime) -> Ticket:
    """The last reply was no new trouble: take back the reopening it caused. It never counts as one."""
    ticket = events.lock(ticket)
    require_track(by, ticket)
    replies = ticket.events.filter(kind=events.REPLIED).exclude(data__has_key="automatic")
    last = replies.order_by("-id").first()
    if last is None or not last.data.get("reopened") or not ticket.is_open:
        raise NothingToTakeBack(
            _("The last reply to %(number)s did not reopen it.") % {"number": ticket.number}, field="status"
        )
    _take_back(ticket, last)
    ticket.status, ticket.status_since = Status.RESOLVED, at
    ticket.hold_reason, ticket.hold_until = "", None
    ticket.reopen_count -= 1
    ticket.requester_waiting_since = None
    events.record(ticket, events.THANKED, by=by, at=at, undoes=last.pk)
    return ticket


class NothingToTakeBack(Refused):
    code = "nothing_to_take_back"


def _take_back(ticket: Ticket, reopening: Event) -> None:
    resolved_at = reopening.changes["resolved_at"][0]
    ticket.resolved_at = datetime.fromisoformat(resolved_at)
    ticket.resolution_code = reopening.changes["resolution_code"][0]


@transaction.atomic
def ask_news(ticket: Ticket, *, by: User, at: datetime) -> Ticket:
    """The requester asks how it stands: told to contact and assignee, counted, once a working day."""
    ticket = events.lock(ticket)
    require(is_requester_side(by, ticket), _("Only the requester can ask for news."))
    require_open(ticket)
    last = ticket.events.filter(kind=events.NEWS_ASKED).order_by("-id").first()
    if last is not None and at < (again := next_working_day(last.at, by.zone)):
        raise AskedAlready(
            _("We have told the people who work on it. You can ask again on %(day)s.")
            % {"day": formats.date_format(again.astimezone(by.zone), _("l, j F"))},
            again=again,
        )
    ticket.news_asked_count += 1
    events.record(ticket, events.NEWS_ASKED, by=by, at=at)
    return ticket


class AskedAlready(Refused):
    code = "asked_already"


def next_working_day(after: datetime, zone: ZoneInfo) -> datetime:
    """Midnight at the start of the first Monday-to-Friday day after `after`, in `zone`."""
    day = after.astimezone(zone).date() + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _speaks_as_requester(by: User, ticket: Ticket) -> bool:
    return is_requester_side(by, ticket) or (
        not is_desk(by) and Watch.objects.filter(ticket=ticket, user=by).exists()
    )
