"""Replies on their way: sent by a person, leaving when their time has come, and not before.

Which operation a reply is carried out by is its *way*: `reply`, `wait` and `hold` here; apps above teach theirs
(`helpdesk.wiring`). The operation, its event and its clocks belong to the moment in which it leaves.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Model, Q
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import User
from tickets import events
from tickets.models import Audience, Category, Event, Outgoing, Ticket, UndoTime
from tickets.operations import ready
from tickets.operations.conversation import reply
from tickets.operations.guards import require, words
from tickets.operations.resolving import resolve
from tickets.operations.waiting import hold, wait_for_requester
from tickets.permissions import is_desk, may_see
from tickets.refusals import Invalid, NotAllowed, Refused

logger = logging.getLogger(__name__)

REPLY, WAIT, HOLD, RESOLVE = "reply", "wait", "hold", "resolve"
MACRO = "macro"
"""Taught by `escalation`."""
MOST_TRIES = 6
LATEST = timedelta(days=60)
KEPT = timedelta(days=30)
"""How long what was taken back and not sent again keeps its words."""
EMPTIED_KEPT = timedelta(days=1)

Way = Callable[..., Any]
_ways: dict[str, Way] = {}


def teach(way: str, carry_out: Way) -> None:
    """Let an app above say how this way leaves: `carry_out(ticket, text=, attachments=, by=, at=, **facts)`."""
    _ways[way] = carry_out


# --- for how long one may undo ---


def seconds_to_undo(user: User) -> int:
    """This person's choice, else the desk's, else what `UNDO_SECONDS` says. 0: a reply leaves at once."""
    rows = UndoTime.objects.filter(Q(user=user) | Q(user=None)).values_list("user_id", "seconds")
    chosen: dict[int | None, int] = dict(rows)
    known = chosen.get(user.pk, chosen.get(None))
    return int(settings.UNDO_SECONDS) if known is None else known


def seconds_of_desk() -> int:
    chosen = UndoTime.objects.filter(user=None).values_list("seconds", flat=True).first()
    return settings.UNDO_SECONDS if chosen is None else chosen


def leaves(at: datetime, seconds: int) -> datetime:
    return at + timedelta(seconds=seconds)


@transaction.atomic
def choose_seconds(seconds: int | None, *, by: User, for_desk: bool = False) -> None:
    """For oneself, or (administrators) for everybody who has not chosen. None: as the desk, as the product has it."""
    if for_desk:
        require(by.is_administrator, _("Only administrators can change this."))
    if seconds is not None and not 0 <= seconds <= UndoTime.LONGEST:
        raise Invalid(_("Choose 0 to %(n)d seconds.") % {"n": UndoTime.LONGEST}, field="seconds")
    whose = None if for_desk else by
    if seconds is None:
        UndoTime.objects.filter(user=whose).delete()
    else:
        UndoTime.objects.update_or_create(user=whose, defaults={"seconds": seconds})


# --- on its way ---


@transaction.atomic
def put_on_its_way(
    ticket: Ticket,
    *,
    way: str,
    text: str,
    by: User,
    at: datetime,
    send_at: datetime,
    attachments: Iterable[uuid.UUID | str] = (),
    seen: int | None = None,
    is_later: bool = False,
    used: Iterable[tuple[str, int]] = (),
    **facts: Any,
) -> Outgoing:
    """Keep a reply until `send_at`. What its operation would refuse now is refused now.

    Raises:
        Refused: whatever the operation of this way refuses; Conflict, where the ticket has changed since `seen`.
    """
    if send_at <= at:
        raise Invalid(_("This lies in the past. Choose a later time."), field="send_at")
    if send_at > at + LATEST:
        raise Invalid(
            _("This lies more than %(n)d days ahead. Choose an earlier time.") % {"n": LATEST.days},
            field="send_at",
        )
    ticket = events.lock(ticket, seen=seen)
    row = Outgoing(
        ticket=ticket,
        by=by,
        way=way,
        body=words(text, "text"),
        attachments=[uuid.UUID(str(key)) for key in attachments],
        facts=_as_json(facts),
        ready=[list(each) for each in used],
        written_at=at,
        send_at=send_at,
        is_later=is_later,
        after_event=_newest_event(ticket),
        was_final=ticket.is_final,
    )
    _rehearse(row, at=at)
    row.save(force_insert=True)
    return row


def _rehearse(row: Outgoing, *, at: datetime) -> None:
    """Carry it out and take that back: so its writer hears of a refusal while they are still at it."""
    with transaction.atomic():
        _carry_out(row, at=at)
        transaction.set_rollback(True)


class HasLeft(Refused):
    """Too late: it has been sent."""

    code = "has_left"


@transaction.atomic
def take_back(outgoing: int, *, by: User, at: datetime) -> Outgoing:
    """Undo: it does not leave, and goes back into the composer of its writer.

    Raises:
        HasLeft: it was sent in the meantime.
    """
    row = _own(outgoing, by)
    row.state, row.settled_at, row.reason, row.code = Outgoing.State.TAKEN_BACK, at, "", ""
    row.save(update_fields=["state", "settled_at", "reason", "code"])
    return row


@transaction.atomic
def send_now(outgoing: int, *, by: User, at: datetime) -> Ticket:
    """It leaves this moment, whatever was said meanwhile: its writer has seen it.

    Raises:
        HasLeft, Refused: what its operation refuses; then it stays as it was.
    """
    row = _own(outgoing, by)
    _require_writer(row)
    return _leave(row, at=at)


@transaction.atomic
def discard(outgoing: int, *, by: User) -> None:
    """Throw it away, words and all."""
    _own(outgoing, by).delete()


def written_anew(outgoing: int, *, by: User) -> None:
    """What was taken back is sent again in other words: its row is done with."""
    Outgoing.objects.filter(pk=outgoing, by=by, state=Outgoing.State.TAKEN_BACK).delete()


def _own(key: int, by: User) -> Outgoing:
    row = (
        Outgoing.objects.select_for_update(of=("self",)).select_related("ticket", "by").filter(pk=key).first()
    )
    if row is None or row.state == Outgoing.State.SENT:
        raise HasLeft(_("It has left already."))
    if row.by_id != by.pk:
        raise NotAllowed(_("Only %(name)s can do this: it is their reply.") % {"name": row.by})
    return row


# --- leaving ---


def send_due(*, at: datetime, limit: int = 50) -> int:
    """Send what is due. Any number of workers may run it at once: each row leaves once.

    Returns: how many were due.
    """
    count = 0
    while count < limit and _send_next(at):
        count += 1
    return count


def _send_next(at: datetime) -> bool:
    row = None
    try:
        with transaction.atomic():
            due = Outgoing.objects.due(at).select_for_update(of=("self",), skip_locked=True)
            row = due.select_related("by").order_by("send_at", "id").first()
            if row is None:
                return False
            with translation.override(row.by.language):
                _leave_or_hold(row, at=at)
    except Exception:  # one that fails keeps no other from its turn, and the log says what is wrong with it
        if row is None:
            raise
        logger.exception("reply %s could not leave", row.pk)
        _put_off(row.pk, at=at)
    return True


def _leave_or_hold(row: Outgoing, *, at: datetime) -> None:
    try:
        with transaction.atomic():
            _require_unchanged(row)
            _leave(row, at=at)
    except Refused as refused:
        _hold_up(row, refused, at=at)


def _leave(row: Outgoing, *, at: datetime) -> Ticket:
    ticket: Ticket = _carry_out(row, at=at)
    used = [(str(of), int(key)) for of, key in row.ready]
    row.state, row.settled_at, row.reason, row.code = Outgoing.State.SENT, at, "", ""
    row.body, row.attachments, row.facts, row.ready = "", [], {}, []
    row.save()
    ready.count_uses(used, ticket=ticket, by=row.by, at=at)
    return ticket


def _carry_out(row: Outgoing, *, at: datetime) -> Ticket:
    carry_out = _ways.get(row.way) or _OWN_WAYS.get(row.way)
    if carry_out is None:
        raise Invalid(_("Nobody knows any more how this is sent."), field="way")
    ticket = row.ticket
    facts = _from_json(row.facts)
    result = carry_out(ticket, text=row.body, attachments=row.attachments, by=row.by, at=at, **facts)
    found: Ticket = result if isinstance(result, Ticket) else result.ticket
    return found


def _require_unchanged(row: Outgoing) -> None:
    """What its writer could not know when they sent it, and would want to know before it leaves."""
    ticket = events.lock(row.ticket_id)
    row.ticket = ticket
    _require_writer(row)
    if ticket.merged_into_id is not None and not row.was_final:
        raise Overtaken(_("The ticket was merged into another one meanwhile."), code="merged")
    if ticket.is_final and not row.was_final:
        raise Overtaken(_("The ticket has ended meanwhile; this would open a follow-up."), code="ended")
    said = _said_since(row)
    if said is None:
        return
    if said.by_id == ticket.requester_id or not is_desk(said.by):
        raise Overtaken(
            _("%(name)s has written meanwhile. Read it before you answer.") % {"name": said.by},
            code="requester_wrote",
        )
    raise Overtaken(_("%(name)s has answered the requester meanwhile.") % {"name": said.by}, code="answered")


def _require_writer(row: Outgoing) -> None:
    """What views ask before they show a ticket is asked here again: between writing and leaving lies some time."""
    if not row.by.is_active or not is_desk(row.by) or not may_see(row.by, row.ticket):
        raise NotAllowed(_("Its writer may no longer write in this ticket."))


class Overtaken(Refused):
    """Something has happened since it was written that its writer should see first."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


