"""Past tickets under another promise: the same engine over their history, beside what really happened."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Team, User
from escalation import operations as escalation
from sla.book import rules_in_force
from sla.drafts import read
from sla.exchange import write
from sla.models import Clock, ClockEvent, Metric, Policy
from sla.operations.keeping import COLUMNS
from sla.queries.hours import hours_of
from sla.spec import from_json
from sla.whatif import Answer, Question, Replay, ask, lives, tickets_of
from tickets import events, operations
from tickets.models import Event, Ticket
from tickets.operations.importing import PlannedEvent, PlannedTicket, import_tickets
from tickets.refusals import Invalid
from tickets.vocabulary import Facts

HOUR = timedelta(hours=1)
FAST = """
name: Standard
priorities:
  P4:
    first_response: {time: 30m, calendar: Around the clock}
    resolution: {time: 1h, calendar: Around the clock}
"""


def proposed(text: str, at: datetime) -> dict[str, Any]:
    """The report for all tickets of the test's week, followed until `at`."""
    since = at - timedelta(days=30)
    question = Question.of(read(text), rules_in_force(), since=since, at=at)
    answer = Answer()
    assert ask(question, tickets_of(since, at + timedelta(days=30)), answer) is True
    return answer.report()


@pytest.fixture
def lived(
    open_ticket: Callable[..., Ticket],
    mira: User,
    dario: User,
    ines: User,
    network: Team,
    vpn: Any,
    later: Callable[..., datetime],
) -> list[Ticket]:
    """Tickets that went through most of what can happen to a clock."""
    first, second, third, fourth = (open_ticket(at=later(minutes=n)) for n in range(4))
    operations.take(first, by=mira, at=later(minutes=5))
    operations.reply(first, text="Hello", by=mira, at=later(minutes=10))
    operations.wait_for_requester(first, question="Which?", by=mira, at=later(minutes=15))
    operations.reply(first, text="That one", by=ines, at=later(hours=2))
    operations.override_priority(first, priority=1, reason="Payroll", by=mira, at=later(hours=3))
    escalation.hand_over(
        first, reason="needs_expertise", summary="Tried all", team=network, by=mira, at=later(hours=4)
    )
    escalation.accept(Ticket.objects.get(pk=first.pk), by=dario, at=later(hours=5))
    escalation.return_(first, reason="wrong_team", text="Not ours", by=dario, at=later(hours=5, minutes=30))
    operations.take(first, by=mira, at=later(hours=5, minutes=45))
    operations.resolve(first, code="fixed", summary="Done", category=vpn, by=mira, at=later(hours=6))
    operations.reopen(first, text="No", by=ines, at=later(hours=7))
    operations.take(second, by=mira, at=later(minutes=20))
    operations.merge(second, into=third, by=mira, at=later(minutes=40))
    operations.take(third, by=mira, at=later(hours=1))
    operations.resolve(third, code="fixed", summary="Done", category=vpn, by=mira, at=later(hours=9))
    operations.not_a_request(fourth, reason="noise", by=mira, at=later(hours=1))
    return [Ticket.objects.get(pk=ticket.pk) for ticket in (first, second, third, fourth)]


def test_a_replay_by_the_policies_in_force_gives_the_recorded_clocks(
    lived: list[Ticket], later: Callable[..., datetime]
) -> None:
    """Engine and live road agree, column by column; `revision` and what time alone will bring stand apart."""
    until = later(hours=7)
    keys = [ticket.pk for ticket in lived]
    replay, histories = Replay(rules_in_force(), hours_of, until), lives(keys)
    for ticket in lived:
        replayed = {
            (cycle.metric, cycle.scope, cycle.cycle): asdict(cycle)
            for cycle in replay.cycles(ticket.pk, histories[ticket.pk], Facts())
        }
        recorded = {}
        for row in Clock.objects.filter(ticket=ticket).values(*COLUMNS):
            recorded[row["metric"], row["scope"], row["cycle"]] = row
        assert replayed.keys() == recorded.keys()
        for key, row in recorded.items():
            cycle = replayed[key]
            for column in ("started_at", "used", "ended_at", "outcome", "state", "target", "due_at", "since"):
                assert (key, column, cycle[column]) == (key, column, row[column])
            if row["state"] == "ended":
                assert (key, cycle["breached_at"]) == (key, row["breached_at"])


def test_nothing_changes_where_the_draft_promises_the_same(
    lived: list[Ticket], later: Callable[..., datetime]
) -> None:
    policy = Policy.objects.get(is_default=True)
    assert policy.current is not None
    report = proposed(write(policy.name, from_json(policy.current.spec)), later(hours=7))
    assert (report["tickets"], report["recorded"]) == (3, 3)  # noise counts nowhere
    assert [row for row in report["changed"] if row["was"] != "running"] == []
    resolution = report["metrics"][Metric.RESOLUTION]
    assert resolution["was"]["met"] == resolution["would_be"]["met"] == 1


