"""Acts on policies. What changes a promise writes a new version, and has all open tickets judged anew."""

import uuid
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import may_administer
from sla.conditions import check_condition
from sla.models import Book, Clock, ClockEvent, Policy, PolicyVersion
from sla.operations.naming import copy_name, free_name
from sla.operations.recomputing import ask
from sla.queries.named import named
from sla.spec import NOTIFIED, PAUSES, PolicySpec, check, from_json, to_json
from tickets.refusals import Invalid, NotAllowed, Refused
from tickets.vocabulary import EVERYTHING
from tickets.vocabulary import to_json as tree_to_json

LONGEST_NAME, LONGEST_NOTE = 80, 200


class PolicyInUse(Refused):
    """Clocks were judged by it: they have to be able to say by what."""

    code = "policy_in_use"

    def __init__(self, policy: Policy) -> None:
        super().__init__(
            _(
                "Clocks of tickets were judged by “%(name)s”, so it cannot be deleted. Take it out of use instead."
            )
            % {"name": policy.name}
        )


class PolicyChanged(Refused):
    """Somebody else has published a version since the page was opened."""

    code = "policy_changed"

    def __init__(self, now: PolicyVersion) -> None:
        super().__init__(
            _(
                "Version %(n)d was published since you opened this page. Look at it first, then change it anew."
            )
            % {"n": now.number},
            now=now.number,
        )


class DefaultPolicyStays(Refused):
    """There is always a policy for the tickets that no other matches: in use, last, without a condition."""

    code = "default_policy_stays"


@transaction.atomic
def create_policy(
    *, name: str, spec: PolicySpec, by: User | None, at: datetime, note: str = "", is_enabled: bool = True
) -> Policy:
    """A new policy, in use at once, before the default one and after all others.

    Raises:
        Invalid: the name is taken, or something cannot be promised; `field` names it.
    """
    _begin(by)
    name = _free_name(name, but=None)
    last = Policy.objects.aggregate(last=Max("position"))["last"]
    policy = Policy.objects.create(name=name, position=0 if last is None else last + 1, is_enabled=is_enabled)
    return _publish(policy, spec, note=note, by=by, at=at)


@transaction.atomic
def publish(
    policy: Policy,
    *,
    spec: PolicySpec,
    by: User | None,
    at: datetime,
    note: str = "",
    name: str = "",
    seen: int | None = None,
) -> Policy:
    """What it promises from now on; `name` renames it as well. Open tickets are judged anew in the background.

    A publication that changes nothing writes no version.

    Args:
        seen: the number of the version that the person had before them.

    Raises:
        Invalid: something cannot be promised; `field` names it.
        PolicyChanged: somebody else has published since `seen`.
    """
    policy = _locked(policy, by)
    if seen is not None and policy.current is not None and policy.current.number != seen:
        raise PolicyChanged(policy.current)
    if name and name != policy.name:
        policy.name = _free_name(name, but=policy)
        policy.save(update_fields=["name"])
        Book.objects.update(stamp=uuid.uuid4())
    return _publish(policy, spec, note=note, by=by, at=at)


def restore(policy: Policy, *, number: int, by: User | None, at: datetime, note: str = "") -> Policy:
    """Promise again what version `number` did: published anew, checked anew.

    Raises:
        PolicyVersion.DoesNotExist: there is no such version.
        Invalid: it speaks of a calendar or a field that is gone.
    """
    version = PolicyVersion.objects.get(policy=policy, number=number)
    note = note or _("Version %(n)d again") % {"n": number}
    return publish(policy, spec=from_json(version.spec), by=by, at=at, note=note)


@transaction.atomic
def duplicate(policy: Policy, *, by: User | None, at: datetime) -> Policy:
    """The same promises under another name, not in use until somebody has looked at them."""
    policy = _locked(policy, by)
    return create_policy(
        name=copy_name(Policy.objects.all(), policy.name, longest=LONGEST_NAME),
        spec=from_json(policy.current.spec) if policy.current else PolicySpec(),
        note=_("Made from “%(name)s”") % {"name": policy.name},
        is_enabled=False,
        by=by,
        at=at,
    )


@transaction.atomic
def move_policy(policy: Policy, *, up: bool, by: User | None, at: datetime) -> Policy:
    """One place up or down in the order; at the end of it nothing happens. The default stays the last.

    Raises:
        DefaultPolicyStays: it is the default.
    """
    policy = _locked(policy, by)
    if policy.is_default:
        raise DefaultPolicyStays(_("The default policy stays the last: it is for what no other matches."))
    order = list(Policy.objects.filter(is_default=False))
    place = next(n for n, each in enumerate(order) if each.pk == policy.pk)
    to = place - 1 if up else place + 1
    if not 0 <= to < len(order):
        return policy
    order[place], order[to] = order[to], order[place]
    for position, each in enumerate(order):
        each.position = position
    Policy.objects.bulk_update(order, ["position"])
    words = _("“%(name)s” comes earlier") if up else _("“%(name)s” comes later")
    ask(reason=words % {"name": policy.name}, by=by, at=at)
    policy.position = to
    return policy


