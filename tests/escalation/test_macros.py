"""Macros: a canned reply and acts in one key, all or none, as the person who pressed it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import AccountEvent, SettingVersion, Team, User
from escalation.macros.running import (
    BrokenMacro,
    MacroRefused,
    offered,
    preview,
    run_macro,
    what_is_broken,
)
from escalation.models import Macro
from escalation.operations.macros import MACROS, change_macro, create_macro
from tickets import operations
from tickets.models import Category, Event, Outgoing, ReadyUse, Status, Ticket
from tickets.operations import outgoing, ready
from tickets.refusals import Invalid, NotAllowed
from tickets.sentences import sentences

Later = Callable[..., datetime]

RESTART = "Dear {{ requester.first_name }}, please restart {{ requester.device }}. {{ agent.first_name }}"


@pytest.fixture
def hers(ticket: Ticket, mira: User, later: Later) -> Ticket:
    return operations.take(ticket, by=mira, at=later(minutes=1))


@pytest.fixture
def vpn_drops(lars: User, at: datetime, service_desk: Team, vpn: Category) -> Macro:
    """The service desk's: sets the category, tags, asks for a restart, and waits."""
    return create_macro(
        name="VPN drops",
        acts=[
            ("category", {"category": vpn.pk}),
            ("tag", {"name": "vpn"}),
            ("wait", {"text": RESTART}),
        ],
        team=service_desk,
        slot=1,
        by=lars,
        at=at,
    )


def test_all_acts_are_done_in_their_order_as_the_person_and_say_the_macro(
    vpn_drops: Macro, hers: Ticket, mira: User, vpn: Category, later: Later
) -> None:
    done = run_macro(vpn_drops, hers, by=mira, at=later(minutes=5))
    assert (done.category, done.status) == (vpn, Status.PENDING_REQUESTER)
    question = done.messages.get(kind="question")
    assert question.body == "Dear Ines, please restart NW-1180. Mira"
    told = [event for event in Event.objects.filter(ticket=hers).order_by("pk") if "macro" in event.data]
    assert [event.kind for event in told] == ["ticket.changed", "ticket.tagged", "ticket.waits_for_requester"]
    assert {(event.by, event.at, event.data["macro"]) for event in told} == {
        (mira, later(minutes=5), vpn_drops.pk)
    }
    assert sentences(told, mira)[1] == "Mira Kask tagged it: vpn, by the macro “VPN drops”"
    use = ReadyUse.objects.get()
    assert (use.of, use.about, use.by) == ("macro", vpn_drops.pk, mira)


def test_where_one_act_is_refused_nothing_is_done(
    vpn_drops: Macro, hers: Ticket, dario: User, service_desk: Team, later: Later
) -> None:
    everybody = create_macro(
        name="Hand it on",
        acts=[("tag", {"name": "vpn"}), ("take", {})],
        by=None,
        at=later(minutes=2),
    )
    before = Event.objects.count()
    with pytest.raises(MacroRefused) as refused:
        run_macro(everybody, hers, by=dario, at=later(minutes=5))
    assert str(refused.value).startswith("Act 1 (Tag: vpn): ")
    assert str(refused.value).endswith("Nothing was done.")
    assert refused.value.http_status == 403
    assert Event.objects.count() == before
    assert not ReadyUse.objects.exists()


def test_a_gap_is_named_and_nothing_leaves_with_it(
    vpn_drops: Macro, hers: Ticket, mira: User, ines: User, later: Later
) -> None:
    operations.change(hers, device="", by=mira, at=later(minutes=2))
    User.objects.filter(pk=ines.pk).update(device="")
    with pytest.raises(MacroRefused, match="Fill in before you send: the device"):
        run_macro(vpn_drops, Ticket.objects.get(pk=hers.pk), by=mira, at=later(minutes=5))
    assert not hers.messages.filter(kind="question").exists()


