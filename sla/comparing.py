"""The difference of two versions of a policy, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.durations import spell
from sla.models import Metric
from sla.queries.named import Named
from sla.spec import (
    ANY_VENDOR,
    ASSIGNEE,
    CONTACT,
    LEAD,
    MANAGERS,
    ON_HOLD,
    PENDING_REQUESTER,
    PENDING_VENDOR,
    RESTART,
    RESUME,
    Goal,
    PolicySpec,
    Target,
    Threshold,
)
from tickets.models import HoldReason
from tickets.vocabulary import EVERYTHING, Unreadable, describe, parse

PEOPLE: Mapping[str, str | Promise] = {
    ASSIGNEE: gettext_lazy("the assignee"),
    CONTACT: gettext_lazy("the contact"),
    LEAD: gettext_lazy("the lead"),
    MANAGERS: gettext_lazy("the managers"),
}
REOPENING: Mapping[str, str | Promise] = {
    RESUME: gettext_lazy("goes on with the time used"),
    RESTART: gettext_lazy("begins anew"),
}


def differences(old: PolicySpec, new: PolicySpec, known: Named) -> list[str]:
    """One line for each thing that is promised otherwise; empty where both promise the same."""
    return [
        *_line(_("For"), condition_words(old.when), condition_words(new.when)),
        *_targets(old, new, known),
        *_goals(old, new),
        *_line(_("Pauses"), _pauses(old), _pauses(new)),
        *_line(_("Responses pause, too"), _yes_no(old.pauses_responses), _yes_no(new.pauses_responses)),
        *_line(_("Reopening"), str(REOPENING[old.reopening]), str(REOPENING[new.reopening])),
        *_line(
            _("A call counts as response"), _yes_no(old.phone_is_response), _yes_no(new.phone_is_response)
        ),
        *_thresholds(old, new),
    ]


def condition_words(when: Mapping[str, Any]) -> str:
    """A condition as people read it, also one that cannot be read any more."""
    try:
        tree = parse(dict(when))
    except Unreadable as error:
        return _("cannot be read: %(problem)s") % {"problem": error}
    if tree == EVERYTHING:
        return _("all tickets")
    parts = [" ".join(filter(None, [pill.label, pill.operator, pill.value])) for pill in describe(tree)]
    return _(" and ").join(parts)


def pause_words(code: str) -> str:
    """What pauses, in words."""
    status, _colon, reason = code.partition(":")
    label = {
        PENDING_REQUESTER: _("pending requester"),
        PENDING_VENDOR: _("pending vendor"),
        ON_HOLD: _("on hold"),
    }[status]
    return f"{label}: {HoldReason(reason).label}" if reason else label


def target_words(target: Target | None, known: Named) -> str:
    if target is None:
        return _("nothing promised")
    return _("%(span)s in %(calendar)s") % {
        "span": spell(target.minutes),
        "calendar": known.calendar(target.calendar),
    }


def whose(group: str, key: int, known: Named) -> str:
    """Whom a row of targets is about: P1, L2, a vendor."""
    if group == "targets":
        return f"P{key}"
    if group == "tiers":
        return f"L{key}"
    return _("every other vendor") if key == ANY_VENDOR else known.vendor(key)


def _line(label: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"{label}: {before} → {after}"


def _targets(old: PolicySpec, new: PolicySpec, known: Named) -> Iterator[str]:
    before = {key[:3]: key[3] for key in old.every_target()}
    after = {key[:3]: key[3] for key in new.every_target()}
    order = list(Metric.values)
    places = {"targets": 0, "tiers": 1, "vendors": 2}
    for group, key, metric in sorted(
        before.keys() | after.keys(), key=lambda each: (places[each[0]], each[1], order.index(each[2]))
    ):
        was, now = before.get((group, key, metric)), after.get((group, key, metric))
        if was != now:
            label = f"{whose(group, key, known)} {Metric(metric).label}"
            yield from _line(label, target_words(was, known), target_words(now, known))


def _goals(old: PolicySpec, new: PolicySpec) -> Iterator[str]:
    for priority in sorted(old.goals.keys() | new.goals.keys()):
        label = _("P%(n)d goal") % {"n": priority}
        yield from _line(label, goal_words(old.goals.get(priority)), goal_words(new.goals.get(priority)))


def goal_words(goal: Goal | None) -> str:
    if goal is None:
        return _("none")
    words = f"{goal.percent:g} %"
    return f"{words} ({goal.penalty})" if goal.penalty else words


def _pauses(spec: PolicySpec) -> str:
    return ", ".join(pause_words(code) for code in sorted(spec.pauses)) or _("nothing")


def _yes_no(value: bool) -> str:
    return _("yes") if value else _("no")


def _thresholds(old: PolicySpec, new: PolicySpec) -> Iterator[str]:
    before = {each.share: each for each in old.thresholds}
    after = {each.share: each for each in new.thresholds}
    for share in sorted(before.keys() | after.keys()):
        label = _("At %(share)d %%") % {"share": share}
        yield from _line(label, threshold_words(before.get(share)), threshold_words(after.get(share)))


def threshold_words(threshold: Threshold | None) -> str:
    if threshold is None:
        return _("nothing")
    parts = []
    if threshold.notify:
        parts.append(_("tell %(who)s") % {"who": ", ".join(str(PEOPLE[who]) for who in threshold.notify)})
    if threshold.tag:
        parts.append(_("tag “%(tag)s”") % {"tag": threshold.tag})
    return ", ".join(parts) or _("record it")
