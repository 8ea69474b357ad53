"""What a tier asks before it is handed a ticket: kept in the settings, answered when handing over."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import AccountEvent, Role, Team, User
from accounts.sentences import lines
from escalation import operations as escalation
from escalation.models import Checklist, ChecklistItem, Handoff, HandoffItem
from escalation.operations import Wanted
from escalation.queries.checklists import items_asked
from sla.models import Repair
from tests.answers import text_of
from tests.conftest import seat
from tickets import operations
from tickets.models import Category, Event, Priority, Ticket, rebuild_category_tree
from tickets.operations.retaining import purge
from tickets.refusals import Invalid, NotAllowed

LOG, ASSET, PHONE = Wanted("The log is attached", True), Wanted("Asset number", True), Wanted("Phone number")


@pytest.fixture
def asked(network: Team, at: datetime) -> list[ChecklistItem]:
    """L2 asks for a log and, if there is one, a phone number."""
    escalation.create_checklist(tier=network.tier, items=[LOG, PHONE], by=None, at=at)
    return items_asked(2, None)


def up(ticket: Ticket, by: User, at: datetime, **facts: Any) -> Handoff:
    facts = {"tier": 2, "reason": "needs_expertise", "summary": "Drops.", **facts}
    return escalation.hand_over(ticket, by=by, at=at, **facts).handoff


def texts(tier: int, category: Category | None) -> list[str]:
    return [item.text for item in items_asked(tier, category)]


# --- which list holds ---


def test_the_nearest_category_up_the_tree_decides_else_the_tier(vpn, network, at):
    for category, item in ((None, PHONE), (vpn.parent, LOG)):
        escalation.create_checklist(tier=network.tier, category=category, items=[item], by=None, at=at)
    rekey = Category.objects.create(name="Rekey", parent=vpn)
    rebuild_category_tree()
    rekey.refresh_from_db()
    assert (texts(2, rekey), texts(2, vpn.parent), texts(2, None)) == (
        ["The log is attached"],
        ["The log is attached"],
        ["Phone number"],
    )
    escalation.create_checklist(tier=network.tier, category=vpn, items=[ASSET], by=None, at=at)
    assert texts(2, rekey) == ["Asset number"]
    assert texts(3, rekey) == []


def test_finding_the_list_is_one_query(asked, vpn, django_assert_num_queries):
    with django_assert_num_queries(1):
        items_asked(2, vpn)


# --- answering ---


def test_required_items_block_the_way_up_and_are_named(ticket, mira, asked, at):
    with pytest.raises(escalation.ItemsMissing) as refused:
        up(ticket, mira, at, items=[asked[1].pk])
    assert refused.value.field == "items"
    assert "“The log is attached”" in str(refused.value)
    assert "Phone number" not in str(refused.value)
    assert (ticket.team_id, Handoff.objects.count()) == (Ticket.objects.get().team_id, 0)


def test_answered_items_are_kept_with_the_hand_off(ticket, mira, asked, at):
    handoff = up(ticket, mira, at, items=[asked[0].pk])
    kept = [(row.item.text, row.was_required, row.is_done, row.done_at) for row in handoff.items.all()]
    assert kept == [("The log is attached", True, True, at), ("Phone number", False, False, None)]
    assert handoff.overridden_by is None


def test_a_lead_lets_it_go_and_that_is_recorded(ticket, lars, asked, at):
    handoff = up(ticket, lars, at, override=True)
    event = Event.objects.get(kind="escalation.handed_over")
    assert (handoff.overridden_by, event.data["overridden"]) == (lars, True)
    assert [row.is_done for row in handoff.items.all()] == [False, False]


def test_nobody_else_overrides(ticket, mira, asked, at):
    with pytest.raises(NotAllowed):
        up(ticket, mira, at, override=True)


def test_an_override_that_was_not_needed_is_none(ticket, lars, asked, at):
    handoff = up(ticket, lars, at, items=[asked[0].pk], override=True)
    assert handoff.overridden_by is None
    assert "overridden" not in Event.objects.get(kind="escalation.handed_over").data


def test_sideways_and_down_ask_nothing(ticket, mira, dario, asked, network, at):
    up(ticket, mira, at, items=[asked[0].pk])
    wifi = Team.objects.create(name="Wifi", tier=network.tier)
    escalation.hand_over(ticket, team=wifi, reason="wrong_team", summary="", by=dario, at=at)
    assert [row.items.count() for row in Handoff.objects.all()] == [2, 0]


def test_a_rule_answers_nothing_and_is_not_blocked(ticket, asked, at):
    handoff = escalation.hand_over(ticket, tier=2, reason="needs_expertise", summary="Rule.", by=None, at=at)
    assert handoff.handoff.items.count() == 0


# --- a P1 ---


@pytest.fixture
def urgent(ticket: Ticket, mira: User, at: datetime) -> Ticket:
    """A P1 that Mira has handed up without the log."""
    operations.take(ticket, by=mira, at=at)
    return operations.change(ticket, impact=1, urgency=1, by=mira, at=at)


def test_a_p1_is_never_blocked_and_what_is_missing_stays_open_with_the_sender(urgent, mira, asked, at, later):
    assert urgent.priority == Priority.P1
    handoff = up(urgent, mira, at)
    owed = handoff.items.get(was_required=True)
    assert (owed.is_done, handoff.overridden_by) == (False, None)
    escalation.answer_item(owed, by=mira, at=later(minutes=9))
    owed.refresh_from_db()
    assert (owed.is_done, owed.done_at) == (True, later(minutes=9))
    event = Event.objects.get(kind="escalation.item_answered")
    assert (event.by, event.data) == (mira, {"handoff": handoff.pk, "checklist_item": owed.item_id})


def test_an_item_is_answered_once_and_not_by_strangers(urgent, mira, otto, vera, asked, at):
    owed = up(urgent, mira, at).items.get(was_required=True)
    for person in (otto, vera):
        with pytest.raises(NotAllowed):
            escalation.answer_item(owed, by=person, at=at)
    escalation.answer_item(owed, by=mira, at=at)
    with pytest.raises(escalation.AlreadyAnswered):
        escalation.answer_item(owed, by=mira, at=at)


# --- kept, and never lost ---


def test_an_item_that_was_answered_keeps_its_words(ticket, mira, asked, at):
    row = Checklist.objects.get()
    up(ticket, mira, at, items=[asked[0].pk])
    wanted = [Wanted("The full log is attached", True, asked[0].pk), Wanted("Phone", False, asked[1].pk)]
    escalation.change_checklist(row, items=wanted, by=None, at=at)
    assert texts(2, None) == ["The full log is attached", "Phone"]
    assert [each.item.text for each in HandoffItem.objects.all()] == ["The log is attached", "Phone number"]


def test_an_open_dialog_is_carried_out_after_its_item_is_gone(ticket, mira, asked, at):
    row = Checklist.objects.get()
    escalation.change_checklist(row, items=[Wanted("Phone number", False, asked[1].pk)], by=None, at=at)
    assert up(ticket, mira, at, items=[asked[0].pk, asked[1].pk, 999_999]).items.count() == 1
    assert ChecklistItem.objects.get(pk=asked[0].pk).retired_at == at


def test_a_list_that_is_retired_asks_no_more_and_another_may_follow(ticket, mira, asked, network, at):
    row = escalation.retire_checklist(Checklist.objects.get(), by=None, at=at)
    assert (row.is_active, texts(2, None)) == (False, [])
    assert up(ticket, mira, at, items=[asked[0].pk]).items.count() == 0
    escalation.create_checklist(tier=network.tier, items=[ASSET], by=None, at=at)
    assert texts(2, None) == ["Asset number"]


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([], "Write at least one item."),
        ([LOG, Wanted("the LOG is attached")], "“the LOG is attached” stands there twice."),
        ([Wanted("x" * 201)], "This is too long: 201 characters, at most 200."),
        ([Wanted(f"Item {n}") for n in range(31)], "A checklist has at most 30 items; nobody reads more."),
    ],
    ids=["none", "twice", "too long", "too many"],
)
def test_items_that_cannot_be_are_refused_by_name(network, items, said, at):
    with pytest.raises(Invalid, match=said) as refused:
        escalation.create_checklist(tier=network.tier, items=items, by=None, at=at)
    assert refused.value.field == "items"


def test_one_list_a_tier_and_category(asked, network, at):
    with pytest.raises(Invalid) as refused:
        escalation.create_checklist(tier=network.tier, items=[ASSET], by=None, at=at)
    assert refused.value.field == "category"


# --- the pages ---


@pytest.fixture
def nora(network: Team) -> User:
    """Leads the network team, on L2."""
    return seat(User.objects.create_user("nora@desk.example", name="Nora Lund"), network, Role.LEAD)


def sent(*rows: tuple[str, bool], **more: object) -> dict[str, object]:
    found: dict[str, object] = {"item-TOTAL_FORMS": len(rows), "item-INITIAL_FORMS": 0, **more}
    for number, (text, is_required) in enumerate(rows):
        found[f"item-{number}-text"] = text
        if is_required:
            found[f"item-{number}-is_required"] = "on"
    return found


def test_a_lead_keeps_the_lists_of_the_own_tier_alone(
    signed_in: Callable[[User], Client], nora: User, network: Team, platform: Team, at: datetime
) -> None:
    other = escalation.create_checklist(tier=platform.tier, items=[ASSET], by=None, at=at)
    client = signed_in(nora)
    answer = client.post("/settings/checklists/new/", sent(("Log", True), ("", False), tier=2))
    made = Checklist.objects.get(tier=2)
    assert answer["Location"] == f"/settings/checklists/{made.pk}/"
    assert [(item.text, item.is_required) for item in made.items.all()] == [("Log", True)]
    assert client.get(f"/settings/checklists/{other.pk}/").status_code == 404
    refused = text_of(client.post("/settings/checklists/new/", sent(("Log", True), tier=3)), status=422)
    assert "Select a valid choice" in refused
    assert 'value="Log"' in refused
    with pytest.raises(NotAllowed):
        escalation.retire_checklist(other, by=nora, at=at)


def test_what_the_page_cannot_save_stays_typed(
    signed_in: Callable[[User], Client], ada: User, asked: list[ChecklistItem]
) -> None:
    row = Checklist.objects.get()
    page = text_of(
        signed_in(ada).post(f"/settings/checklists/{row.pk}/", sent(("Same", False), ("same", True))),
        status=422,
    )
    assert "“same” stands there twice." in page
    assert 'value="Same"' in page


def test_the_page_orders_changes_and_retires(
    signed_in: Callable[[User], Client], ada: User, asked: list[ChecklistItem]
) -> None:
    row, client = Checklist.objects.get(), signed_in(ada)
    rows = {
        "item-0-key": asked[0].pk,
        "item-1-key": asked[1].pk,
        "item-0-place": 2,
        "item-1-place": 1,
    }
    client.post(
        f"/settings/checklists/{row.pk}/", sent(("The log is attached", True), ("Phone", True)) | rows
    )
    assert [(item.pk, item.text) for item in items_asked(2, None)] == [
        (asked[1].pk, "Phone"),
        (asked[0].pk, "The log is attached"),
    ]
    assert "Phone*" in text_of(client.get("/settings/checklists/"))
    assert client.post(f"/settings/checklists/{row.pk}/retire/")["Location"] == "/settings/checklists/"
    assert texts(2, None) == []
    told = [line.sentence for line in lines(AccountEvent.objects.filter(by=ada).order_by("id"))]
    assert told == [f"changed the checklist of {row}", f"retired the checklist of {row}"]


def test_answers_go_with_a_ticket_that_is_deleted_for_good(ticket, mira, dario, ada, asked, at, later):
    up(ticket, mira, at, items=[asked[0].pk])
    Repair.objects.create(ticket=ticket, at=at, by=None, differences=[])
    escalation.accept(ticket, by=dario, at=at)
    operations.withdraw(ticket, by=ticket.requester, at=at)

    with transaction.atomic():
        purge(closed_before=later(days=1), reason="rule 7", by=ada, at=later(days=2))
        connection.check_constraints()

    assert not Ticket.objects.exists()
    assert not HandoffItem.objects.exists()
