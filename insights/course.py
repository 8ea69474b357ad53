"""A ticket's history, read once from its first event to its last: what happened, and in whose hands it lay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from escalation.events import OWNER_NAMED, PROPOSAL_SENT, RETURNED
from escalation.models import Reason
from escalation.queries.moves import is_fix
from sla.reading import BY_VOICE, is_answer
from sla.spent import Who, whose
from tickets import events
from tickets.models import NOT_A_REQUEST, OPEN_STATUSES, Status

DONE = frozenset({Status.RESOLVED, Status.CLOSED})
OPEN = frozenset(OPEN_STATUSES)
SET_ASIDE = frozenset(NOT_A_REQUEST)


class EventRow(NamedTuple):
    """One event of the ticket, as tickets.models.Event keeps it."""

    id: int
    kind: str
    at: datetime
    by_id: int | None
    changes: Mapping[str, Any]
    data: Mapping[str, Any]
    is_quiet: bool = False


class _Standing:
    """The columns that say in whose hands a ticket is, as they stand: reads like a `tickets.state.State`."""

    __slots__ = (
        "assignee_id",
        "proposal_since",
        "requester_waiting_since",
        "status",
        "status_since",
        "tier_id",
        "unaccepted_since",
        "vendor_id",
    )
    status: str
    status_since: datetime
    tier_id: int
    assignee_id: int | None
    vendor_id: int | None
    unaccepted_since: datetime | None
    requester_waiting_since: datetime | None
    proposal_since: datetime | None

    def __init__(self) -> None:
        self.assignee_id = self.vendor_id = None
        self.unaccepted_since = self.requester_waiting_since = self.proposal_since = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


STANDING = frozenset(_Standing.__slots__)
TIMES = frozenset({"status_since", "unaccepted_since", "requester_waiting_since", "proposal_since"})


@dataclass(frozen=True, slots=True)
class _Move:
    """From one team to another; `handoff` is its row, also of a return."""

    handoff: int | None
    from_team: int
    to_team: int
    is_fix: bool
    is_return: bool = False

    def is_undone_by(self, other: "_Move") -> bool:
        goes_back = self.from_team == other.to_team and self.to_team == other.from_team
        return goes_back and not self.is_fix and not other.is_fix


@dataclass(slots=True)
class Resolution:
    """Where, by whom and how it was resolved."""

    team: int
    level: int
    by: int | None
    is_first_answer: bool
    at: datetime


class Stretch(NamedTuple):
    """A time in the same hands, that has ended."""

    since: datetime
    until: datetime
    who: str
    level: int
    team: int


class Course:
    """A ticket's history, read once from its first event to its last."""

    def __init__(self, rows: Sequence[EventRow]) -> None:
        self.values: dict[str, Any] = {}
        self.standing = _Standing()
        self.stretches: list[Stretch] = []
        self.moves: list[_Move] = []
        self.up = self.down = self.sideways = self.bounces = 0
        self.highest = 0
        self.answers = 0
        self.responded_at: datetime | None = None
        self.resolution: Resolution | None = None
        self._before_reopening: Resolution | None = None
        self._begun: tuple[datetime, str, int, int] | None = None
        self._latest = rows[0].at
        self.is_imported = bool(rows[0].data.get("imported"))
        for row in rows:
            if not row.is_quiet:
                self._read(row)
        self.opened_at = moment(self.values["created_at"])
        self.is_by_voice = self._is_by_voice(rows[0])

    @property
    def hands_until(self) -> datetime:
        """When the stretch began that has not ended."""
        assert self._begun is not None  # noqa: S101 - the first event has begun one
        return self._begun[0]

    @property
    def is_set_aside(self) -> bool:
        return self.values["cancel_reason"] in SET_ASIDE

    @property
    def is_done(self) -> bool:
        return self.values["status"] in DONE

    @property
    def resolved_at(self) -> datetime | None:
        """The last resolution. What another tool closed without one was resolved when it was closed."""
        if not self.is_done:
            return None
        return moment(
            self.values.get("resolved_at") or self.values.get("closed_at") or self.values["status_since"]
        )

    @property
    def ended_at(self) -> datetime | None:
        if self.standing.is_open:
            return None
        return self.resolved_at or moment(self.values.get("closed_at") or self.values["status_since"])

    @property
    def ping_pongs(self) -> int:
        return sum(first.is_undone_by(second) for first, second in pairwise(self.moves))

    # --- one event ---

    def _read(self, row: EventRow) -> None:
        changes, values = row.changes, self.values
        values.update({column: after for column, (_before, after) in changes.items()})
        if is_answer(row.kind, row.by_id, row.data) and not row.data.get("imported"):
            self.answers += 1
            self.responded_at = self.responded_at or row.at
        if "team_id" in changes and changes["team_id"][0] is not None:
            self._move(row)
        if "status" in changes:
            self._change_status(row, *changes["status"])
        elif row.kind == PROPOSAL_SENT and self.resolution is not None and self.resolution.at == row.at:
            self.resolution.by = row.data.get("author")  # who worked it out; the contact has passed it on
        if not STANDING.isdisjoint(changes) or "team_id" in changes:
            self._pass_on(row)

    def _move(self, row: EventRow) -> None:
        (from_team, to_team), handoff = row.changes["team_id"], row.data.get("handoff")
        if row.kind == RETURNED:
            self.bounces += 1
            self._give_back(handoff, from_team, to_team)
            return
        from_level, to_level = row.changes.get("tier_id") or (self.values["tier_id"],) * 2
        reason = Reason.WRONG_TEAM if row.kind == OWNER_NAMED else row.data.get("reason", "")
        self.moves.append(_Move(handoff, from_team, to_team, is_fix(reason, from_level, to_level)))
        if reason == Reason.COVER:
            return  # the clock has moved it, before anybody could say whose it is
        self.up += to_level > from_level
        self.down += to_level < from_level
        self.sideways += to_level == from_level

    def _give_back(self, handoff: int | None, from_team: int, to_team: int) -> None:
        """Right after the hand-off that it undoes, wherever the ticket lay by then (as in the report of hand-offs)."""
        for index, move in enumerate(self.moves):
            if move.handoff == handoff and not move.is_return:
                back = _Move(handoff, move.to_team, move.from_team, is_fix=False, is_return=True)
                self.moves.insert(index + 1, back)
                return
        self.moves.append(_Move(handoff, from_team, to_team, is_fix=False, is_return=True))

    def _change_status(self, row: EventRow, before: str | None, after: str) -> None:
        if after in DONE and before not in DONE:
            # That it was only thanks takes the reopening back: it is resolved as it was.
            thanked = self._before_reopening if row.kind == events.THANKED else None
            self.resolution = thanked or self._resolved(row)
        elif before in DONE and after not in DONE:
            self._before_reopening, self.resolution = self.resolution, None

    def _resolved(self, row: EventRow) -> Resolution:
        values = self.values
        is_first = row.kind == events.RESOLVED and row.by_id is not None and self.answers == 1
        return Resolution(
            team=values["team_id"],
            level=values["tier_id"],
            by=row.by_id if row.by_id or not self.is_imported else values.get("assignee_id"),
            is_first_answer=is_first,
            at=row.at,
        )

    def _pass_on(self, row: EventRow) -> None:
        """An act that is stamped before the last one happened right after it."""
        standing, begun = self.standing, self._begun
        for column, (_before, after) in row.changes.items():
            if column in STANDING:
                setattr(standing, column, moment(after) if after and column in TIMES else after)
        self.highest = max(self.highest, standing.tier_id)
        self._latest = max(self._latest, row.at)
        now = (self._latest, *whose(standing), self.values["team_id"])
        if begun is None or begun[1:] != now[1:]:
            if begun is not None and begun[1] != Who.NOBODY and now[0] > begun[0]:
                self.stretches.append(Stretch(begun[0], now[0], *begun[1:]))
            self._begun = now

    def _is_by_voice(self, opening: EventRow) -> bool:
        """Opened by the desk for a caller or passer-by, who was answered at once."""
        first = {column: after for column, (_before, after) in opening.changes.items()}
        if self.is_imported or first["channel"] not in BY_VOICE or not first.get("priority_confirmed"):
            return False
        return first.get("opened_by_id") not in (None, first["requester_id"])


def moment(told: str) -> datetime:
    """A time as history keeps it."""
    return datetime.fromisoformat(told)
