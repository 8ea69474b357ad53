"""What the ticket page says about a reply that waits for the contact, and about those who help."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from escalation.models import Proposal
from escalation.queries.presence import presence_by
from tickets.models import Priority, Ticket
from tickets.permissions import leads, may_track

TITLES: dict[str, Promise] = {
    Proposal.Kind.REPLY: _("%(name)s proposes this reply"),
    Proposal.Kind.QUESTION: _("%(name)s proposes this question"),
    Proposal.Kind.RESOLUTION: _("%(name)s proposes this solution"),
}


@dataclass(frozen=True)
class Waiting:
    """A proposed reply that waits, and what this person may do with it."""

    key: int
    title: str
    text: str
    waits_for: str
    due_at: datetime
    is_due: bool
    may_send: bool
    may_refuse: bool
    is_own: bool


@dataclass(frozen=True)
class Help:
    """Somebody who helps until a time."""

    key: int
    name: str
    team: int | None
    asked_by: str
    until: datetime
    anchor: str
    may_end: bool


@dataclass(frozen=True)
class Helping:
    proposal: Waiting | None = None
    helps: list[Help] = field(default_factory=list)
    may_hand_over: bool = False


def helping_panel(ticket: Ticket, user: User, *, at: datetime, may_hand_over: bool) -> Helping:
    """Needs what `whole_ticket` read: `proposals_of` and `help_of`. No query."""
    waiting: list[dict[str, Any]] = ticket.proposals_of  # type: ignore[attr-defined]
    helps: list[dict[str, Any]] = ticket.help_of  # type: ignore[attr-defined]
    return Helping(
        proposal=_waiting(ticket, user, waiting[0], at) if waiting and ticket.is_open else None,
        helps=[_help(ticket, user, row) for row in helps],
        may_hand_over=may_hand_over and ticket.is_open,
    )


def _waiting(ticket: Ticket, user: User, row: dict[str, Any], at: datetime) -> Waiting:
    due_at, own = _time(row["due_at"]), row["by_id"] == user.pk
    until = _time(row["away_until"]) if row["away_until"] else None
    contact = ticket.contact
    is_there = (
        contact is not None
        and contact.is_active
        and presence_by(bool(row["away"]), until, row["hours"], at=at).is_present
    )
    handles = (
        user.pk == ticket.contact_id
        or leads(user, ticket)
        or row["team_id"] in user.led_team_ids
        or (row["team_id"] in user.team_ids and not is_there)
    )
    is_due = due_at <= at or ticket.priority == Priority.P1
    return Waiting(
        key=row["pk"],
        title=str(TITLES[row["kind"]]) % {"name": row["by_name"]},
        text="" if row["redacted_at"] else row["body"],
        waits_for=str(contact) if contact is not None and is_there else row["team_name"] or "",
        due_at=due_at,
        is_due=is_due,
        may_send=handles or (own and is_due),
        may_refuse=handles or own,
        is_own=own,
    )


def _help(ticket: Ticket, user: User, row: dict[str, Any]) -> Help:
    is_helper = row["user_id"] == user.pk or row["team_id"] in user.team_ids
    return Help(
        key=row["pk"],
        name=row["user_name"] or row["team_name"],
        team=row["helped_by_id"],
        asked_by=row["by_name"],
        until=_time(row["until"]),
        anchor=f"message-{row['question_id']}",
        may_end=is_helper or row["by_id"] == user.pk or may_track(user, ticket),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