def test_a_shorter_target_says_which_tickets_would_have_breached_and_by_how_much(
    open_ticket: Callable[..., Ticket], mira: User, vpn: Any, later: Callable[..., datetime]
) -> None:
    slow, quick = open_ticket(), open_ticket()
    for ticket, hours in ((slow, 3), (quick, 0.5)):
        operations.take(ticket, by=mira, at=later(minutes=5))
        operations.reply(ticket, text="Hello", by=mira, at=later(minutes=10))
        operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(hours=hours))
    report = proposed(FAST, later(hours=10))
    changed = [row for row in report["changed"] if row["clock"] == "resolution"]
    assert changed == [
        {
            "ticket": slow.number,
            "priority": 4,
            "tier": 1,
            "clock": "resolution",
            "scope": 0,
            "was": "met",
            "would_be": "breached",
            "was_by_minutes": -2820.0,
            "by_minutes": 120.0,
            "target_minutes": 60.0,
            "used_minutes": 180.0,
        }
    ]
    assert report["priorities"]["4"]["resolution"] == {
        "was": {"met": 2, "breached": 0, "running": 0, "percent": 100.0},
        "would_be": {"met": 1, "breached": 1, "running": 0, "percent": 50.0},
    }
    assert report["tiers"]["1"]["resolution"] == report["priorities"]["4"]["resolution"]
    assert report["metrics"]["first_response"]["would_be"]["percent"] == 100.0


def test_nothing_is_written(lived: list[Ticket], later: Callable[..., datetime]) -> None:
    def everything() -> list[int]:
        return [model.objects.count() for model in (Clock, ClockEvent, Event)]

    before = everything()
    proposed(FAST, later(hours=10))
    assert everything() == before


def test_a_new_policy_comes_first_and_judges_what_it_matches(
    open_ticket: Callable[..., Ticket], later: Callable[..., datetime]
) -> None:
    urgent = open_ticket(impact=1, urgency=1)
    open_ticket()
    text = FAST.replace("Standard", "Urgent ones").replace("P4", "P1")
    text += "when: {field: priority, op: is, value: 1}\n"
    question = Question.of(read(text), rules_in_force(), since=later(), at=later(hours=2))
    assert [rule.name for rule in question.proposed.rules] == ["Urgent ones", "Standard"]
    answer = Answer()
    ask(question, tickets_of(later(), later(hours=1)), answer)
    assert answer.counts["priority", str(urgent.priority), "resolution", "would_be", "breached"] == 1
    assert answer.counts["priority", "4", "resolution", "would_be", "running"] == 1


def test_a_draft_with_the_name_of_a_policy_takes_its_place(at: datetime, ticket: Ticket) -> None:
    question = Question.of(read(FAST), rules_in_force(), since=at, at=at)
    assert [(rule.name, rule.is_default) for rule in question.proposed.rules] == [("Standard", True)]


def test_a_draft_calendar_counts_in_its_own_hours(
    open_ticket: Callable[..., Ticket], mira: User, vpn: Any, later: Callable[..., datetime]
) -> None:
    """From 21:10 until midnight, of which the draft counts fifty minutes."""
    ticket = open_ticket(at=later(hours=12, minutes=10))
    operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(hours=15))
    hours = ", ".join(f'{day}: "06:00-22:00"' for day in ("monday", "tuesday", "wednesday"))
    text = f"calendars:\n  Early and late: {{zone: UTC, hours: {{{hours}}}}}\n" + FAST.replace(
        "resolution: {time: 1h, calendar: Around the clock}",
        "resolution: {time: 1h, calendar: Early and late}",
    )
    report = proposed(text, later(hours=30))
    assert [row for row in report["changed"] if row["clock"] == "resolution"] == []
    assert report["metrics"]["resolution"]["would_be"]["met"] == 1
    assert report["metrics"]["resolution"]["was"]["met"] == 1


def test_calendars_alone_are_a_proposal_for_every_policy(
    open_ticket: Callable[..., Ticket], mira: User, vpn: Any, later: Callable[..., datetime]
) -> None:
    ticket = open_ticket()
    operations.take(ticket, by=mira, at=later(minutes=1))
    operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(days=4))
    closed = "calendars:\n  Business hours: {zone: Europe/Berlin, hours: {sunday: '08:00-09:00'}}\n"
    report = proposed(closed, later(days=5))
    assert report["metrics"]["first_response"] == {
        "was": {"met": 0, "breached": 1, "running": 0, "percent": 0.0},
        "would_be": {"met": 1, "breached": 0, "running": 0, "percent": 100.0},
    }


