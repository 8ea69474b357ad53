"""What a policy promises, as plain data: read from JSON (the database), written back, checked.

Times are minutes of business time in the target's calendar. In JSON calendars and vendors are keys of rows;
`sla.exchange` turns them into names for the YAML that people read and keep.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from sla.conditions import check_condition
from sla.models import Metric
from sla.queries.named import Named
from tickets.models import HoldReason
from tickets.refusals import Invalid

PRIORITIES = (1, 2, 3, 4)
REQUESTER_METRICS = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE, Metric.UPDATE, Metric.RESOLUTION)
TIER_METRICS = (Metric.ACCEPT, Metric.WORK)
VENDOR_METRICS = (Metric.VENDOR_RESPONSE, Metric.VENDOR_RESOLVE)
ANY_VENDOR = 0
"""Stands in `vendors` for every vendor that has no targets of its own."""

BREACH = 100
LONGEST = 5 * 366 * 24 * 60
LONGEST_PENALTY = 200
LONGEST_TAG = 40
MOST_THRESHOLDS = 10
GROUPS: Mapping[str, tuple[Any, tuple[Metric, ...]]] = {
    "targets": (PRIORITIES, REQUESTER_METRICS),
    "tiers": (range(5), TIER_METRICS),
    "vendors": (None, VENDOR_METRICS),
}
"""What may be promised to whom: the keys of a group (None for any) and its metrics."""

PENDING_REQUESTER, PENDING_VENDOR, ON_HOLD = "pending_requester", "pending_vendor", "on_hold"
PAUSES = (
    PENDING_REQUESTER,
    PENDING_VENDOR,
    ON_HOLD,
    *(f"{ON_HOLD}:{reason}" for reason in HoldReason.values),
)
"""What can pause a resolution clock: a status, or one reason of being on hold."""
SHIPPED_PAUSES = (PENDING_REQUESTER, f"{ON_HOLD}:{HoldReason.APPOINTMENT}")

ASSIGNEE, CONTACT, LEAD, MANAGERS = "assignee", "contact", "lead", "managers"
NOTIFIED = (ASSIGNEE, CONTACT, LEAD, MANAGERS)

RESUME, RESTART = "resume", "restart"


@dataclass(frozen=True)
class Target:
    """So much business time in this calendar (a `Calendar` key, whose version in force a new cycle freezes)."""

    minutes: int
    calendar: int

    @property
    def span(self) -> timedelta:
        return timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Threshold:
    """What happens when this share (percent) of a target is used; 100 is the breach."""

    share: int
    notify: tuple[str, ...] = ()
    tag: str = ""


SHIPPED_THRESHOLDS = (
    Threshold(75, (ASSIGNEE,)),
    Threshold(90, (LEAD,)),
    Threshold(BREACH, (LEAD,)),
)


@dataclass(frozen=True)
class Goal:
    """What is promised of all tickets of a priority in a calendar month, and what missing it costs."""

    percent: float
    penalty: str = ""


@dataclass(frozen=True)
class PolicySpec:
    """A policy whole. `when` is a tree of the filter vocabulary in JSON; empty matches everything."""

    when: Mapping[str, Any] = field(default_factory=lambda: {"all": []})
    targets: Mapping[int, Mapping[str, Target]] = field(default_factory=dict)
    """By priority, then metric."""
    tiers: Mapping[int, Mapping[str, Target]] = field(default_factory=dict)
    vendors: Mapping[int, Mapping[str, Target]] = field(default_factory=dict)
    pauses: tuple[str, ...] = SHIPPED_PAUSES
    pauses_responses: bool = False
    """Whether first and next response pause as the resolution does. Off: a promise to answer waits for nobody."""
    reopening: str = RESUME
    phone_is_response: bool = True
    """Whether a ticket that a technician opens for a caller counts as responded."""
    thresholds: tuple[Threshold, ...] = SHIPPED_THRESHOLDS
    goals: Mapping[int, Goal] = field(default_factory=dict)

    def target(self, metric: str, *, priority: int, scope: int = 0) -> Target | None:
        """What is promised, or None. `scope` is the tier's level or the vendor's key."""
        if metric in TIER_METRICS:
            return self.tiers.get(scope, {}).get(metric)
        if metric in VENDOR_METRICS:
            own = self.vendors.get(scope)
            return (own if own is not None else self.vendors.get(ANY_VENDOR, {})).get(metric)
        return self.targets.get(priority, {}).get(metric)

    @property
    def shares(self) -> list[int]:
        return [threshold.share for threshold in self.thresholds]

    def every_target(self) -> Iterator[tuple[str, int, str, Target]]:
        """(group, key, metric, target): group is `targets`, `tiers` or `vendors`."""
        for group, rows in (("targets", self.targets), ("tiers", self.tiers), ("vendors", self.vendors)):
            for key, row in rows.items():
                for metric, target in row.items():
                    yield group, key, metric, target

    def calendars(self) -> set[int]:
        return {target.calendar for _group, _key, _metric, target in self.every_target()}


def to_json(spec: PolicySpec) -> dict[str, Any]:
    """What the database keeps; `from_json` reads it again as the same spec."""

    def rows(of: Mapping[int, Mapping[str, Target]]) -> dict[str, Any]:
        return {
            str(key): {str(metric): [target.minutes, target.calendar] for metric, target in row.items()}
            for key, row in of.items()
            if row
        }

    return {
        "when": dict(spec.when),
        "targets": rows(spec.targets),
        "tiers": rows(spec.tiers),
        "vendors": rows(spec.vendors),
        "pauses": list(spec.pauses),
        "pauses_responses": spec.pauses_responses,
        "reopening": spec.reopening,
        "phone_is_response": spec.phone_is_response,
        "thresholds": [[row.share, list(row.notify), row.tag] for row in spec.thresholds],
        "goals": {str(priority): [goal.percent, goal.penalty] for priority, goal in spec.goals.items()},
    }


def from_json(json: Mapping[str, Any]) -> PolicySpec:
    """A spec that `to_json` wrote. What people write is checked by `check` first."""

    def rows(of: Mapping[str, Any]) -> dict[int, dict[str, Target]]:
        return {
            int(key): {metric: Target(*target) for metric, target in row.items()} for key, row in of.items()
        }

    return PolicySpec(
        when=json["when"],
        targets=rows(json["targets"]),
        tiers=rows(json["tiers"]),
        vendors=rows(json["vendors"]),
        pauses=tuple(json["pauses"]),
        pauses_responses=json["pauses_responses"],
        reopening=json["reopening"],
        phone_is_response=json["phone_is_response"],
        thresholds=tuple(Threshold(share, tuple(notify), tag) for share, notify, tag in json["thresholds"]),
        goals={int(priority): Goal(*goal) for priority, goal in json["goals"].items()},
    )


def check(spec: PolicySpec, named: Named | None = None) -> None:
    """Refuse what cannot be promised.

    Args:
        named: the calendars and vendors there are; without it keys are not looked up.

    Raises:
        Invalid: naming the field (`targets.1.resolution`) and the remedy.
    """
    check_condition(spec.when)
    for group, key, metric, target in spec.every_target():
        _check_target(group, key, metric, target, named)
    _check_pauses(spec)
    _check_thresholds(spec.thresholds)
    for priority, goal in spec.goals.items():
        _check_goal(priority, goal)


def _check_target(group: str, key: int, metric: str, target: Target, named: Named | None) -> None:
    where = f"{group}.{key}.{metric}"
    keys, metrics = GROUPS[group]
    if metric not in metrics or (keys is not None and key not in keys):
        raise Invalid(_("“%(where)s” is nothing that can be promised.") % {"where": where}, field=where)
    if not 0 < target.minutes <= LONGEST:
        raise Invalid(
            _("A target is more than zero and at most five years. Leave it empty to promise nothing."),
            field=where,
        )
    if named is not None:
        _check_names(group, key, target, named, where)


def _check_names(group: str, key: int, target: Target, named: Named, where: str) -> None:
    calendar = named.calendars.get(target.calendar)
    if calendar is None:
        raise Invalid(_("This calendar is not there any more. Choose another one."), field=where)
    if not calendar.has_hours:
        raise Invalid(
            _("The calendar “%(name)s” has no hours, so that nothing would ever be due. Choose another one.")
            % {"name": calendar.name},
            field=where,
        )
    if group == "vendors" and key != ANY_VENDOR and key not in named.vendors:
        raise Invalid(_("This vendor is not there any more. Take it out."), field=where)


def _check_pauses(spec: PolicySpec) -> None:
    unknown = [code for code in spec.pauses if code not in PAUSES]
    if unknown:
        raise Invalid(
            _("“%(code)s” pauses nothing. Choose from: %(known)s.")
            % {"code": unknown[0], "known": ", ".join(PAUSES)},
            field="pauses",
        )
    if spec.reopening not in (RESUME, RESTART):
        raise Invalid(_("Reopening resumes or restarts."), field="reopening")


def _check_goal(priority: int, goal: Goal) -> None:
    field = f"goals.{priority}"
    if priority not in PRIORITIES or not 0 < goal.percent <= 100:
        raise Invalid(_("A goal is more than 0 and at most 100 percent."), field=field)
    if len(goal.penalty) > LONGEST_PENALTY:
        raise Invalid(
            _("A penalty is told in at most %(n)d characters.") % {"n": LONGEST_PENALTY}, field=field
        )


def _check_thresholds(thresholds: tuple[Threshold, ...]) -> None:
    shares = [threshold.share for threshold in thresholds]
    if not shares or shares[-1] != BREACH or shares != sorted(set(shares)) or shares[0] < 1:
        raise Invalid(
            _("Thresholds are rising shares of the target from 1 to 100 percent; the last one is 100."),
            field="thresholds",
        )
    if len(shares) > MOST_THRESHOLDS:
        raise Invalid(_("At most %(n)d thresholds.") % {"n": MOST_THRESHOLDS}, field="thresholds")
    unknown = {person for threshold in thresholds for person in threshold.notify} - set(NOTIFIED)
    if unknown:
        raise Invalid(
            _("“%(who)s” cannot be told. Choose from: %(known)s.")
            % {"who": sorted(unknown)[0], "known": ", ".join(NOTIFIED)},
            field="thresholds",
        )
    if any(len(threshold.tag) > LONGEST_TAG for threshold in thresholds):
        raise Invalid(_("A tag has at most %(n)d characters.") % {"n": LONGEST_TAG}, field="thresholds")
