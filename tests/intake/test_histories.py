"""Snapshots of another tool become the history that they show."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Team, User
from delivery.models import Delivery
from escalation.models import Handoff
from tests.intake.conftest import SAMPLES, SERVICENOW, Run
from tickets import operations
from tickets.models import FAR, Channel, Event, Message, Status, Ticket
from tickets.state import check, fold

INCIDENTS = SAMPLES / "incidents.csv"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2016, 3, day, hour, minute, tzinfo=UTC)


def ticket(key: str) -> Ticket:
    return Ticket.objects.get(external_references__key=key, external_references__system="servicenow")


@pytest.fixture
def report(run: Run) -> dict[str, Any]:
    return run(INCIDENTS, SERVICENOW)


def test_every_row_is_taken_or_skipped_with_its_reason(report):
    assert (report["rows"], report["rows_taken"], report["tickets"]) == (16, 14, 3)
    assert report["unchanged_snapshots"] == 3
    assert [entry["row"] for entry in report["skipped"]] == [16, 17]
    assert "opened_at is “31-02-2016 11:00”" in report["skipped"][0]["reason"]
    assert "10 cells, the header has 36" in report["skipped"][1]["reason"]


def test_each_change_is_told_at_its_own_time(report):
    told = [(event.kind, event.at) for event in ticket("INC1").events.order_by("id")]
    assert told == [
        ("ticket.opened", at(1, 8)),
        ("ticket.assigned", at(1, 9)),
        ("ticket.changed", at(2, 9)),
        ("escalation.handed_over", at(2, 9)),
        ("ticket.assigned", at(2, 10)),
        ("ticket.held", at(2, 10)),
        ("ticket.resolved", at(3, 10)),
        ("escalation.handed_over", at(3, 12)),
        ("ticket.released", at(3, 12)),
        ("ticket.reopened", at(3, 12)),
        ("ticket.resolved", at(4, 10)),
        ("ticket.closed", at(9, 10)),
        ("ticket.imported", at(9, 10)),
    ]


def test_the_history_folds_to_the_row(report):
    assert [check(row) for row in Ticket.objects.all()] == [[], [], []]


def test_the_row_stands_as_the_last_snapshot_says(report):
    row = ticket("INC1")
    assert (row.status, row.close_reason, row.reopen_count) == (Status.CLOSED, "imported", 1)
    assert (row.resolved_at, row.closed_at, row.created_at) == (at(4, 10), at(9, 10), at(1, 8))
    assert (row.impact, row.urgency, row.priority, row.priority_confirmed) == (1, 1, 1, True)
    assert (row.path, row.handoff_count, row.tier_since) == ([1, 2, 1], 2, at(3, 12))
    assert (row.changed_at, row.status_since, row.assignee) == (at(9, 10), at(9, 10), None)
    assert (row.channel, row.next_due_at) == (Channel.PHONE, FAR)
    assert str(row.category) == "Mail › Sending"
    assert row.subject == "Bounces · Sending · Mail"


def test_folding_to_a_moment_shows_the_ticket_as_it_stood(report):
    events = list(ticket("INC1").events.order_by("id"))
    held = next(event for event in events if event.kind == "ticket.held")
    state = fold(events, until=held.pk)
    assert (state.status, state.hold_reason, state.hold_until) == (Status.ON_HOLD, "problem", at(3, 10))
    assert (state.priority, state.tier_id, state.path) == (1, 2, (1, 2))


def test_a_group_change_is_a_hand_off_that_nobody_has_to_accept(report):
    there, back = Handoff.objects.filter(ticket=ticket("INC1")).order_by("id")
    assert (there.from_team.name, there.to_team.name, there.at) == ("Group 70", "Group 24", at(2, 9))
    assert (there.from_tier, there.to_tier, back.from_tier, back.to_tier) == (1, 2, 2, 1)
    assert {there.state, back.state} == {Handoff.State.ACCEPTED}
    event = Event.objects.get(kind="escalation.handed_over", data__handoff=there.pk)
    assert (event.message, event.by.name) == (there.summary, "Updated by 8")


def test_an_unknown_group_becomes_a_team_by_the_rule(report):
    assert list(Team.objects.order_by("name").values_list("name", "tier_id")) == [
        ("Group 24", 2),
        ("Group 70", 1),
        ("Group not known", 1),
        ("Service desk", 1),
    ]
    assert report["created"]["teams"] == ["Group 24 (L2)", "Group 70 (L1)", "Group not known (L1)"]


def test_people_of_the_file_cannot_log_in(report):
    caller = User.objects.get(email="caller-1@servicenow.example")
    resolver = User.objects.get(email="resolver-3@servicenow.example")
    assert (caller.name, caller.is_active, caller.has_usable_password()) == ("Caller 1", True, False)
    assert (resolver.is_active, resolver.seats) == (False, [])


def test_values_that_the_mapping_does_not_list_take_its_rule_and_are_counted(report):
    row = ticket("INC2")
    assert (row.status, row.channel, row.requester.name) == (Status.OPEN, "import", "Caller not known")
    assert {note["note"]: note["rows"] for note in report["notes"]} == {
        "The channel “Pigeon” is not in the mapping: taken as import.": 2,
        "The state “On the moon” is not in the mapping: taken as open.": 1,
    }


def test_a_row_older_than_the_opening_is_dated_at_the_opening(report):
    events = list(ticket("INC2").events.order_by("id").values_list("kind", "at"))
    assert events == [
        ("ticket.opened", at(1, 9)),
        ("ticket.changed", at(1, 9)),
        ("ticket.imported", at(1, 9)),
    ]
    assert {
        "row": 11,
        "key": "INC2",
        "text": "It is 90 min older than the opening; dated at the opening.",
    } in (report["warnings"])


def test_times_that_contradict_each_other_are_kept_and_told(report):
    row = ticket("INC3")
    assert (row.resolved_at, row.closed_at, row.status) == (at(1, 13), at(1, 12, 30), Status.CLOSED)
    texts = [warning["text"] for warning in report["warnings"] if warning["key"] == "INC3"]
    assert texts == [
        "Its time is 5 min before row 13's: the order of the file was kept.",
        "It was closed before it was resolved; both times were kept as they are.",
    ]


def test_the_counts_of_reassignments_agree_or_the_report_says_why(report):
    assert report["reassignments"] == {
        "events": {"0": 2, "2": 1},
        "file_column": {"0": 1, "1": 1, "2": 1},
        "file_rows": {"0": 2, "2": 1},
        "differs": [
            {
                "key": "INC2",
                "events": 0,
                "file_rows": 0,
                "file_column": 1,
                "why": "Row 12: reassignment_count goes from 0 to 1 although the group stays unknown: one unknown "
                "group may have followed another.",
            }
        ],
    }


def test_what_has_no_column_is_kept_as_the_desks_note(report):
    note = Message.objects.get(ticket=ticket("INC1"), kind="note")
    assert note.audience == "internal"
    assert (
        "- Close code: code 6\n- Resolved by: Resolved by 4\n- Made SLA: FALSE\n- Problem: PRB 1" in note.body
    )


def test_nothing_leaves(report):
    assert Delivery.objects.count() == 0


def test_importing_again_imports_nothing(report, run):
    before = (Ticket.objects.count(), Event.objects.count(), User.objects.count(), Team.objects.count())
    again = run(INCIDENTS, SERVICENOW)
    assert (
        Ticket.objects.count(),
        Event.objects.count(),
        User.objects.count(),
        Team.objects.count(),
    ) == before
    assert (again["tickets"], again["events"], again["rows_taken"], again["already_imported"]) == (0, 0, 0, 3)
    assert again["reassignments"] == report["reassignments"]
    reasons = {entry["row"]: entry["reason"] for entry in again["skipped"]}
    assert reasons[2] == f"INC1 was imported before, as {ticket('INC1').number}."


def test_a_dry_run_writes_nothing_and_reports_the_same(run):
    planned = run(INCIDENTS, SERVICENOW, dry_run=True)
    assert (Ticket.objects.count(), User.objects.count(), Team.objects.count()) == (0, 0, 1)
    carried_out = run(INCIDENTS, SERVICENOW)
    for figure in ("rows", "tickets", "events", "skipped", "warnings", "reassignments", "created"):
        assert planned[figure] == carried_out[figure], figure


def test_rows_of_a_ticket_that_do_not_stand_together_are_brought_together(run, tmp_path):
    header, *rows = INCIDENTS.read_text(encoding="utf-8").splitlines()
    mixed = tmp_path / "mixed.csv"
    apart = [rows[9], rows[11], *rows[:9], rows[10], rows[13]]
    mixed.write_text("\n".join([header, *apart]) + "\n", encoding="utf-8")
    report = run(mixed, SERVICENOW)
    assert (report["tickets"], report["rows_taken"]) == (3, 13)
    assert ticket("INC1").events.count() == 13


def test_the_size_of_a_batch_changes_nothing(run):
    report = run(INCIDENTS, SERVICENOW, batch=1)
    assert (report["tickets"], report["rows_taken"]) == (3, 14)


def test_a_hold_that_goes_on_does_not_end_the_moment_after_the_import(run, tmp_path):
    header, *rows = INCIDENTS.read_text(encoding="utf-8").splitlines()
    held = tmp_path / "held.csv"
    held.write_text("\n".join([header, *rows[:5]]) + "\n", encoding="utf-8")
    assert run(held, SERVICENOW)["open_tickets"] == 1
    row = ticket("INC1")
    assert (row.status, row.hold_reason, row.next_due_at) == (Status.ON_HOLD, "problem", FAR)
    assert row.hold_until > timezone.now() + timedelta(days=29)
    assert operations.end_holds(at=timezone.now()) == 0
