"""What a change of a setting will do to the tickets that are there, in sentences with numbers, before it is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.models import Category, CustomField, Priority, PriorityRule, Ticket
from tickets.settings import queries

Required = CustomField.Required


@dataclass(frozen=True)
class Effect:
    """One thing that the change does; its code stays the same while the numbers change."""

    code: str
    sentence: str


def of_field(pk: int | None, after: Mapping[str, Any]) -> list[Effect]:
    """Of saving a custom field with these values; `pk` None: of a new one."""
    before = CustomField.objects.prefetch_related("categories").get(pk=pk) if pk else None
    found = _lacking(before, after)
    if before is None:
        return found
    gone = [choice for choice in before.choices if choice not in after["choices"]]
    for choice, n in queries.uses_of_choices(before, gone).items():
        words = ngettext(
            "“%(choice)s” is no longer offered. %(n)s ticket has it and keeps it; it can still be searched for.",
            "“%(choice)s” is no longer offered. %(n)s tickets have it and keep it; it can still be searched for.",
            n,
        )
        found.append(Effect(f"choice:{choice}", words % {"choice": choice, "n": _number(n)}))
    waiting = queries.fields_waiting_for(before)
    if before.is_active and not after["is_active"] and waiting:
        words = _("These fields are shown by its answers and will not be asked any more: %(fields)s.")
        found.append(Effect("waiting", words % {"fields": ", ".join(row.label for row in waiting)}))
    return found


def _lacking(before: CustomField | None, after: Mapping[str, Any]) -> list[Effect]:
    required = after["required"]
    if required == Required.NEVER or not after["is_active"]:
        return []
    if before and before.required == required and before.is_active:
        return []
    categories = [row.pk for row in after["categories"]]
    n = queries.open_tickets_that_lack(before, list(after["kinds"]), categories)
    if not n:
        return []
    words = {
        Required.FILING: ngettext(
            "%(n)s open ticket lacks it and stays as it is: it is asked of what is filed from now on.",
            "%(n)s open tickets lack it and stay as they are: it is asked of what is filed from now on.",
            n,
        ),
        Required.HANDING_OVER: ngettext(
            "%(n)s open ticket lacks it: it is asked when that is handed to a higher tier. Nothing else is held up.",
            "%(n)s open tickets lack it: it is asked when one is handed to a higher tier. Nothing else is held up.",
            n,
        ),
        Required.RESOLVING: ngettext(
            "%(n)s open ticket lacks it: it is asked when that is resolved. Nothing else is held up.",
            "%(n)s open tickets lack it: it is asked when one is resolved. Nothing else is held up.",
            n,
        ),
    }
    return [Effect(f"lacking:{required}", words[Required(required)] % {"n": _number(n)})]


def of_category(pk: int, after: Mapping[str, Any]) -> list[Effect]:
    before = Category.objects.get(pk=pk)
    n = queries.open_tickets_of(before)
    if not n:
        return []
    found = []
    if before.is_active and not after["is_active"]:
        words = ngettext(
            "%(n)s open ticket has this category and keeps it; nobody can choose it any more.",
            "%(n)s open tickets have this category and keep it; nobody can choose it any more.",
            n,
        )
        found.append(Effect("inactive", words % {"n": _number(n)}))
    if before.team_id != getattr(after["team"], "pk", None):
        words = ngettext(
            "%(n)s open ticket stays with the team that has it; the new team gets what is filed from now on.",
            "%(n)s open tickets stay with the teams that have them; the new team gets what is filed from now on.",
            n,
        )
        found.append(Effect("team", words % {"n": _number(n)}))
    if after["skill"] is not None and before.skill_id != after["skill"].pk:
        words = ngettext(
            "“Take next” gives %(n)s open ticket only to people who have %(skill)s from now on.",
            "“Take next” gives %(n)s open tickets only to people who have %(skill)s from now on.",
            n,
        )
        found.append(Effect("skill", words % {"n": _number(n), "skill": after["skill"]}))
    return found


def of_matrix(after: Mapping[tuple[int, int], int]) -> list[Effect]:
    changed = {
        (rule.impact, rule.urgency): rule.priority
        for rule in PriorityRule.objects.all()
        if after.get((rule.impact, rule.urgency), rule.priority) != rule.priority
    }
    found = []
    for (impact, urgency), priority in changed.items():
        rows = Ticket.objects.open().filter(impact=impact, urgency=urgency, priority_overridden=False)
        n = rows.count()
        if n:
            words = ngettext(
                "%(n)s open ticket keeps %(before)s until its impact or urgency is changed: it would be %(after)s.",
                "%(n)s open tickets keep %(before)s until their impact or urgency is changed: "
                "they would be %(after)s.",
                n,
            )
            names = {"before": Priority(priority).label, "after": Priority(after[impact, urgency]).label}
            found.append(Effect(f"cell:{impact}:{urgency}", words % {"n": _number(n), **names}))
    return found


def _number(n: int) -> str:
    return number_format(n, force_grouping=True)