def test_the_preview_does_nothing_and_tells_what_would_be_refused(
    vpn_drops: Macro, hers: Ticket, mira: User, dario: User, later: Later
) -> None:
    before = Event.objects.count()
    steps = preview(vpn_drops, hers, by=mira, at=later(minutes=5))
    assert [(step.says, step.refused) for step in steps] == [
        ("Category: Network › VPN", ""),
        ("Tag: vpn", ""),
        ("Ask the requester and wait for the answer", ""),
    ]
    assert steps[2].text == "Dear Ines, please restart NW-1180. Mira"
    assert "Only the team that has" in preview(vpn_drops, hers, by=dario, at=later(minutes=5))[0].refused
    assert Event.objects.count() == before
    hers.refresh_from_db()
    assert (hers.category_id, hers.status) == (None, Status.OPEN)


def test_a_macro_that_writes_to_the_requester_can_be_on_its_way(
    vpn_drops: Macro, hers: Ticket, mira: User, later: Later
) -> None:
    row = outgoing.put_on_its_way(
        hers,
        way=outgoing.MACRO,
        text="Restart it once, please.",
        macro=vpn_drops.pk,
        name=vpn_drops.name,
        by=mira,
        at=later(minutes=5),
        send_at=later(minutes=5, seconds=10),
    )
    hers.refresh_from_db()
    assert (hers.status, Event.objects.filter(data__has_key="macro").count()) == (Status.OPEN, 0)
    outgoing.send_due(at=later(minutes=6))
    hers.refresh_from_db()
    assert hers.status == Status.PENDING_REQUESTER
    assert hers.messages.get(kind="question").body == "Restart it once, please."
    assert Outgoing.objects.get() == row


# --- What is broken ---


def test_a_macro_that_names_what_is_gone_says_which_part_and_does_not_run(
    hers: Ticket, mira: User, network: Team, vpn: Category, dario: User, later: Later, at: datetime
) -> None:
    macro = create_macro(
        name="To the network",
        acts=[
            ("category", {"category": vpn.pk}),
            ("assign", {"to": dario.pk}),
            ("hand_over", {"team": network.pk, "reason": "needs_expertise", "summary": "See the log."}),
            ("untag", {"name": "vpn"}),
        ],
        by=None,
        at=at,
    )
    Category.objects.filter(pk=vpn.pk).update(is_active=False)
    User.objects.filter(pk=dario.pk).update(is_active=False)
    Team.objects.filter(pk=network.pk).update(is_active=False)
    assert what_is_broken(macro) == [
        "Act 1 (set the category): The category “Network › VPN” is retired: choose another one.",
        "Act 2 (assign to a person): Dario Pek has left: choose somebody who is here.",
        "Act 3 (hand over to a team): The team “Network” is turned off: choose another one.",
        "Act 4 (take a tag off): There is no tag “vpn” any more: take this act out.",
    ]
    with pytest.raises(BrokenMacro, match=r"“To the network” is broken\. Act 1"):
        run_macro(macro, hers, by=mira, at=later(minutes=5))
    macro.acts = [["fly", {}], ["hand_over", {"team": 999, "reason": "wrong_team"}]]
    macro.filter = {"field": "colour", "op": "is", "value": ["red"]}
    told = what_is_broken(macro)
    assert "does not know this act" in told[0]
    assert "The team is gone" in told[1]
    assert "There is no field “colour” to filter by." in told[2]


def test_history_says_what_a_deleted_macro_was_called(
    vpn_drops: Macro, hers: Ticket, mira: User, lars: User, later: Later
) -> None:
    run_macro(vpn_drops, hers, by=mira, at=later(minutes=5))
    key = vpn_drops.pk
    change_macro(vpn_drops, name="VPN, second try", by=lars, at=later(minutes=6))
    ready.delete(vpn_drops, MACROS, by=lars, at=later(minutes=7))
    tagged = Event.objects.get(ticket=hers, kind="ticket.tagged")
    assert sentences([tagged], mira) == ["Mira Kask tagged it: vpn, by the macro “VPN, second try”"]
    SettingVersion.objects.filter(subject=MACROS.subject, key=key).delete()
    assert sentences([tagged], mira) == ["Mira Kask tagged it: vpn, by a macro that is gone"]


# --- Where they are offered, and whose they are ---


