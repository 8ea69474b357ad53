"""Facts and cells are a recount of raw history: after random lives, imports, several writers at once, and kills."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import QuerySet, Sum
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from escalation import operations as escalation
from helpdesk.local.places import BASE_DIR
from insights.models import Cell, Cube, DeskCell, Grain, HandFact, PromiseFact, TicketFact, Told
from insights.operations import causes, keeping
from insights.queries.cells import bucket_of
from sla.operations import recomputing
from tests.insights.world import differences, follow
from tests.intake.conftest import REAL, SAMPLES, SERVICENOW
from tests.plugins.worker import PATIENCE, environment
from tests.sla.conftest import hours
from tests.sla.test_state_machine import BOOKS, EVERY, WAITS, WEEKS, Desk, Stage, moment, stage, written
from tickets import operations
from tickets.models import LinkType, Ticket
from tickets.refusals import Refused

__all__ = ["stage"]


MORE: dict[str, Any] = {
    "work": lambda d: operations.log_work(d.ticket, minutes=7, by=d.stage.ada, at=moment(d.minute)),
    "rate": lambda d: operations.rate(d.ticket, rating=4, by=d.stage.ines, at=moment(d.minute)),
    "confirm": lambda d: operations.confirm(d.ticket, by=d.stage.ines, at=moment(d.minute)),
    "spam": lambda d: operations.not_a_request(d.ticket, reason="spam", by=d.stage.ada, at=moment(d.minute)),
    "request": lambda d: operations.change(d.ticket, kind="request", by=d.stage.ada, at=moment(d.minute)),
    "device": lambda d: operations.change(d.ticket, device="NW-1", by=d.stage.ada, at=moment(d.minute)),
    "exception": lambda d: causes.agree_exception(
        d.ticket, metric="resolution", reason="x", by=d.stage.ada, at=moment(d.minute)
    ),
    "no exception": lambda d: causes.withdraw_exception(
        d.ticket, metric="resolution", by=d.stage.ada, at=moment(d.minute)
    ),
    "follow up": lambda d: operations.link(
        d.stage.open_ticket("Again", at=moment(d.minute)),
        other=d.ticket,
        type=LinkType.FOLLOW_UP,
        by=d.stage.ada,
        at=moment(d.minute),
    ),
}


class Counted(Desk):
    """The lives of the state machine of clocks, with more that facts are about; after each step all is recounted."""

    @rule(wait=st.sampled_from(WAITS), name=st.sampled_from(sorted(MORE)))
    def do_more(self, wait: int, name: str) -> None:
        self.minute += wait
        with suppress(Refused), transaction.atomic():
            MORE[name](self)

    @rule()
    def judge_anew(self) -> None:
        at = moment(self.minute)
        recomputing.run(recomputing.ask(reason="Again", by=None, at=at), at=at)

    @invariant()
    def what_must_hold_holds(self) -> None:
        assert differences(moment(self.minute)) == []


def drive(stage: Stage, **how: Any) -> None:
    names = {"always": hours("Always", always=True)}
    for name, (zone, weekly) in WEEKS.items():
        names[name] = hours(name, weekly=weekly, zone=zone)
    books = [written(says, names) for says in BOOKS]

    class Here(Counted):
        def __init__(self) -> None:
            super().__init__(stage, books)

    run_machine(Here, settings=settings(deadline=None, suppress_health_check=EVERY, database=None, **how))


@pytest.mark.django_db
def test_facts_of_tickets_that_anything_may_happen_to(stage: Stage) -> None:
    drive(stage, max_examples=3, stateful_step_count=8, derandomize=True)


TICKETS = int(os.environ.get("TICKETS") or 100)
"""How many lives the long test drives."""


@pytest.mark.long
@pytest.mark.django_db
def test_facts_of_many_tickets_that_anything_may_happen_to(stage: Stage) -> None:
    drive(stage, max_examples=TICKETS, stateful_step_count=12)


# --- imports ---


def import_file(file: Any, at: Any) -> None:
    call_command("import_tickets", file, mapping=SERVICENOW)
    assert differences(at) == []
    assert TicketFact.objects.filter(is_imported=True).count() == Ticket.objects.count() > 0
    cells_are_counted_by_hand()


def test_facts_of_imported_tickets(db: None, at: Any) -> None:
    follow(at)  # what comes now is followed, not walked through
    import_file(SAMPLES / "incidents.csv", at)


@pytest.mark.long
@pytest.mark.skipif(not REAL.exists(), reason=f"the real files are not in {REAL}")
def test_facts_of_the_real_import(db: None, at: Any) -> None:
    import_file(REAL / "servicenow_incident_events.csv", at)


def total(cells: QuerySet[Any], column: str) -> int:
    return int(cells.aggregate(n=Sum(column, default=0))["n"])


def month_of(day: date | None) -> date | None:
    return day.replace(day=1) if day else None


def cells_are_counted_by_hand() -> None:
    """In plain Python out of the facts, some columns of each table: what SQL has counted, counted once more."""
    facts = [fact for fact in TicketFact.objects.all() if fact.is_counted]
    promises, hands = list(PromiseFact.objects.all()), list(HandFact.objects.all())
    days = [day for fact in facts for day in (fact.opened_on, fact.ended_on) if day]
    for month in {day.replace(day=1) for day in days}:
        here = [fact for fact in facts if month_of(fact.resolved_on) == month]
        keys = {fact.ticket_id for fact in here}
        cells = Cell.objects.filter(cube=Cube.TEAM, grain=Grain.MONTH, day=month)
        assert total(cells, "opened") == sum(month_of(fact.opened_on) == month for fact in facts)
        assert total(cells, "ended") == sum(month_of(fact.ended_on) == month for fact in facts)
        assert total(cells, "resolved") == len(here)
        assert total(cells, "resolution_seconds") == sum(fact.resolution_seconds or 0 for fact in here)
        assert total(cells, "bounces") == sum(fact.bounces for fact in here)
        assert total(cells, "reopened") == sum(fact.reopened > 0 for fact in here)
        broken = {
            one.ticket_id for one in promises if one.metric == "resolution" and one.verdict == "breached"
        }
        assert total(cells, "broken_resolution") == len(broken & keys)
        took = [fact.resolution_seconds for fact in here if fact.resolution_seconds is not None]
        buckets = Counter(f"resolution_seconds_{bucket_of(seconds)}" for seconds in took)
        for cube in ("", Cube.TEAM, Cube.ORGANISATION, Cube.CHANNEL):
            told = DeskCell.objects.filter(cube=cube, grain=Grain.MONTH, day=month)
            in_hands = total(told.filter(told=Told.HANDS), "seconds")
            assert in_hands == sum(hand.seconds for hand in hands if hand.ticket_id in keys)
            spread = told.filter(told=Told.TOOK, name__startswith="resolution_seconds_").values("name")
            assert {row["name"]: row["n"] for row in spread.annotate(n=Sum("rows"))} == buckets


# --- several at once, and kills ---

ACTS = (
    lambda t, by, at: operations.take(t, by=by, at=at),
    lambda t, by, at: operations.reply(t, text="x", by=by, at=at, minutes=3),
    lambda t, by, at: operations.resolve(t, code="no_answer", summary="x", by=by, at=at),
    lambda t, by, at: operations.reopen(t, text="x", by=t.requester, at=at),
    lambda t, by, at: operations.cancel(t, reason_text="x", by=by, at=at),
    lambda t, by, at: operations.restore(t, by=by, at=at),
    lambda t, by, at: operations.override_priority(t, priority=at.second % 4 + 1, reason="x", by=by, at=at),
    lambda t, by, at: escalation.hand_over(t, tier=2, reason="needs_expertise", summary="x", by=by, at=at),
    lambda t, by, at: escalation.return_(t, reason="not_ours", text="x", by=by, at=at),
)
FOLLOWING = """
import django; django.setup()
from django.utils import timezone
from insights.operations import keeping
while True:
    print(keeping.follow(at=timezone.now(), size=3), flush=True)
