"""From snapshots of one ticket to its history: what changed from one to the next, when, and by whom.

Pure: it reads no clock and no database beside the directory. What the file says is recorded as it was,
also where our status machine would refuse it.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from escalation.events import HANDED_OVER
from escalation.importing import Move
from intake.directory import Directory, Place
from intake.mapping import Mapping
from intake.snapshots import Snapshot
from tickets import events
from tickets.models import (
    OPEN_STATUSES,
    Audience,
    CancelReason,
    CloseReason,
    MessageKind,
    Status,
)
from tickets.operations.importing import PlannedEvent, PlannedMessage, PlannedTicket

MARK = {"imported": True}
"""On each event of an import, so that figures can tell them from what happened here."""

STATUS_EVENTS = {
    Status.PENDING_REQUESTER: events.WAITS_REQUESTER,
    Status.PENDING_VENDOR: events.WAITS_VENDOR,
    Status.ON_HOLD: events.HELD,
    Status.RESOLVED: events.RESOLVED,
    Status.CLOSED: events.CLOSED,
    Status.CANCELLED: events.CANCELLED,
}
ENDED = (Status.RESOLVED, Status.CLOSED, Status.CANCELLED)


@dataclass
class History:
    """What became of a ticket's rows. `moves` pairs each group change with its event's place in the plan."""

    plan: PlannedTicket
    moves: list[tuple[int, Move]] = field(default_factory=list)
    unchanged: int = 0
    warnings: list[tuple[int, str]] = field(default_factory=list)


class Historian:
    """Writes histories for one import."""

    def __init__(
        self, mapping: Mapping, directory: Directory, *, handoff_keys: Iterator[int], at: datetime
    ) -> None:
        self.mapping, self.directory, self.at = mapping, directory, at
        self.handoff_keys = handoff_keys

    def write(self, snapshots: Sequence[Snapshot]) -> History:
        """The history of one ticket, from its snapshots in the file's order."""
        warnings = _odd_times(snapshots, in_file_order=self.mapping.in_file_order)
        ordered = self._ordered(snapshots) if self.mapping.snapshots else list(_stages(snapshots[0], self.at))
        telling = _Telling(self, ordered, warnings)
        return telling.tell()

    def _ordered(self, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
        """By time, or as the file has them; one without a time stays after the one before it."""
        timed, last = [], None
        for snapshot in snapshots:
            last = snapshot.at or last or snapshot.opened_at or self.at
            timed.append(replace(snapshot, at=last))
        return timed if self.mapping.in_file_order else sorted(timed, key=lambda one: (one.at, one.row))


def _odd_times(snapshots: Sequence[Snapshot], *, in_file_order: bool) -> list[tuple[int, str]]:
    """What the file's own times contradict, each in one sentence."""
    odd = []
    first, last = snapshots[0], snapshots[-1]
    kept = "the order of the file was kept" if in_file_order else "the rows were put in order of time"
    for before, after in itertools.pairwise(snapshots):
        if before.at and after.at and after.at < before.at:
            odd.append(
                (
                    after.row,
                    f"Its time is {_minutes(before.at - after.at)} before row {before.row}'s: {kept}.",
                )
            )
    if first.at and first.opened_at and first.at < first.opened_at:
        odd.append(
            (
                first.row,
                f"It is {_minutes(first.opened_at - first.at)} older than the opening; dated at the opening.",
            )
        )
    if last.resolved_at and last.closed_at and last.closed_at < last.resolved_at:
        odd.append((last.row, "It was closed before it was resolved; both times were kept as they are."))
    was_resolved = any(one.state.status == Status.RESOLVED for one in snapshots)
    if last.state.status in ENDED[:2] and was_resolved and last.resolved_at is None:
        odd.append((last.row, "It has no time of resolution; the first row in that state gave it."))
    return odd


def _minutes(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)} min"


def _stages(snapshot: Snapshot, at: datetime) -> Iterator[Snapshot]:
    """A single row as the snapshots that led to it: resolved and closed have times of their own."""
    opened = snapshot.opened_at or snapshot.at or at
    status = snapshot.state.status
    if status == Status.CLOSED and snapshot.resolved_at:
        resolved = replace(snapshot.state, status=Status.RESOLVED)
        yield replace(snapshot, at=max(opened, snapshot.resolved_at), opened_at=opened, state=resolved)
    ended = snapshot.closed_at if status == Status.CLOSED else snapshot.resolved_at
    when = (ended if status in ENDED else None) or snapshot.at or opened
    yield replace(snapshot, at=max(opened, when), opened_at=opened)


