"""What escalation begins with: the one row that says which rules are known, and recipes that are not in use yet.

Idempotent; after migrate. Recipes are written where there is no rule at all: a desk that has deleted them does not
get them back while it has rules of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from escalation.models import Rule, RuleBook, RuleVersion
from escalation.rules.spec import (
    CHANGED,
    CREATED,
    REOPENED,
    RETURNED,
    SLA_WARNING,
    Action,
    RuleSpec,
    TimeTrigger,
    to_json,
)
from sla.defaults import BUSINESS_HOURS
from sla.models import Calendar

DAY = 600
"""Minutes of a working day."""
P1 = {"field": "priority", "op": "is", "value": ["1"]}
FIRST_REMINDER = (
    "Hello {first_name},\n\nwe asked you something about {number} “{subject}” and cannot go on without your answer. "
    "Could you have a look?\n\n{team}"
)
LAST_REMINDER = (
    "Hello {first_name},\n\nwe still wait for your answer about {number} “{subject}”. "
    "If we hear nothing by tomorrow, we take it as done. You can always write again.\n\n{team}"
)
NO_ANSWER = (
    "Hello {first_name},\n\nwe have not heard from you about {number} “{subject}”, so we take it as done. "
    "If it is not, just answer: it is open again at once.\n\n{team}"
)


@dataclass(frozen=True)
class Recipe:
    name: str
    note: str
    spec: RuleSpec


def ensure_defaults(*, using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    RuleBook.objects.using(using).get_or_create(pk=1)
    if Rule.objects.using(using).exists():
        return
    hours = Calendar.objects.using(using).filter(name=BUSINESS_HOURS).values_list("pk", flat=True).first()
    shipped = list(recipes(hours))
    rules = Rule.objects.using(using).bulk_create(
        Rule(name=recipe.name, note=recipe.note, position=place) for place, recipe in enumerate(shipped)
    )
    versions = RuleVersion.objects.using(using).bulk_create(
        RuleVersion(rule=rule, number=1, spec=to_json(recipe.spec), at=timezone.now())
        for rule, recipe in zip(rules, shipped, strict=True)
    )
    for rule, version in zip(rules, versions, strict=True):
        rule.current = version
    Rule.objects.using(using).bulk_update(rules, ["current"])


def recipes(hours: int | None) -> Iterator[Recipe]:
    """Rules that most desks want sooner or later; `hours` is the key of the calendar of business hours."""
    waits = {"all": [{"field": "status", "op": "is", "value": ["pending_requester"]}]}

    def asked(name: str, minutes: int, note: str, *actions: Action) -> Recipe:
        time = TimeTrigger("status_since", minutes, hours)
        return Recipe(name, note, RuleSpec(time=time, when=waits, actions=actions))

    yield Recipe(
        "P1: managers know at once",
        "A ticket that is filed as P1 or becomes one.",
        RuleSpec(
            events=(CREATED, f"{CHANGED}:priority"),
            when={"all": [P1]},
            actions=(Action("notify", {"who": "managers"}),),
        ),
    )
    yield Recipe(
        "P1 not accepted for 10 minutes",
        "Handed over and nobody has it yet: the leads of the team are told, around the clock.",
        RuleSpec(
            time=TimeTrigger("unaccepted_since", 10),
            when={"all": [P1]},
            actions=(Action("notify", {"who": "lead"}),),
        ),
    )
    yield Recipe(
        "Not accepted for 2 hours",
        "Handed over and nobody has it yet, in business hours.",
        RuleSpec(
            time=TimeTrigger("unaccepted_since", 120, hours),
            when={"all": [{"not": P1}]},
            actions=(Action("notify", {"who": "lead"}),),
        ),
    )
    yield asked(
        "No answer: first reminder",
        DAY,
        "We asked the requester and have heard nothing for a working day.",
        Action("reply", {"text": FIRST_REMINDER}),
    )
    yield asked(
        "No answer: last reminder",
        2 * DAY,
        "Nothing for two working days.",
        Action("reply", {"text": LAST_REMINDER}),
    )
    yield asked(
        "No answer: resolve",
        3 * DAY,
        "Nothing for three working days: done, as far as we know. An answer opens it again.",
        Action("status", {"to": "resolve", "code": "no_answer", "text": NO_ANSWER}),
    )
    yield Recipe(
        "Returned twice: the lead decides",
        "Two teams give it to each other: somebody has to say whose it is.",
        RuleSpec(
            events=(RETURNED,),
            when={"all": [{"field": "bounces", "op": "at_least", "value": ["2"]}]},
            actions=(Action("notify", {"who": "lead"}),),
        ),
    )
    yield Recipe(
        "Time runs short at L1: up to L2",
        "Three quarters of the time to resolve are used, and it is still with the service desk.",
        RuleSpec(
            events=(SLA_WARNING,),
            when={
                "all": [
                    {"field": "tier", "op": "is", "value": ["1"]},
                    {"field": "resolution_share", "op": "at_least", "value": ["75"]},
                    {"field": "status", "op": "is", "value": ["new", "open"]},
                ]
            },
            actions=(Action("move", {"tier": 2, "reason": "no_capacity"}),),
        ),
    )
    yield Recipe(
        "Reopened twice: up to L2",
        "It was called done twice and was not.",
        RuleSpec(
            events=(REOPENED,),
            when={
                "all": [
                    {"field": "tier", "op": "is", "value": ["1"]},
                    {"field": "reopened", "op": "at_least", "value": ["2"]},
                ]
            },
            actions=(Action("move", {"tier": 2, "reason": "needs_expertise"}),),
        ),
    )
    yield Recipe(
        "Nothing happens for 4 hours",
        "An urgent ticket on which nobody has done anything for four hours of business time.",
        RuleSpec(
            time=TimeTrigger("changed_at", 240, hours),
            when={
                "all": [
                    {"field": "priority", "op": "is", "value": ["1", "2"]},
                    {"field": "status", "op": "is", "value": ["new", "open"]},
                ]
            },
            actions=(Action("notify", {"who": "assignee"}),),
        ),
    )
    yield Recipe(
        "With the vendor for 3 days",
        "It waits for a vendor, and nobody here has asked.",
        RuleSpec(
            time=TimeTrigger("status_since", 3 * DAY, hours),
            when={"all": [{"field": "status", "op": "is", "value": ["pending_vendor"]}]},
            actions=(Action("notify", {"who": "contact"}),),
        ),
    )