def _said_since(row: Outgoing) -> Event | None:
    """The first public words of another person since it was written; machines do not count."""
    said = Event.objects.filter(ticket=row.ticket_id, pk__gt=row.after_event, by__isnull=False)
    said = said.filter(message__audience=Audience.PUBLIC).exclude(by=row.by_id).select_related("by")
    return next((event for event in said.order_by("pk") if not event.data.get("automatic")), None)


def _hold_up(row: Outgoing, refused: Refused, *, at: datetime) -> None:
    """It stays with its words and the reason, and its writer is told."""
    row.state, row.settled_at = Outgoing.State.HELD, at
    row.reason, row.code = str(refused)[:500], refused.code[:40]
    row.save(update_fields=["state", "settled_at", "reason", "code"])
    ticket = events.lock(row.ticket_id)
    events.record(ticket, events.REPLY_HELD, by=None, at=at, outgoing=row.pk, writer=row.by_id, code=row.code)


def _put_off(key: int, *, at: datetime) -> None:
    """It is tried again, each time later; in the end it is held up like one that was refused."""
    with transaction.atomic():
        row = Outgoing.objects.select_for_update(of=("self",)).select_related("by").get(pk=key)
        if row.state != Outgoing.State.WAITING:
            return
        row.tries += 1
        row.send_at = at + timedelta(seconds=2**row.tries)
        row.save(update_fields=["tries", "send_at"])
        if row.tries >= MOST_TRIES:
            with translation.override(row.by.language):
                _hold_up(row, Refused(_("Something went wrong when it was to leave. Send it again.")), at=at)


