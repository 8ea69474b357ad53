"""Acts on rules: written in versions, put in order, in use or not. Managers and administrators; leads read them."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import User
from escalation import settings_events as events
from escalation.models import Arming, Firing, Rule, RuleBook, RuleVersion
from escalation.permissions import may_write_rules
from escalation.rules.asking import ask_of_missed_later
from escalation.rules.checking import checked
from escalation.rules.spec import RuleSpec, from_json, to_json
from sla.operations.naming import copy_name, free_name
from tickets.refusals import Invalid, NotAllowed, Refused

LONGEST_NAME, LONGEST_NOTE, LONGEST_WHY = 80, 400, 200


class RuleInUse(Refused):
    """It has fired: tickets have to be able to say which rule moved them."""

    code = "rule_in_use"

    def __init__(self, rule: Rule) -> None:
        super().__init__(
            _("“%(name)s” has fired, so tickets name it: it cannot be deleted. Take it out of use instead.")
            % {"name": rule.name}
        )


class RuleChanged(Refused):
    """Somebody else has published a version since the page was opened."""

    code = "rule_changed"

    def __init__(self, now: RuleVersion) -> None:
        super().__init__(
            _(
                "Version %(n)d was published since you opened this page. Look at it first, then change it anew."
            )
            % {"n": now.number},
            now=now.number,
        )


@transaction.atomic
def create_rule(
    *,
    name: str,
    spec: RuleSpec,
    by: User | None,
    at: datetime,
    note: str = "",
    why: str = "",
    owner: User | None = None,
    is_enabled: bool = False,
) -> Rule:
    """A new rule, the last in the order; not in use unless that is asked for.

    Args:
        note: what the rule is for; it stays with the rule through its versions.
        why: what this version is for.
        owner: who answers for it; whoever writes it, if nobody is named.

    Raises:
        Invalid: the name is taken, or it says something that cannot be; `field` names it.
    """
    _begin(by)
    last = Rule.objects.aggregate(last=Max("position"))["last"]
    rule = Rule.objects.create(
        name=_free_name(name, but=None),
        note=_short(note, LONGEST_NOTE, "note"),
        owner=owner or by,
        position=0 if last is None else last + 1,
        is_enabled=is_enabled,
    )
    _publish(rule, spec, why=why, by=by, at=at)
    accounts.record(events.RULE_CREATED, by=by, at=at, about=rule.pk)
    _changed(at)
    return rule


@transaction.atomic
def publish_rule(
    rule: Rule,
    *,
    spec: RuleSpec,
    by: User | None,
    at: datetime,
    name: str = "",
    note: str | None = None,
    why: str = "",
    owner: User | None = None,
    seen: int | None = None,
) -> Rule:
    """What the rule says from now on. A publication that changes nothing writes no version.

    Args:
        name, note, owner: in the same act; what is not given stays.
        seen: the number of the version that the person had before them.

    Raises:
        Invalid: it says something that cannot be; `field` names it.
        RuleChanged: somebody else has published since `seen`.
    """
    rule = _locked(rule, by)
    if seen is not None and rule.current is not None and rule.current.number != seen:
        raise RuleChanged(rule.current)
    was = (rule.name, rule.note, rule.owner_id)
    if name and name != rule.name:
        rule.name = _free_name(name, but=rule)
    if note is not None:
        rule.note = _short(note, LONGEST_NOTE, "note")
    rule.owner = owner or rule.owner
    described_anew = was != (rule.name, rule.note, rule.owner_id)
    if described_anew:
        rule.save(update_fields=["name", "note", "owner"])
    if _publish(rule, spec, why=why, by=by, at=at) or described_anew:
        accounts.record(events.RULE_CHANGED, by=by, at=at, about=rule.pk)
        _changed(at)
    return rule


@transaction.atomic
def restore_rule(rule: Rule, *, number: int, by: User | None, at: datetime, why: str = "") -> Rule:
    """Say again what version `number` said: published anew, checked anew.

    Raises:
        RuleVersion.DoesNotExist: there is no such version.
        Invalid: it speaks of something that is gone.
    """
    version = RuleVersion.objects.get(rule=rule, number=number)
    why = why or _("Version %(n)d again") % {"n": number}
    return publish_rule(rule, spec=from_json(version.spec), by=by, at=at, why=why)


@transaction.atomic
def rename_rule(rule: Rule, *, name: str, by: User | None, at: datetime) -> Rule:
    rule = _locked(rule, by)
    if name != rule.name:
        rule.name = _free_name(name, but=rule)
        rule.save(update_fields=["name"])
        accounts.record(events.RULE_CHANGED, by=by, at=at, about=rule.pk)
        _changed(at)
    return rule


@transaction.atomic
def duplicate_rule(rule: Rule, *, by: User | None, at: datetime) -> Rule:
    """The same rule under another name, not in use until somebody has looked at it."""
    rule = _locked(rule, by)
    return create_rule(
        name=copy_name(Rule.objects.all(), rule.name, longest=LONGEST_NAME),
        spec=_spec(rule),
        note=rule.note,
        why=_("Made from “%(name)s”") % {"name": rule.name},
        by=by,
        at=at,
    )


@transaction.atomic
def enable_rule(rule: Rule, *, by: User | None, at: datetime) -> Rule:
    """Put it to use. What it says is checked once more: a team may have gone since it was written.

    Raises:
        Invalid: it says something that cannot be any more.
    """
    rule = _locked(rule, by)
    if not rule.is_enabled:
        checked(_spec(rule))
        _set_enabled(rule, True)
        accounts.record(events.RULE_ENABLED, by=by, at=at, about=rule.pk)
        _changed(at)
    return rule


@transaction.atomic
def disable_rule(rule: Rule, *, by: User | None, at: datetime) -> Rule:
    """Take it out of use; events that wait to be asked do not find it any more."""
    rule = _locked(rule, by)
    if rule.is_enabled:
        _set_enabled(rule, False)
        accounts.record(events.RULE_DISABLED, by=by, at=at, about=rule.pk)
        _changed(at)
    return rule


@transaction.atomic
def move_rule(rule: Rule, *, up: bool, by: User | None, at: datetime) -> Rule:
    """One place up or down in the order; at the end of it nothing happens."""
    rule = _locked(rule, by)
    order = list(Rule.objects.all())
    place = next(n for n, each in enumerate(order) if each.pk == rule.pk)
    to = place - 1 if up else place + 1
    if 0 <= to < len(order):
        order[place], order[to] = order[to], order[place]
        _put_in_order(order, by, at)
    return Rule.objects.get(pk=rule.pk)


@transaction.atomic
def order_rules(keys: list[int], *, by: User | None, at: datetime) -> None:
    """Put the rules in this order; those that are not named come behind, as they stood.

    Raises:
        Invalid: one of the keys is no rule's, or comes twice.
    """
    _begin(by)
    known = {rule.pk: rule for rule in Rule.objects.all()}
    if len(set(keys)) != len(keys) or not set(keys) <= known.keys():
        raise Invalid(_("The order names a rule that is gone. Load the page again."), field="order")
    rest = [key for key in known if key not in keys]
    _put_in_order([known[key] for key in [*keys, *rest]], by, at)


@transaction.atomic
def delete_rule(rule: Rule, *, by: User | None, at: datetime) -> None:
    """Take back a rule that has never fired.

    Raises:
        RuleInUse: it has.
    """
    rule = _locked(rule, by)
    if Firing.objects.filter(version__rule=rule).exists() or Arming.objects.filter(rule=rule).exists():
        raise RuleInUse(rule)
    key, name = rule.pk, rule.name
    rule.current = None
    rule.save(update_fields=["current"])
    RuleVersion.objects.filter(rule=rule).delete()
    rule.delete()
    accounts.record(events.RULE_DELETED, by=by, at=at, about=key, name=name)
    _changed(at)


# --- below ---


def _begin(by: User | None) -> None:
    """One act on rules after the other: the book's row is the lock."""
    if not may_write_rules(by):
        raise NotAllowed(_("Only managers and administrators change rules."))
    RuleBook.objects.select_for_update().get(pk=1)


