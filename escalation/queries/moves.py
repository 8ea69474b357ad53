"""The way of one ticket between teams, step by step: hand-overs, and returns as steps of their own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from escalation.models import Handoff, Reason
from tickets.models import Ticket

FIXES = (Reason.FIX_FOUND, Reason.FOLLOW_UP)
"""Handed down for these, a ticket goes its way: neither a bounce nor a step of a ping-pong."""


@dataclass(frozen=True)
class Step:
    from_team: int
    to_team: int
    is_return: bool = False
    is_fix: bool = False
    is_owner_named: bool = False

    @property
    def pair(self) -> frozenset[int]:
        return frozenset({self.from_team, self.to_team})


def is_fix(reason: str, from_tier: int, to_tier: int) -> bool:
    """Down with what was found; or that the sender's hours were over, which says nothing of the two teams either."""
    return reason == Reason.COVER or (reason in FIXES and to_tier < from_tier)


def steps_of(ticket: Ticket) -> list[Step]:
    """One query; oldest first."""
    columns = ("from_team_id", "to_team_id", "from_tier", "to_tier", "reason", "state", "is_owner_named")
    return steps_of_rows(Handoff.objects.filter(ticket=ticket).order_by("id").only(*columns))


def steps_of_rows(rows: Iterable[Handoff]) -> list[Step]:
    """A hand-off that was returned is two steps."""
    steps: list[Step] = []
    for row in rows:
        steps.append(
            Step(
                row.from_team_id,
                row.to_team_id,
                is_fix=is_fix(row.reason, row.from_tier, row.to_tier),
                is_owner_named=row.is_owner_named,
            )
        )
        if row.state == Handoff.State.RETURNED:
            steps.append(Step(row.to_team_id, row.from_team_id, is_return=True))
    return steps


def to_and_fro(steps: Sequence[Step]) -> int:
    """How many steps at the end go back and forth between the same two teams: A > B > A > B are three."""
    run = 0
    for step in reversed(steps):
        later = steps[len(steps) - run] if run else None
        if step.is_fix or (later and (step.pair != later.pair or step.to_team != later.from_team)):
            break
        run += 1
    return run


def returns_between(steps: Sequence[Step], pair: frozenset[int]) -> int:
    return sum(step.is_return and step.pair == pair for step in steps)


def is_named(steps: Sequence[Step], pair: frozenset[int]) -> bool:
    """Whether the leads have said which of these two teams keeps it."""
    return any(step.is_owner_named and step.pair == pair for step in steps)
