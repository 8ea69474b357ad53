"""Hand-offs in figures, also of a real history, counted a second time straight from its file."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Team, User
from escalation import operations as escalation
from escalation.queries.figures import rates, returns_by_person
from escalation.queries.helping import helps_by_team
from tests.intake.conftest import REAL, SERVICENOW
from tickets import operations
from tickets.models import Ticket

LOG = REAL / "servicenow_incident_events.csv"
UNKNOWN = "?"


def report(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "out.json"
    call_command("handoff_report", json=path, verbosity=0)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def bounced(ticket: Ticket, mira: User, dario: User, later: Callable[..., datetime]) -> Ticket:
    """Up, returned after an hour, up again, accepted, rated, handed down with a fix."""
    facts: dict[str, Any] = {"tier": 2, "reason": "needs_access", "summary": "Locked."}
    escalation.hand_over(ticket, by=mira, at=later(hours=1), **facts)
    escalation.return_(ticket, reason="information_missing", text="Log?", by=dario, at=later(hours=2))
    escalation.hand_over(ticket, by=mira, at=later(hours=4), **facts)
    escalation.accept(ticket, by=dario, at=later(hours=5))
    escalation.rate_handoff(ticket, rating="complete", by=dario, at=later(hours=5))
    fix: dict[str, Any] = {"tier": 1, "reason": "fix_found", "summary": "Unlock it like this."}
    return escalation.hand_over(ticket, by=dario, at=later(hours=6), **fix).ticket


def test_bounces_ping_pong_time_and_ratings_by_pair_and_reason(bounced: Ticket, tmp_path: Path) -> None:
    found = report(tmp_path)
    up = {
        "handoffs": 2,
        "bounces": 1,
        "ping_pong": 1,
        "ping_pong_again": 1,
        "lost_seconds": 3600,
        "return_reasons": {"information_missing": 1},
        "ratings": {"complete": 1},
    }
    # The return and the second hand-over: there and back again, but the time between is the sender's work.
    down = {**dict.fromkeys(up, 0), "handoffs": 1, "ping_pong": 1, "return_reasons": {}, "ratings": {}}
    assert found["pairs"] == [
        {"from": "Service desk", "to": "Network", **up},
        {"from": "Network", "to": "Service desk", **down},
    ]
    by_reason = {row["reason"]: (row["handoffs"], row["bounces"]) for row in found["reasons"]}
    assert by_reason == {"needs_access": (2, 1), "fix_found": (1, 0)}
    assert (found["tickets"], found["tickets_with_ping_pong"], found["handoffs"]) == (1, 1, 3)
    assert found["rates"] == [
        {"from": "Service desk", "to": "Network", "reason": "needs_access", "complete": 1}
    ]
    assert found["rules"] == []


def test_rates_and_returns_of_persons(
    bounced: Ticket, service_desk: Team, platform: Team, mira: User
) -> None:
    assert [(row.reason, row.rated) for row in rates([service_desk.pk])] == [("needs_access", 1)]
    assert rates([platform.pk]) == []
    assert returns_by_person(service_desk) == {mira.pk: (2, 1)}


def test_what_was_set_aside_as_no_request_is_in_no_figure_of_hand_offs(
    bounced: Ticket, service_desk: Team, mira: User, tmp_path: Path, later: Callable[..., datetime]
) -> None:
    operations.not_a_request(bounced, reason="noise", by=mira, at=later(hours=7))
    found = report(tmp_path)
    assert (found["tickets"], found["handoffs"], found["bounces"], found["rates"]) == (0, 0, 0, [])
    assert (rates([service_desk.pk]), returns_by_person(service_desk)) == ([], {})
    operations.restore(bounced, by=mira, at=later(hours=8))
    assert report(tmp_path)["handoffs"] == 3


def test_help_on_what_was_no_request_is_not_counted(
    ticket: Ticket, mira: User, dario: User, network: Team, later: Callable[..., datetime]
) -> None:
    escalation.invite(
        ticket, user=dario, until=later(hours=4), question="Is it a phish?", by=mira, at=later()
    )

    def helps() -> list[int]:
        return [row.times for row in helps_by_team(since=later(), until=later(hours=1))]

    assert helps() == [1]
    operations.not_a_request(ticket, reason="spam", by=mira, at=later(minutes=5))
    assert helps() == []


def test_without_hand_offs_there_is_nothing_to_tell(db: None, tmp_path: Path) -> None:
    found = report(tmp_path)
    assert (found["handoffs"], found["pairs"], found["reasons"]) == (0, [], [])


def test_a_file_that_cannot_be_written_is_said(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("handoff_report", json=tmp_path / "missing" / "out.json")


@pytest.mark.long
@pytest.mark.skipif(not LOG.exists(), reason=f"the real files are not in {REAL}")
def test_a_real_history_gives_the_counts_of_its_file(db: None, tmp_path: Path) -> None:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    with LOG.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            groups[row["number"]].append(row["assignment_group"])
    moves = {
        number: [pair for pair in pairwise(told) if pair[0] != pair[1]] for number, told in groups.items()
    }
    there_and_back = [
        first for told in moves.values() for first, second in pairwise(told) if second == (first[1], first[0])
    ]
    pairs = Counter(pair for told in moves.values() for pair in told)

    call_command("import_tickets", LOG, mapping=SERVICENOW, report=tmp_path / "import.json", verbosity=0)
    found = report(tmp_path)

    assert found["handoffs"] == pairs.total()
    assert found["tickets"] == sum(bool(told) for told in moves.values())
    assert found["ping_pong"] == len(there_and_back)
    assert found["bounces"] == 0
    counted = {(row["from"], row["to"]): (row["handoffs"], row["ping_pong"]) for row in found["pairs"]}
    back = Counter(there_and_back)
    named = {
        (pair[0], pair[1]): (number, back[pair]) for pair, number in pairs.items() if UNKNOWN not in pair
    }
    assert {pair: counted.get(pair) for pair in named} == named