def _newest_event(ticket: Ticket) -> int:
    return Event.objects.filter(ticket=ticket).order_by("-pk").values_list("pk", flat=True).first() or 0


# --- ways ---


def _reply(ticket: Ticket, *, text: str, **facts: Any) -> Ticket:
    return reply(ticket, text=text, **facts)


def _wait(ticket: Ticket, *, text: str, **facts: Any) -> Ticket:
    return wait_for_requester(ticket, question=text, **facts)


def _resolve(ticket: Ticket, *, text: str, **facts: Any) -> Ticket:
    return resolve(ticket, summary=text, **facts)


@transaction.atomic
def reply_and_hold(
    ticket: Ticket, *, text: str, reason: str, until: datetime, by: User, at: datetime, **facts: Any
) -> Ticket:
    """Answer the requester and set the ticket aside until a date: both or neither."""
    ticket = reply(ticket, text=text, by=by, at=at, **facts)
    return hold(ticket, reason=reason, until=until, by=by, at=at)


_OWN_WAYS: Mapping[str, Way] = {REPLY: _reply, WAIT: _wait, HOLD: reply_and_hold, RESOLVE: _resolve}


# --- facts as JSON ---


def _as_json(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of operations as a row keeps them: a category by its key, times in ISO 8601."""
    return {name: _kept(value) for name, value in facts.items()}


def _kept(value: Any) -> Any:
    if isinstance(value, Category):
        return {"$category": value.pk}
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return _plain(value)


def _plain(value: Any) -> Any:
    """A value of a custom field: people by their keys, days and numbers as they are typed."""
    if isinstance(value, Model):
        return value.pk
    return value if value is None or isinstance(value, str | int | float | list) else str(value)


def _from_json(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _read(value) for name, value in facts.items()}


def _read(value: Any) -> Any:
    match value:
        case {"$category": int(key)}:
            category = Category.objects.filter(pk=key).first()
            if category is None:
                raise Invalid(_("The category is gone."), field="category")
            return category
        case {"$time": str(iso)}:
            return parse_datetime(iso)
    return value


# --- keeping house ---


def forget_outgoing(*, at: datetime) -> int:
    """Delete the rows of what was sent a day ago, and of what was taken back and left lying for a month."""
    sent = Q(state=Outgoing.State.SENT, settled_at__lt=at - EMPTIED_KEPT)
    left = Q(state=Outgoing.State.TAKEN_BACK, settled_at__lt=at - KEPT)
    return Outgoing.objects.filter(sent | left).delete()[0]
