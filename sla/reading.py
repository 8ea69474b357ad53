"""What a change of a ticket says to its clocks, and in whose hands the ticket is: plain readings of its state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sla.cycles import Cycle
from sla.models import Metric
from sla.spec import ON_HOLD, PENDING_REQUESTER
from tickets import events
from tickets.models import Channel, Status
from tickets.state import State

CONTACT_TIER = 1
"""Where the contact sits, who keeps in touch with the requester."""
VENDOR_TIER = 4
BY_VOICE = (Channel.PHONE, Channel.WALK_UP)


class Standing(Protocol):
    """What of a ticket's state says in whose hands it is: a `State`, or whatever reads like one."""

    @property
    def is_open(self) -> bool: ...
    @property
    def status(self) -> str: ...
    @property
    def tier_id(self) -> int: ...
    @property
    def assignee_id(self) -> int | None: ...
    @property
    def vendor_id(self) -> int | None: ...
    @property
    def status_since(self) -> datetime: ...
    @property
    def unaccepted_since(self) -> datetime | None: ...
    @property
    def requester_waiting_since(self) -> datetime | None: ...
    @property
    def proposal_since(self) -> datetime | None: ...


@dataclass(frozen=True)
class Change:
    """One event of a ticket, with the state before (None at the first) and after it."""

    kind: str
    at: datetime
    by_id: int | None
    before: State | None
    after: State
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def desk_spoke(self) -> bool:
        return is_answer(self.kind, self.by_id, self.data)

    @property
    def requester_spoke(self) -> bool:
        """A message of the requester's side; what a machine sends in their name is none."""
        if self.data.get("automatic"):
            return False
        if self.kind == events.REPLIED:
            return not self.data.get("from_desk")
        return self.kind == events.REOPENED and bool(self.data.get("from_requester"))

    @property
    def is_by_voice(self) -> bool:
        """The first event of a ticket that somebody of the desk opened for a caller or passer-by.

        What the desk files for somebody has its priority confirmed; what a colleague files has not. Of a ticket
        of another tool that cannot be told: who opened it for a caller was the desk.
        """
        state = self.after
        by_other = state.opened_by_id is not None and state.opened_by_id != state.requester_id
        by_desk = by_other and (state.priority_confirmed or bool(self.data.get("imported")))
        return self.before is None and state.channel in BY_VOICE and by_desk


def is_answer(kind: str, by_id: int | None, data: Mapping[str, Any]) -> bool:
    """Whether an event is a public reply of a person of the desk, or the words of a resolution by whomever.

    What a rule, a vendor or an auto-responder says is no answer, nor are notes.
    """
    if kind == events.RESOLVED:
        return True
    if by_id is None or data.get("automatic"):
        return False
    if kind == events.REPLIED:
        return bool(data.get("from_desk"))
    return kind == events.WAITS_REQUESTER or (kind == events.REOPENED and data.get("from_requester") is False)


def is_waiting(state: State, pauses: tuple[str, ...]) -> bool:
    """Whether the ticket's status is one in which this policy's resolution clock pauses."""
    if state.status == Status.PENDING_REQUESTER:
        return PENDING_REQUESTER in pauses and waits_for_requester(state)
    if state.status == Status.ON_HOLD:
        return ON_HOLD in pauses or f"{ON_HOLD}:{state.hold_reason}" in pauses
    return state.status in pauses


def waits_for_requester(state: Standing) -> bool:
    """A requester's message resumes what waited for them, whatever the status says."""
    spoke = state.requester_waiting_since
    return state.status == Status.PENDING_REQUESTER and not (spoke and spoke > state.status_since)


def is_accepted(state: Standing) -> bool:
    """Whether the team that has it has taken it on: accepted, assigned, or begun."""
    return state.unaccepted_since is None and (state.assignee_id is not None or state.status != Status.NEW)


def working_tier(state: Standing) -> int:
    """Whose working time it is: while a proposed reply waits for the contact, that of the contact's tier."""
    waits = state.proposal_since is not None and state.tier_id > CONTACT_TIER
    return CONTACT_TIER if waits else state.tier_id


def vendor_of(state: Standing | None) -> int | None:
    """The vendor it lies with: by a team on L4, or by waiting for one."""
    if state is None or not state.is_open:
        return None
    is_there = state.tier_id == VENDOR_TIER or state.status == Status.PENDING_VENDOR
    return state.vendor_id if is_there else None


def _accept_stops(change: Change, cycle: Cycle) -> bool:
    """Accepted, given back or passed on to another tier; within a tier it goes on, whoever has it."""
    return is_accepted(change.after) or cycle.scope != change.after.tier_id


def _work_stops(change: Change, cycle: Cycle) -> bool:
    return cycle.scope != working_tier(change.after) or not is_accepted(change.after)


def _vendor_responded(change: Change, cycle: Cycle) -> bool:
    accepted = change.after.tier_id == VENDOR_TIER and change.after.unaccepted_since is None
    return change.kind == events.VENDOR_REPLIED or accepted or _vendor_is_gone(change, cycle)


def _vendor_is_gone(change: Change, cycle: Cycle) -> bool:
    return vendor_of(change.after) != cycle.scope


STOPS: dict[str, Callable[[Change, Cycle], bool]] = {
    Metric.FIRST_RESPONSE: lambda change, _cycle: change.desk_spoke,
    Metric.NEXT_RESPONSE: lambda change, _cycle: change.desk_spoke,
    Metric.UPDATE: lambda change, _cycle: change.desk_spoke,
    Metric.RESOLUTION: lambda _change, _cycle: False,
    Metric.ACCEPT: _accept_stops,
    Metric.WORK: _work_stops,
    Metric.VENDOR_RESPONSE: _vendor_responded,
    Metric.VENDOR_RESOLVE: _vendor_is_gone,
    Metric.PROMISE: lambda change, _cycle: change.desk_spoke,
}
"""By metric: whether the change ends a cycle of it, though the ticket goes on."""
