"""What an imported audit log says of itself beside what the desk says of it: equal, or explained line by line."""

import ast
import csv
import json
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from helpdesk.truths import from_file
from insights.models import KnownTruths
from tests.conftest import MONDAY
from tests.intake.conftest import REAL, SERVICENOW, run
from tickets import operations
from tickets.models import ExternalReference, Ticket

__all__ = ["run"]

LOG = REAL / "servicenow_incident_events.csv"
COLUMNS = (
    "number incident_state active reassignment_count reopen_count sys_mod_count made_sla caller_id opened_by "
    "opened_at sys_created_by sys_created_at sys_updated_by sys_updated_at contact_type location category "
    "subcategory u_symptom cmdb_ci impact urgency priority assignment_group assigned_to knowledge "
    "u_priority_confirmation notify problem_id rfc vendor caused_by closed_code resolved_by resolved_at closed_at"
)
HEADER = COLUMNS.split()
USUAL = dict.fromkeys(HEADER, "?") | {
    "reassignment_count": "0", "reopen_count": "0", "made_sla": "TRUE", "caller_id": "Caller 1",
    "opened_at": "01-03-2016 08:00", "contact_type": "Phone", "category": "Mail", "impact": "2 - Medium",
    "urgency": "2 - Medium", "priority": "3 - Moderate", "assignment_group": "Group 70",
    "u_priority_confirmation": "FALSE",
}  # fmt: skip
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write(("INC1", "New", "08:05", {...}), ...)`: a log of 1 March 2016, each row as it was saved."""

    def to_file(*rows: tuple[str, str, str, dict[str, str]]) -> Path:
        path, saved = tmp_path / "log.csv", dict[str, int]()
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.DictWriter(file, HEADER)
            lines.writeheader()
            for number, state, clock, more in rows:
                saved[number] = saved.get(number, -1) + 1
                at = {"sys_updated_at": f"01-03-2016 {clock}", "sys_mod_count": str(saved[number])}
                lines.writerow(USUAL | {"number": number, "incident_state": state} | at | more)
        return path

    return to_file


def ended(clock: str, **more: str) -> dict[str, str]:
    return {"resolved_at": f"01-03-2016 {clock}", "closed_at": "01-03-2016 20:00", **more}


def compare(file: Path, tmp_path: Path, **options: Any) -> dict[str, dict[str, Any]]:
    """The lines by name, as they are written to a file."""
    out = tmp_path / "out.json"
    call_command("compare_truths", file, mapping=SERVICENOW, json=out, stdout=StringIO(), **options)
    lines = json.loads(out.read_text(encoding="utf-8"))
    for line in lines:
        assert list(line) == ["name", "ours", "from_file", "equal", "explained"]
        assert line["equal"] == (line["ours"] == line["from_file"])
    return {line["name"]: line for line in lines}


def two_incidents(write: Write) -> Path:
    """One is handed on, resolved, reopened and resolved again; one is resolved at once, and nobody says when."""
    moved = {"assignment_group": "Group 24", "reassignment_count": "1", "assigned_to": "Resolver 5"}
    back = moved | {"reopen_count": "1", "made_sla": "FALSE"}
    return write(
        ("INC1", "New", "08:05", ended("13:00")),
        ("INC1", "Active", "09:00", ended("13:00", **moved)),
        ("INC1", "Awaiting Problem", "09:30", ended("13:00", **moved)),
        ("INC1", "Resolved", "10:00", ended("13:00", **moved)),
        ("INC1", "Active", "11:00", ended("13:00", **back)),
        ("INC1", "Resolved", "13:00", ended("13:00", **back)),
        ("INC1", "Closed", "20:00", ended("13:00", **back)),
        ("INC2", "New", "08:00", {"closed_at": "01-03-2016 19:00", "priority": "1 - Critical"}),
        ("INC2", "Resolved", "08:30", {"closed_at": "01-03-2016 19:00", "priority": "1 - Critical"}),
        ("INC2", "Closed", "19:00", {"closed_at": "01-03-2016 19:00", "priority": "1 - Critical"}),
    )


def test_a_log_and_its_tickets_tell_the_same(write: Write, run: Any, tmp_path: Path) -> None:
    file = two_incidents(write)
    run(file, SERVICENOW)
    lines = compare(file, tmp_path)
    assert all(line["equal"] for line in lines.values())
    assert {name: lines[name]["ours"] for name in EXPECTED} == EXPECTED


EXPECTED = {
    "incidents": 2,
    "incidents of P1": 1,
    "incidents of P3": 1,
    "reassignments (changes of group from row to row)": 1,
    "reassignments (by the log's own counter)": 1,
    "reopen count": 1,
    "incidents that made their SLA": 1,
    "made_sla share": 0.5,
    "made_sla share of P2": None,
    "resolution time of P1, median (seconds)": 1800,
    "resolution time of P3, median (seconds)": 5 * 3600,
    "resolution time, 90th percentile (seconds)": 5 * 3600,
    "times state resolved was entered": 3,
    "incidents that were in state on_hold:problem": 1,
    "changes of state": 8,
    "groups that have a name": 2,
}


def test_what_the_log_counts_and_cannot_show_is_explained(write: Write, run: Any, tmp_path: Path) -> None:
    file = write(
        ("INC1", "Active", "08:05", {}),
        ("INC1", "Active", "09:00", {"reassignment_count": "1"}),
    )
    run(file, SERVICENOW)
    lines = compare(file, tmp_path)
    counter = lines["reassignments (by the log's own counter)"]
    assert (counter["ours"], counter["from_file"], counter["explained"]) == (
        0, 1,
        "INC1: in row 3 the counter rises by 1 while the group goes from Group 70 to Group 70: no update is missing "
        "between the rows.",
    )  # fmt: skip
    new = lines["incidents that were in state new"]
    assert (new["ours"], new["from_file"], new["explained"]) == (
        1, 0, "INC1: the log begins when they are open; a ticket is opened as new and goes on."
    )  # fmt: skip


def test_what_was_changed_here_since_is_said(write: Write, run: Any, tmp_path: Path, lars: Any) -> None:
    file = write(("INC1", "Active", "08:05", {}))
    run(file, SERVICENOW)
    ticket = Ticket.objects.get()
    operations.override_priority(ticket, priority=1, reason="x", by=lars, at=MONDAY)
    line = compare(file, tmp_path)["incidents of P1"]
    assert (line["ours"], line["from_file"], line["explained"]) == (
        1,
        0,
        "INC1: changed here after the import.",
    )


def test_a_difference_that_nobody_can_explain_ends_with_1(write: Write, run: Any, tmp_path: Path) -> None:
    """An incident that came into the file after it was imported."""
    run(two_incidents(write), SERVICENOW)
    file = write(("INC1", "New", "08:05", ended("13:00")), ("INC3", "New", "08:05", {}))
    with pytest.raises(CommandError, match="differ and nobody knows why"):
        compare(file, tmp_path)
    lines = {line["name"]: line for line in json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))}
    assert lines["incidents"] == {
        "name": "incidents", "ours": 1, "from_file": 2, "equal": False, "explained": ""
    }  # fmt: skip


def test_what_was_never_imported_is_not_compared(write: Write, db: None, tmp_path: Path) -> None:
    file = two_incidents(write)
    with pytest.raises(CommandError, match=r"None of the 2 incidents of log\.csv is here .* import_tickets"):
        compare(file, tmp_path)
    assert not (tmp_path / "out.json").exists()


def test_rows_that_cannot_be_read_are_left_out_and_named(write: Write, run: Any, tmp_path: Path) -> None:
    file = write(("INC1", "New", "08:05", {}), ("INC2", "New", "08:05", {"opened_at": "31-02-2016 08:00"}))
    run(file, SERVICENOW)
    said = StringIO()
    call_command("compare_truths", file, mapping=SERVICENOW, stdout=said)
    assert (
        "Left out on both sides. Row 3: opened_at is “31-02-2016 08:00”, which is no time." in said.getvalue()
    )


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [("nowhere.yml", "nowhere.yml"), ("ticket_texts.yml", "Only a log with several rows an incident")],
)
def test_a_mapping_that_is_none_of_a_log_is_refused(
    write: Write, db: None, mapping: str, sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("compare_truths", two_incidents(write), mapping=SERVICENOW.parent / mapping)


def test_a_file_that_is_not_there_is_said(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"gone\.csv cannot be read"):
        call_command("compare_truths", tmp_path / "gone.csv", mapping=SERVICENOW)


# --- The page ---


def test_what_is_kept_stands_on_a_page_for_managers(
    write: Write, run: Any, tmp_path: Path, signed_in: Any, max_: Any, lars: Any
) -> None:
    file = two_incidents(write)
    run(file, SERVICENOW)
    page = signed_in(max_).get("/insights/truths/").content.decode()
    assert "manage.py compare_truths" in page
    compare(file, tmp_path, keep=True)
    compare(file, tmp_path, keep=True)
    (kept,) = KnownTruths.objects.all()
    assert (kept.system, kept.file) == ("servicenow", "log.csv")
    page = signed_in(max_).get("/insights/truths/").content.decode()
    assert "log.csv" in page
    assert "reassignments (by the log&#x27;s own counter)" in page
    assert signed_in(lars).get("/insights/truths/").status_code == 404


# --- The two sides ---


def test_the_script_that_counts_the_file_shares_no_code_with_the_product() -> None:
    tree = ast.parse(Path(from_file.__file__).read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    imported = {
        one.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for one in node.names
    }
    imported |= {str(node.module).split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported - sys.stdlib_module_names == {"yaml"}


def test_it_runs_alone(write: Write) -> None:
    found = subprocess.run(
        [sys.executable, from_file.__file__, two_incidents(write), SERVICENOW],
        capture_output=True,
        check=True,
    )
    assert json.loads(found.stdout)["incidents"] == 2


# --- The real file ---


@pytest.mark.skipif(not LOG.exists(), reason=f"the real files are not in {REAL}")
def test_the_real_log_tells_what_its_668_tickets_tell(run: Any, tmp_path: Path) -> None:
    run(LOG, SERVICENOW)
    lines = compare(LOG, tmp_path)
    assert ExternalReference.objects.filter(system="servicenow").count() == 668
    assert {n: (line["ours"], line["from_file"]) for n, line in lines.items() if not line["equal"]} == {
        "reassignments (by the log's own counter)": (697, 699),
        "incidents that were in state new": (668, 484),
        "times state new was entered": (668, 484),
        "changes of state": (2092, 1908),
    }
    assert len(lines) == 78
    assert {name: lines[name]["ours"] for name in REAL_TRUTHS} == REAL_TRUTHS
    why = lines["reassignments (by the log's own counter)"]["explained"]
    assert "INC0000173: in row 363" in why
    assert "INC0001252: in row 3876" in why


REAL_TRUTHS = {
    "incidents": 668,
    "reassignments (changes of group from row to row)": 697,
    "reopen count": 9,
    "incidents that made their SLA": 367,
    "made_sla share": 0.5494,
    "states visited": 8,
    "resolution time of P1, median (seconds)": 1265460,
    "resolution time of P3, 90th percentile (seconds)": 2394540,
}
