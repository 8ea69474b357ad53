"""Facts against what the pages of a ticket say, after whatever may happen to it: the two are read by other code."""

import os
from collections import Counter, defaultdict
from datetime import UTC, datetime
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
from sla.spent import Who
from tests.sla.conftest import hours
from tests.sla.test_state_machine import BOOKS, EVERY, WEEKS, Desk, Stage, stage, written
from tickets.models import Status, Ticket

__all__ = ["stage"]

TICKETS = int(os.environ.get("TICKETS") or 100)
"""How many lives the long test drives."""
Hand = tuple[str, int]
FAR_OFF = datetime(2030, 1, 1, tzinfo=UTC)
"""What lasts until then has not ended."""


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
    """By `sla.spent`, as the ticket page tells where its time went: what has ended of it, to the second a stretch."""
    told, stretches = defaultdict[Hand, list[int]](lambda: [0, 0, 0]), Counter[Hand]()
    segments = [
        row
        for row in spending(facts.ticket.ticket_id, at=FAR_OFF)
        if row.who not in (Who.NOBODY, Who.CARRIED)
    ]
    if not segments:
        return  # nothing is promised: the page tells of no time
    for row in segments:
        if row.until < FAR_OFF:
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


def drive(stage: Stage, **how: Any) -> None:
    names = {"always": hours("Always", always=True)}
    for name, (zone, weekly) in WEEKS.items():
        names[name] = hours(name, weekly=weekly, zone=zone)
    books = [written(says, names) for says in BOOKS]

    class Here(Told):
        def __init__(self) -> None:
            super().__init__(stage, books)

    run_machine(Here, settings=settings(deadline=None, suppress_health_check=EVERY, database=None, **how))


@pytest.mark.django_db
def test_facts_say_what_the_pages_of_a_ticket_say(stage: Stage) -> None:
    drive(stage, max_examples=4, stateful_step_count=10, derandomize=True)


@pytest.mark.long
@pytest.mark.django_db
def test_facts_of_many_lives_say_what_the_pages_of_a_ticket_say(stage: Stage) -> None:
    drive(stage, max_examples=TICKETS, stateful_step_count=20)
