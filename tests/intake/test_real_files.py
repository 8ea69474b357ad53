"""The two real files, counted a second time by plain Python that shares nothing with the importer."""

import csv
import itertools
from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest
from django.db import transaction

from delivery.models import Delivery
from tests.intake.conftest import REAL, SERVICENOW, TEXTS, import_tickets
from tickets.models import Event, ExternalReference, Message, Ticket
from tickets.state import check

LOG, WORDS = REAL / "servicenow_incident_events.csv", REAL / "it_ticket_texts.csv"

pytestmark = [
    pytest.mark.skipif(not LOG.exists(), reason=f"the real files are not in {REAL}"),
    pytest.mark.xdist_group("real files"),
]


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def moment(cell):
    return datetime.strptime(cell, "%d-%m-%Y %H:%M").replace(tzinfo=UTC)


def groups_of(rows):
    """When the group changed; a time before the opening counts as the opening."""
    opened = moment(rows[0]["opened_at"])
    pairs = itertools.pairwise(rows)
    return [
        max(opened, moment(after["sys_updated_at"]))
        for before, after in pairs
        if before["assignment_group"] != after["assignment_group"]
    ]


def groups_in(history):
    return [event.at for event in history if event.kind == "escalation.handed_over"]


STATES = {
    "New": "new",
    "Active": "open",
    "Awaiting User Info": "pending_requester",
    "Awaiting Vendor": "pending_vendor",
    "Awaiting Problem": "on_hold",
    "Awaiting Evidence": "on_hold",
    "Resolved": "resolved",
    "Closed": "closed",
}


def states_of(rows):
    opened, now, found = moment(rows[0]["opened_at"]), "new", []
    for row in rows:
        state = STATES[row["incident_state"]]
        if state != now:
            found.append((state, max(opened, moment(row["sys_updated_at"]))))
            now = state
    return found


def states_in(history):
    return [(event.changes["status"][1], event.at) for event in history[1:] if "status" in event.changes]


def priorities_of(rows):
    opened, now, found = moment(rows[0]["opened_at"]), int(rows[0]["priority"][0]), []
    for row in rows:
        if int(row["priority"][0]) != now:
            now = int(row["priority"][0])
            found.append((now, max(opened, moment(row["sys_updated_at"]))))
    return found


def priorities_in(history):
    return [(event.changes["priority"][1], event.at) for event in history[1:] if "priority" in event.changes]


@pytest.fixture(scope="class")
def imported(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), transaction.atomic():
        yield import_tickets(tmp_path_factory.mktemp("log") / "report.json", LOG, SERVICENOW)
        transaction.set_rollback(True)


@pytest.fixture
def report(imported, db):
    """What the import of the whole log said; its tickets are there."""
    return imported


class TestTheAuditLog:
    """One import serves all."""

    def test_the_audit_log_becomes_668_tickets_with_their_true_history(self, report):
        incidents = defaultdict(list)
        for row in rows_of(LOG):
            incidents[row["number"]].append(row)

        assert (report["rows"], report["tickets"], report["skipped"]) == (4570, 668, [])
        assert (Ticket.objects.count(), report["events"]) == (len(incidents), Event.objects.count())
        assert Delivery.objects.count() == 0
        numbers = dict(ExternalReference.objects.values_list("key", "ticket_id"))
        told = defaultdict(list)
        for event in Event.objects.order_by("id"):
            told[event.ticket_id].append(event)
        for ticket in Ticket.objects.all():
            assert check(ticket, told[ticket.pk]) == [], ticket
        for number, rows in incidents.items():
            history = told[numbers[number]]
            assert groups_in(history) == groups_of(rows), number
            assert states_in(history) == states_of(rows), number
            assert priorities_in(history) == priorities_of(rows), number

    def test_the_reassignments_equal_the_files_or_the_report_says_why(self, report):
        last, changes = {}, Counter()
        for row in rows_of(LOG):
            before = last.get(row["number"])
            changes[row["number"]] += (
                before is not None and before["assignment_group"] != row["assignment_group"]
            )
            last[row["number"]] = row
        counted = Counter(int(row["reassignment_count"]) for row in last.values())

        report = report["reassignments"]

        assert report["file_column"] == {str(key): counted[key] for key in sorted(counted)}
        assert report["events"] == report["file_rows"]
        assert report["events"] == {
            str(key): number for key, number in sorted(Counter(changes.values()).items())
        }
        differing = {key for key, row in last.items() if int(row["reassignment_count"]) != changes[key]}
        assert {entry["key"] for entry in report["differs"]} == differing == {"INC0000173", "INC0001252"}
        assert all(entry["why"] for entry in report["differs"])

    @pytest.mark.usefixtures("report")
    def test_resolved_and_closed_are_when_the_log_says(self):
        last = {row["number"]: row for row in rows_of(LOG)}
        rows = ExternalReference.objects.select_related("ticket").filter(system="servicenow")
        for reference in rows:
            row, ticket = last[reference.key], reference.ticket
            assert ticket.created_at == moment(row["opened_at"])
            assert ticket.closed_at == moment(row["closed_at"])
            if row["resolved_at"] != "?":
                assert ticket.resolved_at == moment(row["resolved_at"]), reference.key
            assert ticket.reopen_count == int(row["reopen_count"]), reference.key


@pytest.mark.long
def test_the_texts_become_4074_tickets_that_keep_every_word(run):
    assert all_words_are_kept(run(WORDS, TEXTS), rows_of(WORDS)) == 4074


def test_a_part_of_the_texts_keeps_every_word(run, tmp_path):
    """Every eighth row, that is from the whole file."""
    rows = rows_of(WORDS)[::8]
    part = tmp_path / "part.csv"
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert all_words_are_kept(run(part, TEXTS), rows) == len(rows) > 500


def all_words_are_kept(report, rows):
    """How many tickets have been made of these rows."""
    assert (report["rows"], report["skipped"]) == (len(rows), [])
    bodies = Message.objects.filter(kind="description").values_list("body", flat=True)
    assert Counter(bodies) == Counter(row["body"].strip() for row in rows)
    titled = Counter(" ".join(row["title"].split()) for row in rows if row["title"].strip())
    assert not titled - Counter(Ticket.objects.values_list("subject", flat=True))
    assert not Ticket.objects.filter(subject="").exists()
    return report["tickets"]
