"""Fifty acts at once on few tickets, by real threads: no move is lost, and nobody gets what another has."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import Team, User
from escalation import operations as escalation
from escalation.models import Arming, Firing, Handoff
from escalation.operations.ticking import tick
from escalation.rules import book
from escalation.rules.engine import evaluate
from tests.conftest import MONDAY, person, seat
from tests.escalation.rule_book import TO_L3, is_, rule, tag
from tickets import operations
from tickets.models import Event, Ticket
from tickets.refusals import Refused
from tickets.state import check

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("at_once")]
AT_ONCE, TICKETS = 50, 4
TOGETHER = 10
"""Connections that the test takes from the server; all fifty acts are begun before the first ends."""
MOVES = ("escalation.handed_over", "escalation.returned")

Act = Callable[[], object]


def at_once(acts: list[Act]) -> Counter[str]:
    """Run them in threads of their own; what came of each, by the name of its exception or "done"."""
    barrier = Barrier(TOGETHER, timeout=60)

    def one(act: Act) -> str:
        try:
            act()
        except Refused as refused:
            return refused.code
        else:
            return "done"

    def several(some: list[Act]) -> list[str]:
        barrier.wait(20)
        try:
            return [one(act) for act in some]
        finally:
            connection.close()

    with ThreadPoolExecutor(TOGETHER) as pool:
        shares = [acts[first::TOGETHER] for first in range(TOGETHER)]
        return Counter(outcome for outcomes in pool.map(several, shares) for outcome in outcomes)


@pytest.fixture
def network_people(network: Team) -> list[User]:
    return [seat(person(f"{name} Network"), network) for name in ("Ana", "Ben", "Cleo", "Dan")]


def test_fifty_takes_accepts_and_firings_at_once(
    open_ticket: Callable[..., Ticket],
    mira: User,
    network: Team,
    network_people: list[User],
    platform: Team,
    yuki: User,
    at: datetime,
) -> None:
    book.forget()
    arrived = rule(
        "Arrived", tag("arrived"), ("set", {"field": "kind", "value": "problem"}), on=("changed:tier_id",)
    )
    late = rule("Nobody has it", TO_L3, waits=("unaccepted_since", 5), when=is_("tier", 2))
    tickets = [open_ticket(f"Ticket {n}") for n in range(TICKETS)]
    for ticket in tickets:
        escalation.hand_over(ticket, tier=2, reason="needs_access", summary="Please.", by=mira, at=at)
    events = {row.ticket_id: row for row in Event.objects.filter(kind="escalation.handed_over")}
    now = at + timedelta(minutes=6)
    acts: list[Act] = []
    for ticket in tickets:
        for user in network_people:
            acts.append(partial(operations.take, ticket, by=user, at=now))
            acts.append(partial(escalation.accept, ticket, by=user, at=now))
        acts += [partial(evaluate, events[ticket.pk], at=now)] * 3
    acts += [lambda: tick(at=now)] * (AT_ONCE - len(acts))
    random.Random(4).shuffle(acts)
    came = at_once(acts)
    tick(at=now + timedelta(seconds=5))
    assert came["done"] >= TICKETS
    for ticket in Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]):
        assert check(ticket) == []
        moves = list(Event.objects.filter(ticket=ticket, kind__in=MOVES).order_by("pk"))
        handoffs = list(Handoff.objects.filter(ticket=ticket).order_by("pk"))
        assert [move.data["handoff"] for move in moves] == [handoff.pk for handoff in handoffs]
        assert ticket.handoff_count == len(handoffs)
        assert ticket.path == [1, *(handoff.to_tier for handoff in handoffs)]
        assert sum(handoff.state == "waiting" for handoff in handoffs) == (
            ticket.unaccepted_since is not None
        )
        assert _owners(ticket) in ([], [ticket.assignee_id])
        firings = Counter(Firing.objects.filter(ticket=ticket).values_list("version__rule", flat=True))
        assert firings[arrived.pk] == 1
        assert firings[late.pk] == (ticket.team_id == platform.pk)
        assert Arming.objects.filter(ticket=ticket, rule=late).count() == firings[late.pk]


def _owners(ticket: Ticket) -> list[int | None]:
    """Who has been made its assignee at the place where it lies, one after the other."""
    owners: list[int | None] = []
    for event in Event.objects.filter(ticket=ticket).order_by("pk"):
        if "team_id" in event.changes:
            owners = []
        elif "assignee_id" in event.changes:
            owners.append(event.changes["assignee_id"][1])
    return owners


def test_ten_workers_with_the_same_event_fire_it_once(
    open_ticket: Callable[..., Ticket], mira: User, network: Team, network_people: list[User]
) -> None:
    book.forget()
    rule("Up", ("move", {"tier": 2, "reason": "needs_access"}), on=("created",))
    ticket = open_ticket()
    event = Event.objects.get(ticket=ticket)
    assert at_once([lambda: evaluate(event, at=MONDAY)] * 10) == Counter(done=10)
    ticket.refresh_from_db()
    assert (ticket.path, Firing.objects.count(), Handoff.objects.count()) == ([1, 2], 1, 1)


def test_ten_ticks_at_once_fire_each_ticket_once(open_ticket: Callable[..., Ticket], mira: User) -> None:
    book.forget()
    rule("Late", tag("late"), waits=("tier_since", 10))
    tickets = [open_ticket(f"Ticket {n}") for n in range(TICKETS)]
    for second in (0, 5):
        at_once([partial(tick, at=MONDAY + timedelta(minutes=20, seconds=second))] * 10)
    assert sorted(Firing.objects.values_list("ticket", flat=True)) == sorted(ticket.pk for ticket in tickets)