@transaction.atomic
def enable_policy(policy: Policy, *, by: User | None, at: datetime) -> Policy:
    policy = _locked(policy, by)
    if not policy.is_enabled:
        _set_enabled(policy, True)
        ask(reason=_("“%(name)s” is in use") % {"name": policy.name}, by=by, at=at)
    return policy


@transaction.atomic
def disable_policy(policy: Policy, *, by: User | None, at: datetime) -> Policy:
    """Its open tickets go to the next policy that matches them.

    Raises:
        DefaultPolicyStays: it is the default.
    """
    policy = _locked(policy, by)
    if policy.is_default:
        raise DefaultPolicyStays(_("The default policy stays in use: it is for what no other matches."))
    if policy.is_enabled:
        _set_enabled(policy, False)
        ask(reason=_("“%(name)s” is out of use") % {"name": policy.name}, by=by, at=at)
    return policy


@transaction.atomic
def delete_policy(policy: Policy, *, by: User | None, at: datetime) -> None:
    """Take back a policy that has judged nothing yet.

    Raises:
        DefaultPolicyStays: it is the default.
        PolicyInUse: clocks were judged by one of its versions.
    """
    policy = _locked(policy, by)
    if policy.is_default:
        raise DefaultPolicyStays(_("The default policy stays: it is for what no other matches."))
    versions = PolicyVersion.objects.filter(policy=policy)
    if has_judged(versions):
        raise PolicyInUse(policy)
    policy.current = None
    policy.save(update_fields=["current"])
    versions.delete()
    policy.delete()
    if policy.is_enabled:
        ask(reason=_("“%(name)s” is deleted") % {"name": policy.name}, by=by, at=at)


def has_judged(versions: "QuerySet[PolicyVersion]") -> bool:
    """Whether a clock, or the past of one, names any of these versions."""
    keys = list(versions.values_list("pk", flat=True))
    if Clock.objects.filter(policy__in=keys).exists():
        return True
    told = Q(kind__in=[ClockEvent.Kind.STARTED, ClockEvent.Kind.RETARGETED])
    return ClockEvent.objects.filter(told, data__policy__in=keys).exists()


# --- below ---


def _begin(by: User | None) -> None:
    """One act on policies after the other: the book's row is the lock."""
    if not may_administer(by):
        raise NotAllowed(_("Only administrators change policies."))
    Book.objects.select_for_update().get(pk=1)


def _locked(policy: Policy, by: User | None) -> Policy:
    _begin(by)
    rows = Policy.objects.select_for_update(of=("self",)).select_related("current")
    return rows.get(pk=policy.pk)


def _publish(policy: Policy, spec: PolicySpec, *, note: str, by: User | None, at: datetime) -> Policy:
    spec = _checked(policy, spec)
    if len(note) > LONGEST_NOTE:
        raise Invalid(_("A note has at most %(n)d characters.") % {"n": LONGEST_NOTE}, field="note")
    known = policy.current
    if known is not None and known.spec == to_json(spec):
        return policy
    last = PolicyVersion.objects.filter(policy=policy).aggregate(last=Max("number"))["last"]
    number = (last or 0) + 1
    policy.current = PolicyVersion.objects.create(
        policy=policy, number=number, spec=to_json(spec), by=by, at=at, note=note
    )
    policy.save(update_fields=["current"])
    if policy.is_enabled:
        ask(reason=_("“%(name)s” version %(n)d") % {"name": policy.name, "n": number}, by=by, at=at)
    return policy


def _checked(policy: Policy, spec: PolicySpec) -> PolicySpec:
    """The spec in its one form, so that the same promise is the same JSON; refused where it cannot be kept."""
    check(spec, named())
    tree = check_condition(spec.when)
    if policy.is_default and tree != EVERYTHING:
        raise Invalid(
            _("The default policy has no condition: it is for all tickets that no other matches."),
            field="when",
        )
    return replace(
        spec,
        when=tree_to_json(tree),
        pauses=tuple(code for code in PAUSES if code in spec.pauses),
        thresholds=tuple(
            replace(each, notify=tuple(who for who in NOTIFIED if who in each.notify))
            for each in spec.thresholds
        ),
    )


def _set_enabled(policy: Policy, is_enabled: bool) -> None:
    policy.is_enabled = is_enabled
    policy.save(update_fields=["is_enabled"])


def _free_name(name: str, *, but: Policy | None) -> str:
    others = Policy.objects.exclude(pk=but.pk) if but else Policy.objects.all()
    return free_name(others, name, longest=LONGEST_NAME, taken=_("There is a policy “%(name)s” already."))
