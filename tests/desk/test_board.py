"""The live board: numbers by tier, team and clock, for leads and managers."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from escalation import operations as escalation
from helpdesk.desk.board import Board
from sla.models import Clock, Metric
from tests.conftest import person, seat
from tickets import operations
from tickets.models import FAR, Ticket

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]
MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def _counted_anew() -> None:
    """Goals are kept for a minute; people of different tests have the same keys."""
    cache.clear()


def page(client: Any, address: str = "/desk/board/", **headers: Any) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return str(response.content.decode())


def numbers(board: Board) -> dict[str, str]:
    return {str(card.label): card.number for card in board.cards}


def bars(board: Board) -> dict[str, str]:
    return {bar.label: bar.words for bar in board.by_tier if bar.open}


@pytest.fixture
def busy(
    open_ticket: Callable[..., Ticket], mira: User, network: Team, later: Later, vpn: Any
) -> dict[str, Ticket]:
    """One ticket in each state that the board tells apart, as it stands on Monday at two."""
    found = {name: open_ticket(name) for name in ("late", "soon", "resting", "handed", "fine")}
    for name in ("resting", "handed", "fine"):
        operations.take(found[name], by=mira, at=later(minutes=1))
        operations.reply(found[name], text="We have it.", by=mira, at=later(minutes=2))
    operations.wait_for_requester(found["resting"], question="Which?", by=mira, at=later(minutes=3))
    escalation.hand_over(
        found["handed"], team=network, reason="needs_expertise", summary="Log.", by=mira, at=later(hours=4)
    )
    Clock.objects.filter(ticket=found["soon"], metric=Metric.ACCEPT).delete()
    Ticket.objects.filter(pk=found["soon"].pk).update(next_due_at=later(hours=8))
    Clock.objects.filter(ticket=found["fine"], metric=Metric.WORK).delete()
    due = Clock.objects.get(ticket=found["fine"], metric=Metric.RESOLUTION).due_at
    Ticket.objects.filter(pk=found["fine"].pk).update(next_due_at=due)
    return found


def test_every_state_of_a_clock_is_counted_by_tier(busy: dict[str, Ticket], max_: User, later: Later) -> None:
    board = Board(max_, at=later(hours=5))
    assert bars(board) == {
        "Service desk": "4 open, 1 on time, 1 due within 4 h, 1 breached, 1 waiting",
        "Technical": "1 open, 1 due within 4 h",
    }
    assert {bar.label: bar.open for bar in board.by_team} == {"Service desk": 4, "Network": 1}
    assert numbers(board) == {
        "Breached, open": "1",
        "Breaching within 1 h": "1",
        "Breaching within 4 h": "2",
        "Breaching within 8 h": "2",
        "Hand-offs not accepted": "1",
        "With vendors": "0",
        "Came in today": "5",
        "Resolved or ended today": "0",
    }


def test_the_lists_name_the_tickets_in_the_order_of_their_urgency(
    busy: dict[str, Ticket], max_: User, later: Later
) -> None:
    board = Board(max_, at=later(hours=5))
    assert [line.ticket.subject for line in board.over] == ["late"]
    assert [line.ticket.subject for line in board.soon] == ["handed", "soon", "fine"]
    assert [(rest.ticket.subject, rest.why) for rest in board.rests] == [("resting", "requester")]
    late = board.over[0].clock
    assert late is not None
    assert (late.cycle.metric, late.is_late) == (Metric.ACCEPT, True)


def test_a_breach_says_which_promise_it_is(busy: dict[str, Ticket], max_: User, later: Later) -> None:
    about = {str(card.label): card.about for card in Board(max_, at=later(hours=5)).cards}
    assert about["Breached, open"] == "longest 4 h · accept"
    assert about["Hand-offs not accepted"] == "oldest 1 h, Network"


def test_a_lead_sees_the_tiers_of_their_teams_alone(
    busy: dict[str, Ticket], lars: User, network: Team, later: Later
) -> None:
    assert list(bars(Board(lars, at=later(hours=5)))) == ["Service desk"]
    chiara = seat(person("Chiara Bianchi"), network, "lead")
    assert bars(Board(chiara, at=later(hours=5))) == {"Technical": "1 open, 1 due within 4 h"}


def test_a_restricted_ticket_is_counted_for_whom_it_names_alone(
    busy: dict[str, Ticket], max_: User, ada: User, later: Later
) -> None:
    operations.restrict(busy["late"], people=[ada], by=ada, at=later(hours=4))
    assert numbers(Board(max_, at=later(hours=5)))["Breached, open"] == "0"
    assert numbers(Board(ada, at=later(hours=5)))["Breached, open"] == "1"


def test_an_empty_desk_has_a_board(max_: User, service_desk: Team, at: datetime) -> None:
    board = Board(max_, at=at)
    assert numbers(board) == {
        "Breached, open": "0",
        "Breaching within 1 h": "0",
        "Breaching within 4 h": "0",
        "Breaching within 8 h": "0",
        "Hand-offs not accepted": "0",
        "With vendors": "0",
        "Came in today": "0",
        "Resolved or ended today": "0",
    }
    assert [bar.words for bar in board.by_tier] == ["0 open"] * 5


def test_what_waits_for_others_is_told_apart_from_what_nothing_is_due_of(
    busy: dict[str, Ticket], max_: User, later: Later
) -> None:
    Clock.objects.filter(ticket=busy["soon"]).delete()
    Ticket.objects.filter(pk=busy["soon"].pk).update(next_due_at=FAR)
    assert bars(Board(max_, at=later(hours=5)))["Service desk"].endswith(
        "1 breached, 1 waiting, 1 nothing due"
    )


def test_the_page_refreshes_itself_and_keeps_the_focus(
    signed_in: SignIn, busy: dict[str, Ticket], max_: User
) -> None:
    client = signed_in(max_)
    whole = page(client)
    assert (
        'hx-get="/desk/board/?part=1" hx-trigger="every 15s, online from:window, liveBoard from:body"'
        in whole
    )
    part = page(client, "/desk/board/?part=1", **{"HX-Request": "true"})
    assert part.startswith('<div class="board" id="board" data-board')
    assert "<html" not in part
    links = re.findall(r"<a [^>]*>", part)
    assert links
    assert [link for link in links if " id=" not in link] == []
    assert len({re.search(r' id="([^"]+)"', link)[1] for link in links}) == len(links)  # type: ignore[index]


def test_on_the_wall_there_is_nothing_but_the_board(signed_in: SignIn, max_: User, ticket: Ticket) -> None:
    text = page(signed_in(max_), "/desk/board/?wall=1")
    assert 'class="desk wall"' in text
    assert "sidenav" not in text
    assert 'hx-get="/desk/board/?wall=1&amp;part=1"' in text


def test_contract_goals_are_for_those_who_see_all(
    signed_in: SignIn, ticket: Ticket, mira: User, max_: User, lars: User, vpn: Any, later: Later
) -> None:
    operations.take(ticket, by=mira, at=later(minutes=-50))
    operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(minutes=-40))
    text = page(signed_in(max_))
    assert "100.0 % <small>(1 of 1)</small>" in text
    assert "Contract goals" not in page(signed_in(lars))


@pytest.mark.parametrize("many", [3, 30])
def test_the_board_costs_the_same_however_much_is_open(
    signed_in: SignIn,
    max_: User,
    mira: User,
    open_ticket: Callable[..., Ticket],
    kept_names: None,
    later: Later,
    django_assert_max_num_queries: Callable[..., CaptureQueriesContext],
    many: int,
) -> None:
    for n in range(many):
        ticket = open_ticket(f"Number {n}", at=later(hours=-3 * (n % 3)))
        if n % 3 == 0:
            operations.take(ticket, by=mira, at=later(minutes=1))
            operations.wait_for_requester(ticket, question="?", by=mira, at=later(minutes=2))
    Clock.objects.filter(state="running").update(due_at=later(minutes=-1))
    Ticket.objects.filter(pk__in=Clock.objects.filter(state="running").values("ticket")).update(
        next_due_at=later() - timedelta(minutes=1)
    )
    client = signed_in(max_)
    page(client)
    with django_assert_max_num_queries(MOST_QUERIES):
        page(client)
