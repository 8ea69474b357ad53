"""How often each ticket changed hands: by our events, by the file's rows, and by the file's own counter."""

import itertools
from collections.abc import Sequence

from intake.mapping import Mapping
from intake.reporting import Report
from intake.snapshots import Snapshot


def compare(report: Report, mapping: Mapping, together: Sequence[Snapshot], moves: int) -> None:
    """Count a ticket three ways; where they differ, the report says which and why."""
    if not mapping.snapshots:
        return
    groups = [snapshot.group for snapshot in together]
    visible = sum(before != after for before, after in itertools.pairwise(groups))
    counted = together[-1].reassignments
    report.moves[moves] += 1
    report.moves_by_rows[visible] += 1
    if counted is not None:
        report.moves_by_file[counted] += 1
    if moves != visible or counted not in (None, moves):
        report.differs.add(
            key=together[0].key,
            events=moves,
            file_rows=visible,
            file_column=counted,
            why=" ".join(_reasons(mapping, together, moves=moves, visible=visible)),
        )


def _reasons(mapping: Mapping, together: Sequence[Snapshot], *, moves: int, visible: int) -> list[str]:
    reasons = []
    if moves != visible:
        reasons.append(
            f"The rows show {visible} group changes and the history {moves}: some of the groups are one team by "
            "the mapping, or rows were put in order of time."
        )
    for before, after in itertools.pairwise(together):
        rise = (after.reassignments or 0) - (before.reassignments or 0)
        changed = before.group != after.group
        if rise != changed:
            reasons.append(_reason(mapping, before, after, rise=rise, changed=changed))
    if together[0].reassignments:
        reasons.append(f"The log begins when its counter stood at {together[0].reassignments}.")
    return reasons


def _reason(mapping: Mapping, before: Snapshot, after: Snapshot, *, rise: int, changed: bool) -> str:
    counter = (
        f"Row {after.row}: {mapping.reassignments} goes from {before.reassignments} to {after.reassignments}"
    )
    if changed:
        return f"{counter} although the group changes from {_name(before)} to {_name(after)}."
    text = f"{counter} although the group stays {_name(after)}"
    if after.group is None:
        return f"{text}: one unknown group may have followed another."
    if before.updates.isdecimal() and after.updates.isdecimal():
        missing = int(after.updates) - int(before.updates) - 1
        if missing > 0:
            return f"{text}: {missing} updates between row {before.row} and this one are not in the log."
    return (
        f"{text}: the counter rose without a group change that the log shows (no update is missing between)."
    )


def _name(snapshot: Snapshot) -> str:
    return snapshot.group or "unknown"