"""


def write(seed: int, tickets: list[int], by: Any, at: Any, acts: int) -> int:
    chance, done = random.Random(seed), 0
    try:
        for number in range(acts):
            ticket = Ticket.objects.select_related("requester").get(pk=chance.choice(tickets))
            with suppress(Refused):
                chance.choice(ACTS)(ticket, by, at + timedelta(minutes=number))
                done += 1
    finally:
        connection.close()
    return done


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("at_once")
def test_facts_are_a_recount_after_several_writers_and_followers_that_were_killed(
    open_ticket: Any, ada: Any, network: Any, at: Any, real_clock: None
) -> None:
    tickets = [open_ticket(f"Ticket {number}").pk for number in range(12)]
    keeping.follow_all(at=at)
    command, chance, kills = [sys.executable, "-c", FOLLOWING], random.Random(1), 0
    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, seed, tickets, ada, at, 120) for seed in range(3)]
        while not all(writer.done() for writer in writers) or kills < 3:
            with subprocess.Popen(
                command, env=environment(), cwd=BASE_DIR, stdout=subprocess.PIPE
            ) as follower:
                assert follower.stdout is not None
                for _batch in range(chance.randint(1, 40)):
                    assert follower.stdout.readline().startswith(b"Step(")
                follower.kill()
            kills += 1
        assert all(writer.result() > 20 for writer in writers)
    call_command("check_facts")
    cells_are_counted_by_hand()


@pytest.mark.long
def test_a_worker_follows_by_itself(worker: Any, open_ticket: Any) -> None:
    ticket = open_ticket()
    until = time.monotonic() + PATIENCE
    while not TicketFact.objects.filter(ticket=ticket).exists():
        assert time.monotonic() < until, "no worker has worked out its facts"
        time.sleep(0.1)