class _Telling:
    """One ticket's history while it is written: `now` holds the columns as they stand."""

    def __init__(
        self, historian: Historian, snapshots: Sequence[Snapshot], warnings: list[tuple[int, str]]
    ) -> None:
        self.mapping, self.directory = historian.mapping, historian.directory
        self.handoff_keys, self.imported_at = historian.handoff_keys, historian.at
        self.snapshots, self.warnings = snapshots, warnings
        self.now: dict[str, Any] = {}
        self.history: list[PlannedEvent] = []
        self.moves: list[tuple[int, Move]] = []
        self.category: tuple[str, ...] = ()
        self.reopened_at: datetime | None = None

    def tell(self) -> History:
        first, last = self.snapshots[0], self.snapshots[-1]
        self._open(first)
        unchanged, changed_rows = 0, {first.row}
        for index, snapshot in enumerate(self.snapshots):
            told = len(self.history)
            self._advance(index, snapshot)
            if len(self.history) > told:
                changed_rows.add(snapshot.row)
            elif snapshot.row not in changed_rows:
                unchanged += 1
        self._remark(last)
        plan = PlannedTicket(
            system=self.mapping.system,
            key=first.key,
            history=self.history,
            url=self.mapping.url.replace("{key}", first.key)[:500],
        )
        return History(plan, self.moves, unchanged, self.warnings)

    def _open(self, first: Snapshot) -> None:
        """The opening has what the first snapshot has, but for its status: how it got there comes next."""
        opened_at = first.opened_at or first.at
        assert opened_at is not None  # noqa: S101 - `Historian` gave every snapshot a time
        requester, place = self.directory.person(first.requester), self.directory.place(first.group)
        opener = self.directory.user_id(first.opened_by)
        columns = self._columns(first) | {
            "requester_id": requester.user_id,
            "organisation_id": requester.organisation_id,
            "opened_by_id": opener,
            "tier_id": place.tier,
            "team_id": place.team_id,
            "assignee_id": self.directory.user_id(first.assignee),
            "status": Status.NEW,
            "created_at": opened_at,
            "tier_since": opened_at,
            "status_since": opened_at,
            "requester_waiting_since": opened_at,
            "path": [place.tier],
        }
        message = PlannedMessage(MessageKind.DESCRIPTION, first.description, author_id=requester.user_id)
        self._place: Place = place
        self._group, self._description = first.group, first.description
        self._add(events.OPENED, opened_at, opener, columns, message)
        self.now |= {"reopen_count": 0, "handoff_count": 0, "hold_reason": "", "hold_until": None}
        self.now |= {"resolved_at": None, "closed_at": None, "close_reason": "", "cancel_reason": ""}

    def _advance(self, index: int, snapshot: Snapshot) -> None:
        """Tell what differs from how the ticket stands, one event for each kind of act."""
        assert snapshot.at is not None  # noqa: S101
        at = max(snapshot.at, self.history[-1].at)
        by = self.directory.user_id(snapshot.updated_by)
        self._correct(snapshot, at, by)
        self._move(snapshot, at, by)
        self._pass_on(index, snapshot, at, by)
        self._set_ends(snapshot, at, by, is_last=index == len(self.snapshots) - 1)

    def _correct(self, snapshot: Snapshot, at: datetime, by: int | None) -> None:
        requester = self.directory.person(snapshot.requester)
        wanted = self._columns(snapshot) | {
            "requester_id": requester.user_id,
            "organisation_id": requester.organisation_id,
        }
        changes = self._differing(wanted)
        if changes.keys() == {"priority_confirmed"} and changes["priority_confirmed"]:
            self._add(events.PRIORITY_CONFIRMED, at, by, changes)
        elif changes:
            self._add(events.CHANGED, at, by, changes)
        if snapshot.description != self._description:
            self._description = snapshot.description
            self._add(events.NOTED, at, by, {}, _note(snapshot.description))

    def _columns(self, snapshot: Snapshot) -> dict[str, Any]:
        columns = dict(snapshot.columns)
        by_matrix = self.directory.matrix[columns["impact"], columns["urgency"]]
        columns["priority"] = columns["priority"] or by_matrix
        columns["priority_overridden"] = columns["priority"] != by_matrix
        columns["category_id"] = self.directory.category_id(snapshot.category)
        columns["category_confirmed"] = bool(snapshot.category)
        return columns

    def _move(self, snapshot: Snapshot, at: datetime, by: int | None) -> None:
        place = self.directory.place(snapshot.group)
        if place.team_id == self._place.team_id:
            self._group = snapshot.group
            return
        before, self._place = self._place, place
        move = Move(
            key=next(self.handoff_keys),
            from_team_id=before.team_id,
            from_tier=before.tier,
            from_assignee_id=self.now["assignee_id"],
            to_team_id=place.team_id,
            to_tier=place.tier,
            by_id=by,
            at=at,
        )
        changes = {"team_id": place.team_id, "handoff_count": self.now["handoff_count"] + 1}
        if place.tier != before.tier:
            changes |= {"tier_id": place.tier, "tier_since": at, "path": [*self.now["path"], place.tier]}
        text = f"{self._group or before.name} > {snapshot.group or place.name} ({self.mapping.system})"
        self._group = snapshot.group
        message = PlannedMessage(MessageKind.HANDOFF, text, Audience.INTERNAL, author_id=by, from_desk=True)
        self.moves.append((len(self.history), move))
        data = {"handoff": move.key, "from_team": before.team_id, "from_tier": before.tier}
        self._add(HANDED_OVER, at, by, changes, message, data)

    def _pass_on(self, index: int, snapshot: Snapshot, at: datetime, by: int | None) -> None:
        """Assignee and status. Taking up a new ticket is one act: both go into one event."""
        assignee = self.directory.user_id(snapshot.assignee)
        status, before = snapshot.state.status, self.now["status"]
        given = self._differing({"assignee_id": assignee})
        if given:
            kind = events.ASSIGNED if assignee is not None else events.RELEASED
            if before == Status.NEW and status == Status.OPEN and assignee is not None:
                given |= {"status": Status.OPEN, "status_since": at}
            self._add(kind, at, by, given, data={"assignee": assignee})
        changes = self._status_changes(index, snapshot, at)
        if changes:
            self._add(self._status_kind(status), at, by, changes)

    def _status_kind(self, status: Status) -> str:
        before = self.now["status"]
        if before in ENDED and status in OPEN_STATUSES:
            return events.REOPENED
        if status in STATUS_EVENTS:
            return STATUS_EVENTS[status]
        return events.CHANGED if Status.NEW in (before, status) else events.RESUMED

    def _status_changes(self, index: int, snapshot: Snapshot, at: datetime) -> dict[str, Any]:
        state, before = snapshot.state, self.now["status"]
        wanted: dict[str, Any] = {"status": state.status, "hold_reason": state.hold_reason}
        if not self._differing(wanted):
            return {}
        wanted["hold_until"] = self._hold_end(index, at) if state.status == Status.ON_HOLD else None
        if state.status != before:
            wanted["status_since"] = at
        if state.status in OPEN_STATUSES and before in ENDED:
            self.reopened_at = at
            wanted |= {"reopen_count": self.now["reopen_count"] + 1, "resolved_at": None, "closed_at": None}
            wanted |= {"close_reason": "", "cancel_reason": "", "requester_waiting_since": at}
        if state.status in ENDED or state.status == Status.PENDING_REQUESTER:
            wanted["requester_waiting_since"] = None
        if state.status == Status.RESOLVED:
            wanted["resolved_at"] = self._told(snapshot.resolved_at, at) or at
            wanted |= {"closed_at": None, "close_reason": ""}
        if state.status == Status.CLOSED:
            wanted["closed_at"] = self._told(snapshot.closed_at, at) or at
            wanted["close_reason"] = CloseReason.IMPORTED
        if state.status == Status.CANCELLED:
            wanted["cancel_reason"] = CancelReason.CANCELLED
        return self._differing(wanted)

    def _hold_end(self, index: int, at: datetime) -> datetime:
        """Other tools keep no end of a hold: it is when it ended, and for one that goes on some days from now.

        From now and not from then, or the timer would end it the moment after the import.
        """
        for later in self.snapshots[index + 1 :]:
            if later.state.status != Status.ON_HOLD and later.at is not None:
                return max(later.at, at)
        return max(at, self.imported_at) + timedelta(days=self.mapping.hold_days)

    def _told(self, moment: datetime | None, at: datetime) -> datetime | None:
        """The file's own time of an end, unless it is still to come or belongs to an end before a reopening."""
        if moment is None or moment > at or (self.reopened_at and moment < self.reopened_at):
            return None
        return moment

    def _set_ends(self, snapshot: Snapshot, at: datetime, by: int | None, *, is_last: bool) -> None:
        """A later row may correct when it ended: the columns follow, as a change of their own."""
        wanted = {}
        for statuses, name, moment in (
            ((Status.RESOLVED, Status.CLOSED), "resolved_at", snapshot.resolved_at),
            ((Status.CLOSED,), "closed_at", snapshot.closed_at),
        ):
            told = self._told(moment, at) or (moment if is_last and not self.reopened_at else None)
            if self.now["status"] in statuses and told is not None:
                wanted[name] = told
        changes = self._differing(wanted)
        if changes:
            self._add(events.CHANGED, at, by, changes)

    def _remark(self, last: Snapshot) -> None:
        """The end of what came with the import; what has no column here is kept as the desk's note."""
        note = _note(last.remarks) if last.remarks else None
        self._add(events.IMPORTED, self.history[-1].at, None, {}, note)

    def _differing(self, wanted: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in wanted.items() if self.now.get(name) != value}

    def _add(
        self,
        kind: str,
        at: datetime,
        by: int | None,
        changes: dict[str, Any],
        message: PlannedMessage | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        self.now |= changes
        self.history.append(
            PlannedEvent(kind, at, by_id=by, changes=changes, message=message, data=MARK | (data or {}))
        )


def _note(text: str) -> PlannedMessage:
    return PlannedMessage(MessageKind.NOTE, text, Audience.INTERNAL, from_desk=True)