def _locked(rule: Rule, by: User | None) -> Rule:
    _begin(by)
    rows = Rule.objects.select_for_update(of=("self",)).select_related("current", "owner")
    return rows.get(pk=rule.pk)


def _changed(at: datetime) -> None:
    """Every process reads the rules anew, and what one recorded before it did is asked after."""
    RuleBook.objects.filter(pk=1).update(stamp=uuid.uuid4())
    ask_of_missed_later(at=at)


def _publish(rule: Rule, spec: RuleSpec, *, why: str, by: User | None, at: datetime) -> bool:
    """Write a version unless the rule says so already; answers whether it did."""
    said = to_json(checked(spec))
    why = _short(why, LONGEST_WHY, "why")
    if rule.current is not None and rule.current.spec == said:
        return False
    last = RuleVersion.objects.filter(rule=rule).aggregate(last=Max("number"))["last"]
    rule.current = RuleVersion.objects.create(
        rule=rule, number=(last or 0) + 1, spec=said, by=by, at=at, note=why
    )
    rule.save(update_fields=["current"])
    return True


def _spec(rule: Rule) -> RuleSpec:
    return from_json(rule.current.spec) if rule.current else RuleSpec()


def _set_enabled(rule: Rule, is_enabled: bool) -> None:
    rule.is_enabled = is_enabled
    rule.save(update_fields=["is_enabled"])


def _put_in_order(order: list[Rule], by: User | None, at: datetime) -> None:
    for position, each in enumerate(order):
        each.position = position
    Rule.objects.bulk_update(order, ["position"])
    accounts.record(events.RULES_ORDERED, by=by, at=at)
    _changed(at)


def _short(text: str, longest: int, field: str) -> str:
    text = " ".join(text.split())
    if len(text) > longest:
        raise Invalid(_("At most %(n)d characters.") % {"n": longest}, field=field)
    return text


def _free_name(name: str, *, but: Rule | None) -> str:
    others = Rule.objects.exclude(pk=but.pk) if but else Rule.objects.all()
    return free_name(others, name, longest=LONGEST_NAME, taken=_("There is a rule “%(name)s” already."))
