"""Facts against what the pages of a ticket say, after whatever may happen to it: the two are read by other code."""

import os
from collections import Counter, defaultdict
from datetime import datetime
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant
from hypothesis.stateful import run_state_machine_as_test as run_machine

from escalation.queries.report import handoff_report
from insights.queries.records import records
from insights.record import Facts, work_out
from sla.models import Clock, Metric
from sla.queries.spending import spending
from sla.queries.verdicts import verdicts
from sla.spent import Who, whose
from tests.sla.conftest import hours
from tests.sla.test_state_machine import BOOKS, EVERY, WEEKS, Desk, Stage, stage, written
from tickets.models import Event, Status, Ticket
from tickets.state import states

__all__ = ["stage"]

TICKETS = int(os.environ.get("TICKETS") or 100)
"""How many lives the long test drives."""
Hand = tuple[str, int]
Steps = tuple[tuple[str, dict[str, Any]], ...]
FOUND = {
    # The page goes on telling of one hand-off to the level; what the first team had of it has ended.
    "handed on within its level before anybody had accepted it": (
        ("open", {"minute": 0, "book": 0, "by_voice": False}),
        ("act", {"name": "sideways", "wait": 1}),
    ),
    "handed on within its level, accepted there, and handed back": (
        ("open", {"minute": 0, "book": 1, "by_voice": False}),
        ("act", {"name": "mira takes", "wait": 4}),
        ("act", {"name": "sideways", "wait": 10}),
        ("act", {"name": "accept", "wait": 0}),
        ("act", {"name": "return", "wait": 30}),
    ),
}
"""Lives that were told otherwise at some time."""


class Told(Desk):
    """After each step, the facts of every ticket say what its own pages say."""

    @invariant()
    def what_must_hold_holds(self) -> None:
        tickets = {row.pk: row for row in Ticket.objects.all()}
        found = [work_out(record, zone=ZoneInfo("UTC"), usual_calendar=None) for record in records(tickets)]
        for facts in found:
            ticket = tickets[facts.ticket.ticket_id]
            agree_on_columns(facts, ticket)
            agree_on_hands(facts)
            agree_on_promises(facts)
        agree_on_hand_offs(found)


def agree_on_columns(facts: Facts, ticket: Ticket) -> None:
    fact = facts.ticket
    assert (fact.status, fact.priority, fact.kind) == (ticket.status, ticket.priority, ticket.kind)
    assert (fact.reopened, fact.bounces) == (ticket.reopen_count, ticket.bounce_count)
    assert fact.opened_at == ticket.created_at
    is_done = ticket.status in (Status.RESOLVED, Status.CLOSED)
    assert fact.resolved_at == (ticket.resolved_at if is_done else None)
    assert fact.path == "".join(map(str, ticket.path))
    assert fact.is_open == (ticket.status not in (Status.RESOLVED, Status.CLOSED, Status.CANCELLED))


def agree_on_hands(facts: Facts) -> None:
    """By `sla.spent`, as the ticket page tells where its time went: what has ended of it, to the second a stretch.

    The page does not know teams: where a ticket went on to another team of the same level, into the same sort of hands,
    it tells of one stretch, and facts of two. So it is asked as of the moment at which the last one began.
    """
    told, stretches = defaultdict[Hand, list[int]](lambda: [0, 0, 0]), Counter[Hand]()
    segments = [
        row
        for row in spending(facts.ticket.ticket_id, at=last_hands_since(facts.ticket.ticket_id))
        if row.who not in (Who.NOBODY, Who.CARRIED)
    ]
    if not segments:
        return  # nothing is promised: the page tells of no time
    for row in segments:
        stretches[str(row.who), row.level] += 1
        for place, part in enumerate((row.until - row.since, row.worked, row.counted)):
            told[str(row.who), row.level][place] += int(part.total_seconds())
    found = defaultdict[Hand, list[int]](lambda: [0, 0, 0])
    for hand in facts.hands:
        for place, seconds in enumerate((hand.seconds, hand.business_seconds, hand.counted_seconds)):
            found[hand.who, hand.level][place] += seconds
    for key in told.keys() | found.keys():
        for one, other in zip(told[key], found[key], strict=True):
            assert abs(one - other) <= stretches[key] + len(facts.hands), (key, told[key], found[key])


def last_hands_since(ticket: int) -> datetime:
    """When the hands that have it now, or had it last, got it; an act stamped before the last came right after it."""
    told = [
        (event.at, (*whose(state), state.team_id))
        for event, state in states(Event.objects.filter(ticket=ticket, is_quiet=False).order_by("id"))
    ]
    times = list(accumulate((at for at, _hands in told), max))
    changes = [
        at
        for at, (_before, one), (_then, other) in zip(times[1:], told, told[1:], strict=False)
        if one != other
    ]
    return changes[-1] if changes else times[0]


def agree_on_promises(facts: Facts) -> None:
    clocks = Clock.objects.filter(ticket=facts.ticket.ticket_id).exclude(metric=Metric.PROMISE)
    told = {(row["metric"], row["scope"]): row["verdict"] for row in verdicts(clocks, "metric", "scope")}
    assert {(row.metric, row.scope): row.verdict for row in facts.promises} == told


def agree_on_hand_offs(found: list[Facts]) -> None:
    """By the report of hand-offs, which reads their rows."""
    total = handoff_report().total
    countable = set(Ticket.objects.countable().values_list("pk", flat=True))
    counted = [facts.ticket for facts in found if facts.ticket.ticket_id in countable]
    assert total.bounces == sum(fact.bounces for fact in counted)
    assert total.ping_pong == sum(fact.ping_pongs for fact in counted)


def machine(stage: Stage) -> Any:
    """`Told` for this stage: called without anything it begins a life."""
    names = {"always": hours("Always", always=True)}
    for name, (zone, weekly) in WEEKS.items():
        names[name] = hours(name, weekly=weekly, zone=zone)
    books = [written(says, names) for says in BOOKS]

    class Here(Told):
        def __init__(self) -> None:
            super().__init__(stage, books)

    return Here


def drive(stage: Stage, **how: Any) -> None:
    how |= {"deadline": None, "suppress_health_check": EVERY, "database": None}
    run_machine(machine(stage), settings=settings(**how))


@pytest.mark.django_db
@pytest.mark.parametrize("life", FOUND.values(), ids=FOUND)
def test_facts_say_what_the_pages_say_of_a_life_that_was_found(stage: Stage, life: Steps) -> None:
    told: Told = machine(stage)()
    for act, says in life:
        getattr(told, act)(**says)
        told.what_must_hold_holds()
    told.teardown()


@pytest.mark.django_db
def test_facts_say_what_the_pages_of_a_ticket_say(stage: Stage) -> None:
    drive(stage, max_examples=4, stateful_step_count=10, derandomize=True)


@pytest.mark.long
@pytest.mark.django_db
def test_facts_of_many_lives_say_what_the_pages_of_a_ticket_say(stage: Stage) -> None:
    drive(stage, max_examples=TICKETS, stateful_step_count=20)
