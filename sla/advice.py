"""What a policy may promise and hardly means: warnings in words. What it may not promise `sla.spec.check` refuses."""

from collections.abc import Iterable, Iterator

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from sla.book import Rule
from sla.conditions import is_impossible, shadows
from sla.durations import spell
from sla.models import Metric
from sla.queries.named import Named
from sla.spec import PRIORITIES, PolicySpec, Target
from tickets.vocabulary import Tree


def warnings(spec: PolicySpec, known: Named) -> list[str]:
    """What an administrator should look at twice, one sentence each."""
    return [*_shorter_than_response(spec, known), *_tiers_take_too_long(spec, known), *_goals(spec)]


def _shorter_than_response(spec: PolicySpec, known: Named) -> Iterator[str]:
    for priority in PRIORITIES:
        row = spec.targets.get(priority, {})
        first, resolution = row.get(Metric.FIRST_RESPONSE), row.get(Metric.RESOLUTION)
        if first and resolution and _is_shorter(resolution, first, known):
            yield _(
                "P%(n)d: the resolution (%(resolution)s) is shorter than the first response (%(first)s)."
            ) % {
                "n": priority,
                "resolution": spell(resolution.minutes),
                "first": spell(first.minutes),
            }


def _is_shorter(one: Target, other: Target, known: Named) -> bool:
    """Whether it ends earlier. Minutes around the clock pass sooner than as many in opening hours."""
    if one.minutes >= other.minutes:
        return False
    mine, its = known.calendars.get(one.calendar), known.calendars.get(other.calendar)
    return mine is None or its is None or mine.is_always_open or not its.is_always_open


def _tiers_take_too_long(spec: PolicySpec, known: Named) -> Iterator[str]:
    """The tiers in use, one after the other, against the resolution of each priority."""
    takes = {level: sum(target.minutes for target in row.values()) for level, row in spec.tiers.items()}
    takes = {level: minutes for level, minutes in sorted(takes.items()) if minutes and level in known.tiers}
    total = sum(takes.values())
    over = [
        f"P{priority} ({spell(target.minutes)})"
        for priority in PRIORITIES
        if (target := spec.targets.get(priority, {}).get(Metric.RESOLUTION)) and total > target.minutes
    ]
    if over:
        parts = [f"L{level} {spell(minutes)}" for level, minutes in takes.items()]
        yield _(
            "The tiers may take %(sum)s together (%(parts)s), longer than the resolution of %(over)s."
        ) % {
            "sum": spell(total),
            "parts": " + ".join(parts),
            "over": get_text_list(over, _("and")),
        }


def _goals(spec: PolicySpec) -> Iterator[str]:
    for priority in PRIORITIES:
        if priority in spec.goals and not spec.targets.get(priority):
            yield _("P%(n)d has a goal and no target: no ticket will ever be counted.") % {"n": priority}


def reach(rules: Iterable[Rule]) -> dict[int, str]:
    """Why nobody reaches a policy, by its key; those that can be reached are left out. `rules` in their order."""
    found: dict[int, str] = {}
    earlier: list[tuple[str, Tree]] = []
    for rule in rules:
        if rule.when is None and not rule.is_default:
            found[rule.policy] = _("Its condition cannot be read, so it matches nothing. %(problem)s") % {
                "problem": rule.problem
            }
            continue
        if rule.when is None:
            continue
        if is_impossible(rule.when):
            found[rule.policy] = _("Its condition contradicts itself, so it matches nothing.")
        elif names := shadows(rule.when, earlier):
            found[rule.policy] = _(
                "Nobody reaches it: %(names)s comes first and takes all of its tickets."
            ) % {"names": get_text_list([_("“%(title)s”") % {"title": name} for name in names], _("with"))}
        earlier.append((rule.name, rule.when))
    return found
