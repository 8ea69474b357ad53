"""What every figure counts: the worst of a clock's cycles, in memory and in the database alike."""

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.models import User
from sla.cycles import Cycle
from sla.models import Clock
from sla.operations.firing import fire_due
from sla.operations.keeping import COLUMNS
from sla.queries.hours import hours_of
from sla.queries.verdicts import verdicts as in_the_database
from sla.spec import RESTART
from sla.verdicts import by_metric
from sla.verdicts import verdicts as in_memory
from tests.sla.conftest import promise
from tickets import operations
from tickets.models import Ticket

Later = Callable[..., datetime]
Open = Callable[..., Ticket]


@pytest.fixture
def verdicts(later: Later) -> Callable[[Ticket], dict[str, str]]:
    """Read both ways, which must agree."""

    def read(ticket: Ticket) -> dict[str, str]:
        rows = Clock.objects.filter(ticket=ticket)
        found = {str(row["metric"]): str(row["verdict"]) for row in in_the_database(rows)}
        cycles = [Cycle(*row) for row in rows.values_list(*COLUMNS)]
        same = by_metric(in_memory(cycles, at=later(days=9), hours_of=hours_of))
        assert found == {metric: str(verdict) for metric, verdict in same.items()}
        return found

    return read


Verdicts = Callable[[Ticket], dict[str, str]]


def test_an_open_clock_is_not_decided_and_a_late_one_is(
    open_ticket: Open, mira: User, verdicts: Verdicts, later: Later
) -> None:
    promise(first_response=60, resolution=240)
    ticket = open_ticket()
    assert verdicts(ticket) == {"first_response": "running", "resolution": "running"}
    operations.reply(ticket, text="x", by=mira, at=later(minutes=5))
    fire_due(at=later(hours=5))
    assert verdicts(ticket) == {"first_response": "met", "resolution": "breached"}


def test_resolving_early_gains_nothing(
    open_ticket: Open, mira: User, ines: User, verdicts: Verdicts, later: Later
) -> None:
    promise(resolution=60, reopening=RESTART)
    ticket = open_ticket()
    operations.take(ticket, by=mira, at=later())
    operations.resolve(ticket, code="no_answer", summary="x", by=mira, at=later(minutes=5))
    assert verdicts(ticket) == {"resolution": "met"}
    operations.reopen(ticket, text="x", by=ines, at=later(minutes=10))
    assert verdicts(ticket) == {"resolution": "running"}
    operations.resolve(ticket, code="no_answer", summary="x", by=mira, at=later(hours=3))
    assert verdicts(ticket) == {"resolution": "breached"}
    operations.reopen(ticket, text="x", by=ines, at=later(hours=4))
    operations.resolve(ticket, code="no_answer", summary="x", by=mira, at=later(hours=4))
    assert verdicts(ticket) == {"resolution": "breached"}


def test_a_cancelled_ticket_counts_only_where_it_was_breached(
    open_ticket: Open, ines: User, verdicts: Verdicts, later: Later
) -> None:
    promise(first_response=60, resolution=240)
    ticket = open_ticket()
    operations.withdraw(ticket, by=ines, at=later(hours=2))
    assert verdicts(ticket) == {"first_response": "breached"}


@pytest.mark.parametrize("reason", ["noise", "spam", "not_for_it"])
def test_what_was_set_aside_as_no_request_counts_nowhere_until_it_is_restored(
    open_ticket: Open, mira: User, later: Later, reason: str
) -> None:
    promise(first_response=60, resolution=240)
    ticket = open_ticket()
    fire_due(at=later(hours=2))

    def found() -> dict[str, str]:
        return {row["metric"]: row["verdict"] for row in in_the_database(Clock.objects.filter(ticket=ticket))}

    assert found()["first_response"] == "breached"
    operations.not_a_request(ticket, reason=reason, by=mira, at=later(hours=2))
    assert found() == {}
    operations.restore(ticket, by=mira, at=later(hours=3))
    assert found()["first_response"] == "breached"


def test_what_was_taken_back_counts_nowhere(
    open_ticket: Open, mira: User, ines: User, verdicts: Verdicts, later: Later
) -> None:
    promise(resolution=60, next_response=30)
    ticket = open_ticket()
    operations.take(ticket, by=mira, at=later())
    operations.resolve(ticket, code="no_answer", summary="x", by=mira, at=later(minutes=5))
    operations.reply(ticket, text="Thank you!", by=ines, at=later(minutes=10))
    operations.only_thanks(ticket, by=mira, at=later(hours=9))
    assert verdicts(ticket) == {"resolution": "met"}


def test_a_merged_ticket_counts_in_the_surviving_one(
    open_ticket: Open, mira: User, verdicts: Verdicts, later: Later
) -> None:
    """What its tier broke stays its own."""
    promise(first_response=60, accept=30)
    early, late = open_ticket("Early"), open_ticket("Late", at=later(minutes=90))
    operations.merge(early, into=late, by=mira, at=later(minutes=91))
    assert verdicts(early) == {"accept": "breached"}
    assert verdicts(late) == {"first_response": "breached", "accept": "running"}


def test_they_can_be_told_apart_by_more(open_ticket: Open, mira: User, dario: User, later: Later) -> None:
    promise(accept=30)
    open_ticket()
    rows = in_the_database(Clock.objects.all(), "metric", "scope", "priority")
    assert [(row["metric"], row["scope"], row["priority"], row["verdict"]) for row in rows] == [
        ("accept", 1, 4, "running")
    ]
