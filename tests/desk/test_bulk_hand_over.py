"""Several tickets handed over in one act: the checklist is asked as for one, and of each it is said what is missing."""

from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any

import pytest

from accounts.models import Team, User
from escalation import operations as escalation
from escalation.models import ChecklistItem, Handoff
from escalation.operations import Wanted
from escalation.queries.checklists import items_asked, items_asked_of_many
from tickets import operations
from tickets.models import Category, Ticket

SignIn = Callable[[User], Any]
URL, TARGET = "/desk/bulk/hand-over/", "/desk/bulk/hand-over/target/"
LOG, PHONE, ROUTER = "The log is attached", "Phone number", "The router was restarted"


@pytest.fixture
def asked(network: Team, vpn: Category, at: datetime) -> dict[str, ChecklistItem]:
    """L2 asks for a log and, if there is one, a phone number; about the VPN it asks for something else."""
    escalation.create_checklist(tier=network.tier, items=[Wanted(LOG, True), Wanted(PHONE)], by=None, at=at)
    escalation.create_checklist(tier=network.tier, category=vpn, items=[Wanted(ROUTER, True)], by=None, at=at)
    return {item.text: item for item in ChecklistItem.objects.all()}


@pytest.fixture
def three(open_ticket: Callable[..., Ticket], vpn: Category) -> list[Ticket]:
    """Two about the printer, one about the VPN."""
    return [open_ticket("Printer"), open_ticket("Printer again"), open_ticket("VPN", category=vpn)]


def sent(tickets: list[Ticket], team: Team, *items: ChecklistItem, **more: Any) -> dict[str, Any]:
    return {
        "ticket": [ticket.pk for ticket in tickets],
        "team": team.pk,
        "reason": "needs_expertise",
        "summary": "All the same line.",
        "items": [item.pk for item in items],
        **more,
    }


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def teams_of(tickets: list[Ticket]) -> list[str]:
    return [Ticket.objects.get(pk=ticket.pk).team.name for ticket in tickets]


def test_the_dialog_asks_each_item_once_and_says_how_many_ask_it(
    three: list[Ticket], asked: dict[str, ChecklistItem], mira: User, network: Team, signed_in: SignIn
) -> None:
    keys = {"ticket": [ticket.pk for ticket in three]}
    client = signed_in(mira)
    assert 'id="bulk-hand-over-target"' in text_of(client.get(URL, keys))
    part = text_of(client.get(TARGET, {**keys, "team": network.pk, "items": asked[LOG].pk}))
    assert "L2 asks first" in part
    assert [part.count(text) for text in (LOG, PHONE, ROUTER)] == [1, 1, 1]
    assert "2 of 3 ask it" in part
    assert "1 of 3 asks it" in part
    assert f'value="{asked[LOG].pk}" id="bulk-hand-over_item-{asked[LOG].pk}" checked' in part
    assert 'name="override"' not in part


def test_down_and_sideways_nothing_is_asked(
    three: list[Ticket], asked: dict[str, ChecklistItem], mira: User, service_desk: Team, signed_in: SignIn
) -> None:
    other = Team.objects.create(name="Second desk", tier_id=1)
    part = text_of(signed_in(mira).get(TARGET, {"ticket": [three[0].pk], "team": other.pk}))
    assert "asks first" not in part


def test_a_tick_counts_for_all_that_ask_it_and_the_others_are_refused_by_name(
    three: list[Ticket], asked: dict[str, ChecklistItem], mira: User, network: Team, signed_in: SignIn
) -> None:
    answer = text_of(signed_in(mira).post(URL, sent(three, network, asked[LOG])))
    assert teams_of(three) == ["Network", "Network", "Service desk"]
    assert "1 ticket was refused" in answer
    assert f"{three[2].number}</a> L2 asks first: “{ROUTER}”." in answer
    assert [row.items.filter(is_done=True).count() for row in Handoff.objects.all()] == [1, 1]


def test_a_lead_lets_them_go_and_it_is_recorded_with_those_that_lack_something(
    three: list[Ticket], asked: dict[str, ChecklistItem], lars: User, network: Team, signed_in: SignIn
) -> None:
    client = signed_in(lars)
    assert 'name="override"' in text_of(client.get(TARGET, {"ticket": [three[0].pk], "team": network.pk}))
    answer = text_of(client.post(URL, sent(three, network, asked[LOG], override="on")))
    assert teams_of(three) == ["Network"] * 3
    overridden = dict(Handoff.objects.values_list("ticket_id", "overridden_by"))
    assert overridden == {three[0].pk: None, three[1].pk: None, three[2].pk: lars.pk}
    assert f"{three[2].number}</a> Let go without “{ROUTER}”; that is recorded." in answer
    assert three[0].number not in answer


def test_who_leads_nobody_cannot_let_them_go(
    three: list[Ticket], asked: dict[str, ChecklistItem], mira: User, network: Team, signed_in: SignIn
) -> None:
    signed_in(mira).post(URL, sent(three[:1], network, override="on"))
    assert teams_of(three[:1]) == ["Service desk"]


def test_a_p1_is_not_held_up_and_what_it_owes_is_said(
    three: list[Ticket],
    asked: dict[str, ChecklistItem],
    mira: User,
    network: Team,
    signed_in: SignIn,
    at: datetime,
) -> None:
    operations.change(three[0], impact=1, urgency=1, by=mira, at=at)
    client = signed_in(mira)
    part = text_of(client.get(TARGET, {"ticket": [three[0].pk], "team": network.pk}))
    assert "A P1 is not held up" in part
    answer = text_of(client.post(URL, sent(three[:2], network)))
    assert teams_of(three[:2]) == ["Network", "Service desk"]
    assert f"{three[0].number}</a> Not held up, for it is urgent; still owed: “{LOG}”." in answer
    assert f"{three[1].number}</a> L2 asks first: “{LOG}”." in answer
    assert Handoff.objects.get().items.get(was_required=True).is_done is False


def test_many_are_asked_what_each_alone_is_asked(
    three: list[Ticket],
    asked: dict[str, ChecklistItem],
    vpn: Category,
    network: Team,
    at: datetime,
    django_assert_num_queries: Any,
) -> None:
    """Of the tier, of a category, put there by a rule; in three queries."""
    extra = escalation.create_checklist(
        tier=network.tier, category=vpn.parent, items=[Wanted("Which site")], by=None, at=at
    )
    three[1].asked_checklists.create(checklist=extra, at=at)
    with django_assert_num_queries(3):
        found = items_asked_of_many(2, three)
    alone = {ticket.pk: items_asked(2, ticket.category, ticket) for ticket in three}
    assert {key: [item.text for item in items] for key, items in found.items()} == {
        key: [item.text for item in items] for key, items in alone.items()
    }
    assert [len(items) for items in found.values()] == [2, 3, 1]
