"""When somebody is there: the hours in which a team answers, by the promises that are in force."""

from datetime import datetime

from sla.book import Rules, rules_in_force
from sla.business_time import WorkingTime
from sla.cycles import MICROSECOND
from sla.models import Metric
from sla.queries.hours import hours_of
from sla.spec import PolicySpec
from tickets.models import FAR

FIRST_LINE = 1
USUAL_PRIORITY = 3


def tier_hours(spec: PolicySpec | None, tier: int) -> WorkingTime:
    """The hours in which this tier accepts tickets by the policy that judges them; else the desk's own."""
    rules = rules_in_force()
    found = _calendar(spec, tier, rules) if spec else None
    return hours_of(rules.versions[found]) if found is not None else desk_hours(rules)


def desk_hours(rules: Rules | None = None) -> WorkingTime:
    """Business hours: those of the first line in the default policy, or what its usual promises count in."""
    return hours_of(desk_calendar(rules))


def desk_calendar(rules: Rules | None = None) -> int | None:
    """The version of the calendar that says them; None is around the clock."""
    rules = rules or rules_in_force()
    default = next((rule for rule in rules.rules if rule.is_default), None)
    if default is None:
        return None
    found = _calendar(default.spec, FIRST_LINE, rules)
    if found is not None:
        return rules.versions[found]
    usual = default.spec.target(Metric.RESOLUTION, priority=USUAL_PRIORITY)
    return rules.versions.get(usual.calendar) if usual else None


def next_opening(hours: WorkingTime, at: datetime) -> datetime:
    """`at` itself where it is open then, else when it opens next; `at` for hours that never come."""
    worked = hours.add_working_time(at, MICROSECOND)
    return at if worked >= FAR else max(at, worked - MICROSECOND)


def _calendar(spec: PolicySpec, tier: int, rules: Rules) -> int | None:
    target = spec.target(Metric.ACCEPT, priority=USUAL_PRIORITY, scope=tier)
    return target.calendar if target and target.calendar in rules.versions else None