def test_an_answer_can_be_put_down_and_gone_on_with(
    open_ticket: Callable[..., Ticket], monkeypatch: pytest.MonkeyPatch, later: Callable[..., datetime]
) -> None:
    for _number in range(5):
        open_ticket()
    monkeypatch.setattr("sla.whatif.BATCH", 2)
    whole = proposed(FAST, later(hours=10))
    question = Question.of(read(FAST), rules_in_force(), since=later(days=-30), at=later(hours=10))
    tickets, answer, rounds = tickets_of(later(days=-30), later(days=30)), Answer(), 0
    while not ask(question, tickets, answer, goes_on=lambda _answer: False):
        answer, rounds = Answer.from_json(json.loads(json.dumps(answer.to_json()))), rounds + 1
    assert (answer.report(), rounds) == (whole, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("calendars: {}", "proposes nothing"),
        (
            "calendars: {Night: {zone: Mars/Olympus, hours: always}}",
            "Line 1, calendars.Night.zone: There is no time zone",
        ),
        ("calendars: {Night: {zone: UTC}}", "Line 1, calendars.Night: A calendar has a zone and hours"),
        (
            "calendars:\n  Night:\n    zone: UTC\n    hours: {monday: nine to five}",
            "Line 4, calendars.Night.hours.monday",
        ),
        ("calendars:\n  Night:\n    zone: UTC\n    hours: {}", "Line 3, calendars.Night"),
        ("priorities: {}", "A policy has a name"),
        (FAST.replace("Around the clock", "Lunch time"), "There is no calendar “Lunch time”"),
    ],
)
def test_a_text_that_proposes_nonsense_is_refused_with_its_line(text: str, said: str, db: None) -> None:
    with pytest.raises(Invalid, match=said.split(":", maxsplit=1)[0]) as refusal:
        read(text)
    assert said in str(refusal.value)


def test_the_command_writes_the_answer_as_json(
    open_ticket: Callable[..., Ticket], mira: User, vpn: Any, later: Callable[..., datetime], tmp_path: Path
) -> None:
    ticket = open_ticket()
    operations.resolve(ticket, code="fixed", summary="Done", category=vpn, by=mira, at=later(hours=3))
    draft, out, said = tmp_path / "draft.yml", tmp_path / "out.json", StringIO()
    draft.write_text(FAST)
    arguments = ["--policy", str(draft), "--from", "2026-11-23", "--to", "2026-11-23", "--json", str(out)]
    call_command("sla_whatif", *arguments, stdout=said)
    answer = json.loads(out.read_text())
    assert (answer["period"], answer["tickets"]) == ({"from": "2026-11-23", "to": "2026-11-23"}, 1)
    assert {row["clock"]: (row["was"], row["would_be"]) for row in answer["changed"]} == {
        "accept": ("breached", None),
        "first_response": ("met", "breached"),
        "resolution": ("met", "breached"),
    }
    assert "P4 resolution" in said.getvalue()


def test_the_command_refuses_what_it_cannot_use(db: None, tmp_path: Path) -> None:
    def run(*arguments: str) -> None:
        call_command("sla_whatif", *arguments, stdout=StringIO())

    draft = tmp_path / "draft.yml"
    draft.write_text(FAST)
    with pytest.raises(CommandError, match="no date"):
        run("--policy", str(draft), "--from", "yesterday", "--to", "2026-11-23")
    with pytest.raises(CommandError, match="lies before"):
        run("--policy", str(draft), "--from", "2026-11-24", "--to", "2026-11-23")
    with pytest.raises(CommandError, match="cannot be read"):
        run("--policy", str(tmp_path / "none.yml"), "--from", "2026-11-23", "--to", "2026-11-23")
    draft.write_text("name: [")
    with pytest.raises(CommandError, match="no YAML"):
        run("--policy", str(draft), "--from", "2026-11-23", "--to", "2026-11-23")


def test_hours_of_before_the_calendar_was_made_count_too(
    mira: User, ines: User, vpn: Any, open_ticket: Callable[..., Ticket], later: Callable[..., datetime]
) -> None:
    ticket = open_ticket(at=datetime(2016, 3, 1, 9, 0, tzinfo=UTC))
    operations.resolve(
        ticket,
        code="fixed",
        summary="Done",
        category=vpn,
        by=mira,
        at=datetime(2016, 3, 1, 12, 0, tzinfo=UTC),
    )
    question = Question.of(read(FAST), rules_in_force(), since=ticket.created_at, at=later())
    answer = Answer()
    ask(question, tickets_of(ticket.created_at, ticket.created_at + HOUR), answer)
    assert answer.counts["all", "", "resolution", "would_be", "breached"] == 1


def test_a_phone_ticket_of_another_tool_counts_as_responded(
    ines: User, mira: User, service_desk: Team, later: Callable[..., datetime]
) -> None:
    opened = later(days=-300)
    changes = {
        "status": "new",
        "tier_id": service_desk.tier_id,
        "team_id": service_desk.pk,
        "requester_id": ines.pk,
        "opened_by_id": mira.pk,
        "channel": "phone",
        "created_at": opened,
        "tier_since": opened,
        "status_since": opened,
        "path": [1],
        "subject": "Called at night",
    }
    event = PlannedEvent(events.OPENED, opened, changes=changes, data={"imported": True})
    import_tickets([PlannedTicket("other", "1", [event])])
    question = Question.of(read(FAST), rules_in_force(), since=opened, at=later())
    answer = Answer()
    ask(question, tickets_of(opened, later()), answer)
    assert (answer.tickets, answer.recorded) == (1, 0)
    assert answer.report()["metrics"]["first_response"] == {
        side: {"met": 1, "breached": 0, "running": 0, "percent": 100.0} for side in ("was", "would_be")
    }
