"""Who of escalation counts in a calendar: it is not deleted while somebody does."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from escalation.models import Availability, Rule, TeamWork


def users_of_calendar(key: int) -> list[str]:
    """Rules (in use or not), teams and people, as a sentence names them."""
    rules = Rule.objects.filter(current__isnull=False).select_related("current")
    named = [rule.name for rule in rules if key in set(_calendars(rule.current.spec))]  # type: ignore[union-attr]
    teams = TeamWork.objects.filter(hours=key).values_list("team__name", flat=True)
    people = Availability.objects.filter(hours=key).values_list("user__name", flat=True)
    return [*(_("the rule “%(name)s”") % {"name": name} for name in named), *teams, *people]


def _calendars(spec: dict[str, Any]) -> Iterator[int]:
    if spec["time"] and spec["time"][2] is not None:
        yield spec["time"][2]
    yield from _in_condition(spec["when"])


def _in_condition(when: Any) -> Iterator[int]:
    if isinstance(when, dict) and when.get("field") == "hours":
        yield from (int(value) for value in when["value"] if str(value).isdecimal())
        return
    for part in when.values() if isinstance(when, dict) else when if isinstance(when, list) else ():
        yield from _in_condition(part)
