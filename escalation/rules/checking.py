"""Whether a rule can be kept: checked when it is published, when its text is read, and before it is simulated."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Membership, Team, Tier
from escalation.queries import first_team, next_tier
from escalation.rules.actions import TYPES
from escalation.rules.spec import (
    CHANGED,
    SINCE_COLUMNS,
    TRIGGERS,
    WATCHED_COLUMNS,
    Action,
    RuleSpec,
    TimeTrigger,
)
from sla.conditions import implies, is_impossible
from sla.models import Calendar
from tickets.refusals import Invalid
from tickets.vocabulary import Tree, Unreadable, Word, condition, conditions, parse, to_json

MOST_ACTIONS = 20
LONGEST_WAIT = 366 * 24 * 60
"""Minutes of a time rule."""
VENDOR_TIER = 4


def checked(spec: RuleSpec) -> RuleSpec:
    """The rule in its one form, so that the same rule is the same JSON.

    Raises:
        Invalid: something in it cannot be; `field` is events, time, when, stops, or actions.<place>.<argument>.
    """
    _check_trigger(spec)
    tree = readable(spec.when)
    if not 0 < len(spec.actions) <= MOST_ACTIONS:
        raise Invalid(
            _("A rule does something: give 1 to %(n)d actions.") % {"n": MOST_ACTIONS}, field="actions"
        )
    actions = tuple(_checked_action(place, action, tree) for place, action in enumerate(spec.actions))
    events = tuple(dict.fromkeys(spec.events))
    return replace(spec, events=events, when=to_json(tree), actions=actions)


def readable(when: Mapping[str, Any]) -> Tree:
    """The condition as a tree.

    Raises:
        Invalid: it cannot be read, speaks of a reader, or contradicts itself.
    """
    try:
        tree = parse(dict(when))
    except Unreadable as error:
        raise Invalid(str(error), field="when") from error
    for each in conditions(tree):
        if {Word.ME, Word.MINE} & {value for value in each.values if isinstance(value, Word)}:
            raise Invalid(
                _("%(field)s: nobody reads a rule, so “me” means nobody. Name the person or team.")
                % {"field": each.field.label},
                field="when",
            )
    if is_impossible(tree):
        raise Invalid(_("The conditions contradict each other: no ticket can meet them."), field="when")
    return tree


# --- when ---


def _check_trigger(spec: RuleSpec) -> None:
    if spec.time is not None and spec.events:
        raise Invalid(_("A rule waits for events or for time to pass, not for both."), field="time")
    if spec.time is None and not spec.events:
        raise Invalid(_("Say when the rule is asked: choose an event, or a span of time."), field="events")
    for name in spec.events:
        if not _is_trigger(name):
            raise Invalid(
                _("There is no event “%(name)s”. Choose from: %(known)s.")
                % {"name": name[:60], "known": ", ".join(all_triggers())},
                field="events",
            )
    if spec.time is not None:
        _check_time(spec.time, stops=spec.stops)


def all_triggers() -> list[str]:
    """Every name that may stand among a rule's events."""
    return [*TRIGGERS, *(f"{CHANGED}:{column}" for column in WATCHED_COLUMNS)]


def _is_trigger(name: str) -> bool:
    return name in all_triggers()


def _check_time(time: TimeTrigger, *, stops: bool) -> None:
    if time.since not in SINCE_COLUMNS:
        raise Invalid(
            _("Time is measured from one of: %(known)s.") % {"known": ", ".join(SINCE_COLUMNS)}, field="time"
        )
    if not 0 < time.minutes <= LONGEST_WAIT:
        raise Invalid(_("The span is more than no time and at most a year."), field="time")
    calendars = Calendar.objects.filter(pk=time.calendar or 0, current__isnull=False)
    if time.calendar is not None and not calendars.exists():
        raise Invalid(_("Choose a calendar that exists."), field="time")
    if stops:
        raise Invalid(
            _("“Stop here” is for events: a rule that waits for time is asked alone."), field="stops"
        )


# --- then ---


def _checked_action(place: int, action: Action, when: Tree) -> Action:
    where = f"actions.{place}"
    known = TYPES.get(action.do)
    if known is None:
        raise Invalid(
            _("There is no action “%(name)s”. Choose from: %(known)s.")
            % {"name": action.do[:40], "known": ", ".join(sorted(TYPES))},
            field=where,
        )
    try:
        clean = Action(action.do, known.clean(action.args))
        if action.do in ("move", "vendor"):
            _check_target(clean, when)
    except Invalid as refusal:
        raise Invalid(str(refusal), field=f"{where}.{refusal.field or ''}".rstrip(".")) from refusal
    return clean


def _check_target(action: Action, when: Tree) -> None:
    """Refuse a move that could never be made, or that the condition says was made already."""
    if action.args.get("team"):
        team = Team.objects.select_related("tier").get(pk=action.args["team"])
        _check_team(team)
        if implies(when, condition("team", "is", [str(team.pk)])):
            raise Invalid(
                _(
                    "The rule moves to itself: its condition asks for tickets of %(team)s, and there it moves them. "
                    "Choose another team, or another condition."
                )
                % {"team": team},
                field="team",
            )
    elif action.args.get("tier") is not None:
        _check_tier(int(action.args["tier"]), when)


def _check_team(team: Team) -> None:
    if not team.is_active or not team.tier.is_enabled:
        raise Invalid(
            _("%(team)s receives nothing: it is inactive or its tier is not in use. Choose another team.")
            % {"team": team},
            field="team",
        )
    if team.tier_id != VENDOR_TIER and not has_members(team):
        raise Invalid(
            _(
                "%(team)s has no members: nobody would see what arrives. Put somebody in, or choose another team."
            )
            % {"team": team},
            field="team",
        )


def has_members(team: Team) -> bool:
    return Membership.objects.filter(team=team, user__is_active=True).exists()


def _check_tier(level: int, when: Tree) -> None:
    tier = Tier.objects.get(level=level)
    team = first_team(level) if tier.is_enabled else None
    if team is None:
        above, below = next_tier(level, upwards=True), next_tier(level, upwards=False)
        instead = above or below
        raise Invalid(
            _("%(tier)s is not in use. Choose %(instead)s, or put it to use with a team.")
            % {"tier": tier, "instead": instead}
            if instead
            else _("%(tier)s is not in use, and no other tier is.") % {"tier": tier},
            field="tier",
        )
    _check_team(team)
    if implies(when, condition("tier", "is", [str(level)])):
        raise Invalid(
            _(
                "The rule moves to itself: its condition asks for tickets of %(tier)s, and there it moves them. "
                "Choose another tier, or another condition."
            )
            % {"tier": tier},
            field="tier",
        )
