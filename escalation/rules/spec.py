"""What a rule says, as plain data: when, if, then. Read from JSON (the database), written back.

In JSON teams, people, calendars and templates are keys of rows; `escalation.rules.exchange` turns them into
names for the YAML that people read and keep.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

CREATED = "created"
CHANGED = "changed"
REQUESTER_REPLIED = "requester_replied"
TECHNICIAN_REPLIED = "technician_replied"
RETURNED = "returned"
REOPENED = "reopened"
SLA_WARNING, SLA_BREACH = "sla_warning", "sla_breach"
OLA_WARNING, OLA_BREACH = "ola_warning", "ola_breach"
VENDOR_WARNING, VENDOR_BREACH = "vendor_warning", "vendor_breach"

TRIGGERS = (
    CREATED,
    CHANGED,
    REQUESTER_REPLIED,
    TECHNICIAN_REPLIED,
    RETURNED,
    REOPENED,
    SLA_WARNING,
    SLA_BREACH,
    OLA_WARNING,
    OLA_BREACH,
    VENDOR_WARNING,
    VENDOR_BREACH,
)
"""What sets a rule off. `changed` may name a column: `changed:priority`."""

WATCHED_COLUMNS = (
    "priority",
    "category_id",
    "status",
    "tier_id",
    "team_id",
    "assignee_id",
    "organisation_id",
    "kind",
    "impact",
    "urgency",
)
"""The columns that `changed:` may name."""

SINCE_COLUMNS = (
    "tier_since",
    "unaccepted_since",
    "status_since",
    "requester_waiting_since",
    "last_public_reply_at",
    "changed_at",
)
"""What a time rule measures from: a closed list, each with an index."""


@dataclass(frozen=True)
class TimeTrigger:
    """It has been so for so many minutes, in this calendar (a `sla.Calendar` key; None around the clock)."""

    since: str
    minutes: int
    calendar: int | None = None

    @property
    def span(self) -> timedelta:
        return timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Action:
    """One thing to do, by the name of its type (escalation.rules.actions), with what it needs."""

    do: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleSpec:
    """A rule whole. It has triggers by events, or one by time; `when` is a tree of the filter vocabulary."""

    events: tuple[str, ...] = ()
    time: TimeTrigger | None = None
    when: Mapping[str, Any] = field(default_factory=lambda: {"all": []})
    actions: tuple[Action, ...] = ()
    stops: bool = False
    """When it has fired, the rules below are not asked any more for this event."""


def to_json(spec: RuleSpec) -> dict[str, Any]:
    time = spec.time
    return {
        "events": list(spec.events),
        "time": [time.since, time.minutes, time.calendar] if time else None,
        "when": dict(spec.when),
        "actions": [[action.do, dict(action.args)] for action in spec.actions],
        "stops": spec.stops,
    }


def from_json(json: Mapping[str, Any]) -> RuleSpec:
    return RuleSpec(
        events=tuple(json["events"]),
        time=TimeTrigger(*json["time"]) if json["time"] else None,
        when=json["when"],
        actions=tuple(Action(do, args) for do, args in json["actions"]),
        stops=json["stops"],
    )
