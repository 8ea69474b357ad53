"""What the ticket page says about hand-offs: instructions, what is owed, the rating, and whose it is in the end."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.models import User
from escalation.models import ChecklistItem, Fix, Handoff, HandoffRating
from escalation.operations.disputes import disputed
from escalation.permissions import leads_one_of
from escalation.queries.moves import is_fix, is_named, steps_of_rows
from helpdesk.desk.acts import ACTS
from helpdesk.desk.doing import Act
from tickets.models import Ticket
from tickets.permissions import may_track, may_work


@dataclass(frozen=True)
class Owed:
    """A required item that was missing when it was handed up."""

    key: int
    text: str
    team: str
    may_answer: bool


@dataclass(frozen=True)
class Dispute:
    """It was returned twice between these two teams. `is_named`: their leads have said where it stays."""

    teams: list[tuple[int, str]]
    is_named: bool
    may_name: bool

    @property
    def names(self) -> list[str]:
        return [name for _key, name in self.teams]


@dataclass(frozen=True)
class AtVendor:
    """A vendor has the ticket, or says that it is done (`to_confirm`), and nobody here has confirmed it."""

    team: str
    responsible: str
    is_there: bool
    to_confirm: bool
    offers: list[tuple[str, Act]]
    """What this person may do about it; the first is the usual one."""
    chases: int
    last_chased_at: datetime | None
    next_chase_at: datetime | None


@dataclass(frozen=True)
class HandoffPanel:
    instructions: int | None = None
    """The key of the message that says how to apply the fix with which it came down."""
    ratings: list[tuple[str, Any]] = field(default_factory=list)
    """What the receiver may say about the hand-off; empty where there is nothing to rate."""
    owed: list[Owed] = field(default_factory=list)
    dispute: Dispute | None = None
    vendor: AtVendor | None = None


def handoff_panel(ticket: Ticket, user: User) -> HandoffPanel:
    """Needs what `whole_ticket` read: `handoffs_of` and `late_items`. No query."""
    told: list[dict[str, Any]] = ticket.handoffs_of  # type: ignore[attr-defined]
    rows = [Handoff(**{name: row[name] for name in row if not name.endswith("_name")}) for row in told]
    last = rows[-1] if rows else None
    is_here = last is not None and last.to_team_id == ticket.team_id and ticket.is_open
    return HandoffPanel(
        instructions=last.summary_id if last and is_here and _came_down_with_a_fix(last) else None,
        ratings=list(HandoffRating.choices) if last and _may_rate(ticket, user, last) else [],
        owed=_owed(ticket, user) if ticket.is_open else [],
        dispute=_dispute(ticket, user, rows, told) if ticket.is_open else None,
        vendor=_at_vendor(ticket, user, told) if ticket.is_open else None,
    )


def known_items(ticket: Ticket) -> list[ChecklistItem]:
    """The items that the history may name."""
    late: list[dict[str, Any]] = ticket.late_items  # type: ignore[attr-defined]
    return [ChecklistItem(pk=row["item"], text=row["text"]) for row in late]


def _came_down_with_a_fix(last: Handoff) -> bool:
    is_waiting_or_taken = last.state in (Handoff.State.WAITING, Handoff.State.ACCEPTED)
    return is_waiting_or_taken and is_fix(last.reason, last.from_tier, last.to_tier)


def _may_rate(ticket: Ticket, user: User, last: Handoff) -> bool:
    is_open_question = last.state == Handoff.State.ACCEPTED and last.reason and not last.rating
    return bool(
        is_open_question
        and last.to_team_id == ticket.team_id
        and last.by_id != user.pk
        and may_work(user, ticket)
    )


def _owed(ticket: Ticket, user: User) -> list[Owed]:
    late: list[dict[str, Any]] = ticket.late_items  # type: ignore[attr-defined]
    may = may_track(user, ticket)
    return [
        Owed(
            row["id"],
            row["text"],
            row["team_name"],
            may or row["by"] == user.pk or row["from_team"] in user.team_ids,
        )
        for row in late
        if not row["is_done"] and row["was_required"]
    ]


def _at_vendor(ticket: Ticket, user: User, told: list[dict[str, Any]]) -> AtVendor | None:
    row = next((each for each in reversed(told) if each["fix"] in (Fix.AWAITED, Fix.CLAIMED)), None)
    if row is None:
        return None
    is_responsible = row["responsible_id"] == user.pk
    may_act = is_responsible or may_track(user, ticket) or row["from_team_id"] in user.team_ids
    is_there, to_confirm = row["to_team_id"] == ticket.team_id, row["fix"] == Fix.CLAIMED
    asked = ["confirm-fix", "refuse-fix"] if to_confirm else ["confirm-fix"]
    if is_there and not to_confirm:
        asked.insert(0, "chase-vendor")
    return AtVendor(
        team=row["to_team_name"],
        responsible=row["responsible_name"] or "",
        is_there=is_there,
        to_confirm=to_confirm,
        offers=[(name, ACTS[name]) for name in (*asked, "vendor-responsible")] if may_act else [],
        chases=row["chase_count"],
        last_chased_at=_moment(row["last_chased_at"]),
        next_chase_at=_moment(row["next_chase_at"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _dispute(ticket: Ticket, user: User, rows: list[Handoff], told: list[dict[str, Any]]) -> Dispute | None:
    steps = steps_of_rows(rows)
    pair = disputed(steps)
    if pair is None or ticket.team_id not in pair:
        return None
    names = {row["from_team_id"]: row["from_team_name"] for row in told}
    names |= {row["to_team_id"]: row["to_team_name"] for row in told}
    teams = sorted((key, names[key]) for key in pair)
    return Dispute(teams, is_named(steps, pair), leads_one_of(user, tuple(pair)))
