"""A ticket as a row of a list: what beside its columns helps to choose it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.prepared import Prepared, any_of
from escalation.models import Handoff, HandoffItem
from escalation.queries.presence import PutBack, put_back
from escalation.queries.vendors import VENDOR_TIER
from helpdesk import spans
from helpdesk.desk.guard import is_guest
from sla.models import Metric
from sla.queries.clocks import OF_VENDOR, Standing, next_of, open_clocks, standing
from tickets.models import HoldReason, Status, Ticket
from tickets.naming import status_name

PAUSED = {
    Status.PENDING_REQUESTER: gettext_lazy("requester"),
    Status.PENDING_VENDOR: gettext_lazy("vendor"),
}


@dataclass(frozen=True)
class Row:
    ticket: Ticket
    hint: str
    clock: Standing | None
    """Its clock to act on; None where nothing is promised."""
    paused: str

    @property
    def is_handed(self) -> bool:
        """Waits for somebody to accept it; drawn with an edge."""
        return self.ticket.waits_for_acceptance

    @property
    def is_unread(self) -> bool:
        return self.ticket.reply_waits


def rows_of(
    tickets: Iterable[Ticket],
    *,
    at: datetime,
    metrics: Collection[str] = tuple(Metric),
    for_guest: bool = False,
) -> list[Row]:
    """Rows with their hints; two further queries: where the moved ones came from, and what is due next. And two where
    something was begun that nobody has: whose it was.

    `metrics` are the clocks that the reader may know of; with none of them the second query is left out. A vendor's
    guest (`for_guest`) is told nothing of who sits where inside, nor of another vendor.
    """
    found = list(tickets)
    if for_guest:
        clocks = next_clocks(found, at=at, metrics=metrics)
        return [
            Row(ticket, _guests_hint(ticket, at=at), clocks.get(ticket.pk), paused_by(ticket))
            for ticket in found
        ]
    moved = [ticket.pk for ticket in found if ticket.handoff_count and ticket.is_open]
    last = last_handoffs(moved)
    gone = _put_back(found)
    clocks = next_clocks(found, at=at, metrics=metrics)
    return [
        Row(
            ticket,
            _gone_hint(gone.get(ticket.pk), at=at) or hint_of(ticket, last.get(ticket.pk), at=at),
            clocks.get(ticket.pk),
            paused_by(ticket),
        )
        for ticket in found
    ]


def _put_back(tickets: Iterable[Ticket]) -> dict[int, PutBack]:
    begun = [
        ticket.pk
        for ticket in tickets
        if ticket.is_open
        and ticket.assignee_id is None
        and ticket.status != Status.NEW
        and not ticket.waits_for_acceptance
    ]
    return put_back(begun) if begun else {}


def _gone_hint(gone: PutBack | None, *, at: datetime) -> str:
    """It lies in the queue because somebody is not here."""
    if gone is None or (gone.back_at is not None and gone.back_at <= at):
        return ""
    if gone.back_at is None:
        return _("%(name)s is away") % {"name": gone.name}
    day = formats.date_format(timezone.localtime(gone.back_at), "SHORT_DATETIME_FORMAT")
    return _("%(name)s is away until %(day)s") % {"name": gone.name, "day": day}


def next_clocks(
    tickets: Iterable[Ticket], *, at: datetime, metrics: Collection[str] = tuple(Metric)
) -> dict[int, Standing]:
    """By ticket how the clock stands that is to be acted on; one query for all."""
    found = open_clocks([ticket.pk for ticket in tickets if ticket.is_open]) if metrics else {}
    chosen = {key: next_of(cycles, only=metrics) for key, cycles in found.items()}
    return {key: standing(cycle, at=at) for key, cycle in chosen.items() if cycle is not None}


def metrics_for(user: User) -> Collection[str]:
    """The clocks that this person may know of: a vendor's guest only those of the vendor's own contract."""
    return OF_VENDOR if is_guest(user) else tuple(Metric)


def last_handoffs(keys: list[int]) -> dict[int, Handoff]:
    if not keys:
        return {}
    return {row.ticket_id: row for row in _newest_handoffs(tickets=keys)}


def _owed_items() -> Coalesce:
    """How many required items senders of the ticket have not answered yet."""
    open_ = HandoffItem.objects.filter(
        handoff__ticket=OuterRef("ticket"), was_required=True, is_done=False
    ).order_by()
    counted = open_.values("handoff__ticket").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


_newest_handoffs = Prepared(
    lambda tickets: (
        Handoff.objects.filter(any_of("ticket_id", tickets))
        .annotate(owed=_owed_items())
        .select_related("from_team", "to_team")
        .order_by("ticket_id", "-id")
        .distinct("ticket_id")
    ),
    "tickets",
)


def paused_by(ticket: Ticket) -> str:
    """For whom or what its clock rests; empty while it runs."""
    if ticket.status == Status.ON_HOLD:
        return str(HoldReason(ticket.hold_reason).label) if ticket.hold_reason else _("on hold")
    return str(PAUSED.get(Status(ticket.status), ""))


def hint_of(ticket: Ticket, handoff: Handoff | None, *, at: datetime) -> str:
    """The one thing that one should know before opening it."""
    if not ticket.is_open:
        return _("%(status)s %(span)s") % {
            "status": status_name(ticket.status),
            "span": spans.ago(at - ticket.status_since),
        }
    owed = getattr(handoff, "owed", 0)
    if owed:
        return ngettext("%(n)s answer is owed", "%(n)s answers are owed", owed) % {"n": owed}
    if ticket.waits_for_acceptance and handoff:
        return _("handed over by %(team)s, not accepted") % {"team": handoff.from_team}
    if ticket.reply_waits and ticket.requester_waiting_since:
        span = spans.short(at - ticket.requester_waiting_since)
        return _("reply waiting since %(span)s") % {"span": span}
    return _waiting_hint(ticket, at) or _moved_hint(ticket, handoff)


def _guests_hint(ticket: Ticket, *, at: datetime) -> str:
    if not ticket.is_open:
        return hint_of(ticket, None, at=at)
    if ticket.waits_for_acceptance and ticket.tier_id == VENDOR_TIER:
        return _("handed to you, not accepted")
    return _waiting_hint(ticket, at)


def _waiting_hint(ticket: Ticket, at: datetime) -> str:
    span = spans.short(at - ticket.status_since)
    if ticket.status == Status.PENDING_REQUESTER:
        return _("waiting for requester since %(span)s") % {"span": span}
    if ticket.status == Status.PENDING_VENDOR:
        return _("waiting for vendor since %(span)s") % {"span": span}
    if ticket.status == Status.ON_HOLD and ticket.hold_until:
        day = formats.date_format(timezone.localtime(ticket.hold_until), "SHORT_DATETIME_FORMAT")
        return _("on hold until %(day)s") % {"day": day}
    return ""


def _moved_hint(ticket: Ticket, handoff: Handoff | None) -> str:
    if handoff and handoff.state == Handoff.State.RETURNED and handoff.from_team_id == ticket.team_id:
        return _("returned by %(team)s") % {"team": handoff.to_team}
    if ticket.news_asked_count:
        n = ticket.news_asked_count
        return ngettext("asked for news once", "asked for news %(n)s times", n) % {"n": n}
    if ticket.reopen_count:
        return _("reopened")
    if ticket.status == Status.NEW and not ticket.priority_confirmed:
        return _("priority not confirmed")
    return ""


def facts_of(ticket: Ticket, clock: Standing | None) -> dict[str, Any]:
    """A row's columns as an export writes them: words and exact times."""
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "status": status_name(ticket.status),
        "kind": ticket.get_kind_display(),
        "priority": f"P{ticket.priority}",
        "tier": f"L{ticket.tier_id}",
        "team": ticket.team.name,
        "assignee": ticket.assignee.name if ticket.assignee else "",
        "requester": ticket.requester.name,
        "organisation": ticket.organisation.name if ticket.organisation else "",
        "category": str(ticket.category or ""),
        "channel": ticket.get_channel_display(),
        "path": " > ".join(f"L{level}" for level in ticket.path),
        "bounces": ticket.bounce_count,
        "due": ticket.next_due_at if ticket.has_due_date else None,
        "due_metric": Metric(clock.cycle.metric).label if clock else "",
        "clock": state_of(clock),
        "breached": _("yes") if clock and clock.was_breached else _("no"),
        "created": ticket.created_at,
        "updated": ticket.changed_at,
    }


def state_of(clock: Standing | None) -> str:
    """How it stands in one word: for exports, and beside what only colour and shape would tell."""
    if clock is None:
        return ""
    if clock.is_paused:
        return _("paused")
    if clock.is_late:
        return _("over")
    return _("short of time") if clock.is_short else _("on time")
