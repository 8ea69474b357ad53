"""Acts on policies: published in versions, kept in an order, never without a default."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organisation, User
from sla.book import rules_in_force
from sla.comparing import differences
from sla.models import Book, Calendar, Clock, Metric, Policy, PolicyVersion, Recompute
from sla.operations import policies
from sla.operations.policies import (
    DefaultPolicyStays,
    PolicyChanged,
    PolicyInUse,
    create_policy,
    delete_policy,
    disable_policy,
    duplicate,
    enable_policy,
    move_policy,
    publish,
    restore,
)
from sla.queries.named import named
from sla.spec import Goal, PolicySpec, Target, Threshold, from_json
from tickets.models import CustomField, Ticket
from tickets.refusals import Invalid, NotAllowed

STRATEGIC: dict[str, Any] = {"field": "plan", "op": "is", "value": ["strategic"]}


@pytest.fixture
def hours(db: None) -> Calendar:
    return Calendar.objects.get(name="Business hours")


@pytest.fixture
def standard(db: None) -> Policy:
    return Policy.objects.get(is_default=True)


@pytest.fixture
def promises(hours: Calendar) -> Callable[..., PolicySpec]:
    """A spec that promises P4 to be resolved in so many minutes."""

    def spec(minutes: int = 600, **said: Any) -> PolicySpec:
        return PolicySpec(targets={4: {"resolution": Target(minutes, hours.pk)}}, **said)

    return spec


@pytest.fixture
def gold(promises: Callable[..., PolicySpec], ada: User, at: datetime) -> Policy:
    return create_policy(name="Gold", spec=promises(300, when=STRATEGIC), by=ada, at=at)


def in_force() -> list[str]:
    return [rule.name for rule in rules_in_force().rules]


def test_a_new_policy_comes_before_the_default_and_after_all_others(
    gold: Policy, promises: Any, ada: User, at: datetime
) -> None:
    create_policy(name="Silver", spec=promises(when=STRATEGIC), by=ada, at=at)
    assert in_force() == ["Gold", "Silver", "Standard"]


def test_publishing_writes_a_version_with_who_when_and_note(
    gold: Policy, promises: Any, ada: User, later: Callable[..., datetime]
) -> None:
    publish(gold, spec=promises(240, when=STRATEGIC), note="They asked", by=ada, at=later(hours=1))
    rows = PolicyVersion.objects.filter(policy=gold).order_by("number")
    assert list(rows.values_list("number", "by", "note", "at")) == [
        (1, ada.pk, "", later()),
        (2, ada.pk, "They asked", later(hours=1)),
    ]
    gold.refresh_from_db()
    assert gold.current_id == rows[1].pk
    assert from_json(rows[0].spec).targets[4]["resolution"].minutes == 300


def test_publishing_turns_the_page_of_the_book_and_asks_for_a_recomputation(
    gold: Policy, promises: Any, ada: User, at: datetime
) -> None:
    before = Book.objects.get()
    publish(gold, spec=promises(240, when=STRATEGIC), by=ada, at=at)
    after = Book.objects.get()
    assert (after.revision, after.stamp != before.stamp) == (before.revision + 1, True)
    job = Recompute.objects.latest("pk")
    assert (job.reason, job.by, job.revision) == ("“Gold” version 2", ada, after.revision)


def test_publishing_the_same_again_writes_nothing(
    gold: Policy, promises: Any, ada: User, at: datetime
) -> None:
    jobs = Recompute.objects.count()
    publish(gold, spec=promises(300, when=STRATEGIC), by=ada, at=at)
    assert (PolicyVersion.objects.filter(policy=gold).count(), Recompute.objects.count()) == (1, jobs)


def test_two_people_do_not_overwrite_each_other(gold: Policy, promises: Any, ada: User, at: datetime) -> None:
    publish(gold, spec=promises(240, when=STRATEGIC), by=ada, at=at, seen=1)
    with pytest.raises(PolicyChanged, match="Version 2 was published since you opened this page"):
        publish(gold, spec=promises(200, when=STRATEGIC), by=ada, at=at, seen=1)


def test_a_new_ticket_is_judged_by_the_first_policy_that_matches(
    gold: Policy, northwind: Organisation, open_ticket: Callable[..., Ticket], standard: Policy
) -> None:
    plain = open_ticket()
    Organisation.objects.filter(pk=northwind.pk).update(support_plan="strategic")
    golden = open_ticket()
    judged = [Clock.objects.get(ticket=ticket, metric=Metric.RESOLUTION).policy for ticket in (plain, golden)]
    assert judged == [standard.current, gold.current]


def test_moving_a_policy_up_and_down(gold: Policy, promises: Any, ada: User, at: datetime) -> None:
    silver = create_policy(name="Silver", spec=promises(when=STRATEGIC), by=ada, at=at)
    move_policy(silver, up=True, by=ada, at=at)
    assert in_force() == ["Silver", "Gold", "Standard"]
    move_policy(silver, up=True, by=ada, at=at)
    assert in_force() == ["Silver", "Gold", "Standard"]
    move_policy(silver, up=False, by=ada, at=at)
    move_policy(silver, up=False, by=ada, at=at)
    assert in_force() == ["Gold", "Silver", "Standard"]


def test_what_is_out_of_use_matches_nothing_until_it_is_back(gold: Policy, ada: User, at: datetime) -> None:
    disable_policy(gold, by=ada, at=at)
    assert in_force() == ["Standard"]
    enable_policy(gold, by=ada, at=at)
    assert in_force() == ["Gold", "Standard"]


def test_the_default_policy_stays_in_use_last_and_for_everything(
    standard: Policy, gold: Policy, promises: Any, ada: User, at: datetime
) -> None:
    with pytest.raises(DefaultPolicyStays, match="stays in use"):
        disable_policy(standard, by=ada, at=at)
    with pytest.raises(DefaultPolicyStays, match="stays the last"):
        move_policy(standard, up=True, by=ada, at=at)
    with pytest.raises(DefaultPolicyStays, match="stays"):
        delete_policy(standard, by=ada, at=at)
    with pytest.raises(Invalid, match="has no condition") as refused:
        publish(standard, spec=promises(when=STRATEGIC), by=ada, at=at)
    assert refused.value.field == "when"


def test_a_policy_that_judged_nothing_can_be_deleted(gold: Policy, ada: User, at: datetime) -> None:
    delete_policy(gold, by=ada, at=at)
    assert (in_force(), PolicyVersion.objects.filter(policy=gold.pk).count()) == (["Standard"], 0)


def test_a_policy_by_which_a_clock_was_judged_cannot_be_deleted(
    gold: Policy, northwind: Organisation, open_ticket: Any, promises: Any, ada: User, at: datetime
) -> None:
    Organisation.objects.filter(pk=northwind.pk).update(support_plan="strategic")
    open_ticket()
    publish(gold, spec=promises(240, when=STRATEGIC), by=ada, at=at)
    with pytest.raises(PolicyInUse, match="Take it out of use instead"):
        delete_policy(gold, by=ada, at=at)


def test_a_policy_that_only_the_past_of_a_clock_names_cannot_be_deleted(
    gold: Policy, standard: Policy, northwind: Organisation, open_ticket: Any, ada: User, at: datetime
) -> None:
    Organisation.objects.filter(pk=northwind.pk).update(support_plan="strategic")
    ticket = open_ticket()
    Clock.objects.filter(ticket=ticket).update(policy=standard.current)
    with pytest.raises(PolicyInUse):
        delete_policy(gold, by=ada, at=at)


def test_restoring_publishes_an_old_version_anew(
    gold: Policy, promises: Any, ada: User, at: datetime
) -> None:
    publish(gold, spec=promises(240, when=STRATEGIC), by=ada, at=at)
    restore(gold, number=1, by=ada, at=at)
    gold.refresh_from_db()
    current = gold.current
    assert current is not None
    assert (current.number, current.note) == (3, "Version 1 again")
    assert from_json(current.spec).targets[4]["resolution"].minutes == 300


def test_what_speaks_of_a_field_that_is_gone_cannot_be_restored(
    gold: Policy, promises: Any, ada: User, at: datetime
) -> None:
    field = CustomField.objects.create(key="line", label="Line")
    old = {"field": "field.line", "op": "contains", "value": ["fast"]}
    publish(gold, spec=promises(when=old), by=ada, at=at)
    publish(gold, spec=promises(when=STRATEGIC), by=ada, at=at)
    field.is_active = False
    field.save(update_fields=["is_active"])
    with pytest.raises(Invalid, match="There is no field “field"):
        restore(gold, number=2, by=ada, at=at)


def test_a_copy_is_not_in_use_until_somebody_has_looked(gold: Policy, ada: User, at: datetime) -> None:
    twice = [duplicate(gold, by=ada, at=at), duplicate(gold, by=ada, at=at)]
    assert [copy.name for copy in twice] == ["Gold (copy)", "Gold (copy 2)"]
    assert in_force() == ["Gold", "Standard"]
    assert twice[0].current is not None
    assert gold.current is not None
    assert twice[0].current.spec == gold.current.spec


@pytest.mark.parametrize("act", ["create", "publish", "move", "disable", "delete", "restore", "duplicate"])
def test_only_administrators_change_policies(
    act: str, gold: Policy, promises: Any, max_: User, at: datetime
) -> None:
    acts: dict[str, Callable[[], Any]] = {
        "create": lambda: create_policy(name="Mine", spec=promises(), by=max_, at=at),
        "publish": lambda: publish(gold, spec=promises(), by=max_, at=at),
        "move": lambda: move_policy(gold, up=True, by=max_, at=at),
        "disable": lambda: disable_policy(gold, by=max_, at=at),
        "delete": lambda: delete_policy(gold, by=max_, at=at),
        "restore": lambda: restore(gold, number=1, by=max_, at=at),
        "duplicate": lambda: duplicate(gold, by=max_, at=at),
    }
    with pytest.raises(NotAllowed):
        acts[act]()


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "gold"])
def test_a_name_is_there_short_and_its_own(
    name: str, gold: Policy, promises: Any, ada: User, at: datetime
) -> None:
    with pytest.raises(Invalid) as refused:
        create_policy(name=name, spec=promises(), by=ada, at=at)
    assert refused.value.field == "name"


def test_a_policy_is_renamed_without_another_version(
    gold: Policy, promises: Any, ada: User, at: datetime
) -> None:
    publish(gold, spec=promises(300, when=STRATEGIC), name="Golden", by=ada, at=at)
    assert (in_force(), PolicyVersion.objects.filter(policy=gold).count()) == (["Golden", "Standard"], 1)


def test_a_removed_custom_field_makes_its_policy_match_nothing_at_once(
    promises: Any, ada: User, at: datetime, open_ticket: Callable[..., Ticket], standard: Policy
) -> None:
    field = CustomField.objects.create(key="line", label="Line", type="text")
    spec = promises(when={"not": {"field": "field.line", "op": "contains", "value": ["slow"]}})
    fast = create_policy(name="Fast line", spec=spec, by=ada, at=at)
    first = Clock.objects.get(ticket=open_ticket(), metric=Metric.RESOLUTION)
    field.is_active = False
    field.save(update_fields=["is_active"])
    second = Clock.objects.get(ticket=open_ticket(), metric=Metric.RESOLUTION)
    assert (first.policy, second.policy) == (fast.current, standard.current)
    rule = rules_in_force().rules[0]
    assert (rule.when, rule.problem) == (None, "There is no field “field.line” to filter by.")


def test_the_difference_of_two_versions_in_words(
    hours: Calendar, promises: Any, kestrel: Organisation
) -> None:
    always = Calendar.objects.get(name="Around the clock")
    old = promises(600)
    new = replace(
        old,
        when={"all": [STRATEGIC, {"field": "kind", "op": "is", "value": ["incident"]}]},
        targets={
            1: {"update": Target(30, always.pk)},
            4: {"resolution": Target(90, hours.pk)},
        },
        vendors={kestrel.pk: {"vendor_response": Target(60, hours.pk)}},
        tiers={2: {"accept": Target(45, hours.pk)}},
        pauses=("pending_vendor", "on_hold:part"),
        reopening="restart",
        phone_is_response=False,
        pauses_responses=True,
        thresholds=(Threshold(50, ("contact",), "half"), Threshold(100, ("lead",))),
        goals={1: Goal(99.5, "a crate of beer")},
    )
    assert differences(old, new, named()) == [
        "For: all tickets → Support plan is strategic and Kind is incident",
        "P1 update: nothing promised → 30m in Around the clock",
        "P4 resolution: 10h in Business hours → 1h 30m in Business hours",
        "L2 accept: nothing promised → 45m in Business hours",
        "Kestrel Networks vendor responds: nothing promised → 1h in Business hours",
        "P1 goal: none → 99.5 % (a crate of beer)",
        "Pauses: on hold: an appointment is made, pending requester → on hold: waits for a part, pending vendor",
        "Responses pause, too: no → yes",
        "Reopening: goes on with the time used → begins anew",
        "A call counts as response: yes → no",
        "At 50 %: nothing → tell the contact, tag “half”",
        "At 75 %: tell the assignee → nothing",
        "At 90 %: tell the lead → nothing",
    ]
    assert differences(old, old, named()) == []


def test_a_move_between_tiers_cannot_change_the_policy(
    gold: Policy, promises: Any, ada: User, at: datetime
) -> None:
    spec = promises(when={"field": "tier", "op": "is", "value": ["2"]})
    with pytest.raises(Invalid, match="a move must not touch the requester's clocks"):
        publish(gold, spec=spec, by=ada, at=at)


def test_taking_a_policy_out_of_use_asks_for_its_tickets_to_be_judged_by_the_next(
    gold: Policy, ada: User, at: datetime
) -> None:
    policies.disable_policy(gold, by=ada, at=at + timedelta(hours=1))
    job = Recompute.objects.latest("pk")
    assert (job.reason, job.at) == ("“Gold” is out of use", at + timedelta(hours=1))