def test_it_is_offered_where_its_filter_holds_and_to_whom_it_belongs(
    vpn_drops: Macro, hers: Ticket, mira: User, dario: User, later: Later
) -> None:
    only_p1 = create_macro(
        name="Alarm",
        acts=[("tag", {"name": "alarm"})],
        filter={"field": "priority", "op": "is", "value": ["1"]},
        by=None,
        at=later(),
    )
    assert offered(hers, mira, at=later()) == [vpn_drops]
    assert offered(hers, dario, at=later()) == []
    with pytest.raises(Invalid, match="not meant for this ticket"):
        run_macro(only_p1, hers, by=mira, at=later(minutes=5))
    operations.override_priority(hers, priority=1, reason="Down.", by=mira, at=later(minutes=3))
    assert offered(Ticket.objects.get(pk=hers.pk), mira, at=later()) == [vpn_drops, only_p1]


def test_of_one_key_ones_own_macro_has_it(vpn_drops: Macro, hers: Ticket, mira: User, later: Later) -> None:
    own = create_macro(name="Mine", acts=[("take", {})], owner=mira, slot=1, by=mira, at=later(minutes=1))
    assert [(macro, macro.slot) for macro in offered(hers, mira, at=later())] == [(own, 1), (vpn_drops, None)]


@pytest.mark.parametrize(
    ("acts", "says"),
    [
        ([], "at least one thing"),
        ([("tag", {"name": "x"})] * 13, "at most 12 things"),
        ([("fly", {})], "Act 1: Choose one of:"),
        ([("reply", {"text": " "})], "Act 1: Text is missing."),
        (
            [("reply", {"text": "Dear {{ requester.surname }}"})],
            "“{{ requester.surname }}” cannot be filled in",
        ),
        ([("reply", {"text": "Dear {{ requester.name"})], "Double braces are opened"),
        ([("hold", {"reason": "part", "days": "0"})], "from 1 to 365"),
        ([("resolve", {"code": "magic", "text": "x"})], "Choose one of: fixed"),
        ([("assign", {"to": "999999"})], "has left: choose somebody"),
        ([("hand_over", {"team": "x", "reason": "wrong_team"})], "The team is gone"),
    ],
)
def test_acts_that_cannot_be_are_refused_by_number(
    lars: User, service_desk: Team, at: datetime, acts: Any, says: str
) -> None:
    with pytest.raises(Invalid) as refused:
        create_macro(name="Bad", acts=acts, team=service_desk, by=lars, at=at)
    assert says in str(refused.value)
    assert not Macro.objects.exists()


def test_everybody_changes_their_own_leads_their_teams_administrators_all(
    vpn_drops: Macro, mira: User, dario: User, lars: User, ada: User, service_desk: Team, at: datetime
) -> None:
    own = create_macro(name="Mine", acts=[("take", {})], owner=mira, by=mira, at=at)
    for macro, by in ((vpn_drops, mira), (own, lars), (own, ada), (vpn_drops, dario)):
        with pytest.raises(NotAllowed):
            change_macro(macro, name="Other", by=by, at=at)
    with pytest.raises(NotAllowed):
        create_macro(name="All", acts=[("take", {})], by=lars, at=at)
    with pytest.raises(NotAllowed):
        change_macro(own, owner=None, by=mira, at=at)
    assert change_macro(vpn_drops, name="VPN drops again", by=lars, at=at).name == "VPN drops again"
    assert change_macro(vpn_drops, team=None, by=ada, at=at).team is None
    assert set(Macro.objects.managed_by(ada)) == {vpn_drops}
    assert set(Macro.objects.managed_by(mira)) == {own}


def test_an_earlier_version_is_put_back_and_the_history_names_no_words(
    vpn_drops: Macro, lars: User, at: datetime
) -> None:
    change_macro(vpn_drops, acts=[("take", {})], name="Take", by=lars, at=at)
    back = ready.put_back(vpn_drops, MACROS, number=1, by=lars, at=at)
    assert (back.name, len(back.acts)) == ("VPN drops", 3)
    assert SettingVersion.objects.filter(subject="macro", key=vpn_drops.pk).count() == 3
    changed = AccountEvent.objects.filter(kind="macro.changed").first()
    assert changed is not None
    assert changed.data == {"about": vpn_drops.pk, "words": ["name", "acts"]}
    with pytest.raises(Invalid):
        ready.put_back(vpn_drops, MACROS, number=9, by=lars, at=at)
