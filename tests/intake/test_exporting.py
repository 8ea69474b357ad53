import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.intake.conftest import SAMPLES, SERVICENOW, TEXTS
from tickets import operations


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., str]:
    """Export as an operator would, and answer what the file holds."""

    def run(format_: str = "jsonl", **options: Any) -> str:
        out = tmp_path / "export"
        call_command("export_tickets", format=format_, out=str(out), **options)
        assert not Path(f"{out}.part").exists()
        return out.read_text(encoding="utf-8-sig")

    return run


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_has_conversation_and_history(export, ticket, ines, mira, later):
    operations.take(ticket, by=mira, at=later(minutes=5))
    operations.reply(ticket, text="Looking at it.", by=mira, at=later(minutes=6))
    operations.note(ticket, text="Profile is fine.", by=mira, at=later(minutes=7))
    [found] = lines(export())
    assert (found["number"], found["requester"]["mail"]) == (ticket.number, ines.email)
    assert [(row["kind"], row["body"]) for row in found["messages"]] == [
        ("description", "Since Friday, when I work from home."),
        ("reply", "Looking at it."),
        ("note", "Profile is fine."),
    ]
    assert [row["kind"] for row in found["history"]] == [
        "ticket.opened",
        "ticket.taken",
        "ticket.replied",
        "ticket.noted",
    ]
    assert found["history"][1]["changes"]["status"] == ["new", "open"]


def test_what_was_redacted_stays_empty(export, ticket, mira, ada, later):
    operations.reply(ticket, text="The password is swordfish.", by=ada, at=later(minutes=1))
    message = ticket.messages.get(kind="reply")
    operations.redact_message(message, reason="a password", by=ada, at=later(minutes=2))
    text = export()
    assert "swordfish" not in text
    assert lines(text)[0]["messages"][1]["redacted_at"] is not None


def test_the_filter_is_that_of_the_lists(export, ticket, open_ticket, mira, later):
    operations.take(open_ticket("Printer"), by=mira, at=later(minutes=5))
    assert [row["subject"] for row in lines(export(filter=["status=open"]))] == ["Printer"]
    assert len(lines(export(filter=["status=open,new"]))) == 2


def test_a_filter_that_means_nothing_is_refused(db, tmp_path):
    with pytest.raises(CommandError, match="There is no field “colour”"):
        call_command("export_tickets", out=str(tmp_path / "x"), filter=["colour=red"])


def test_a_cell_is_never_a_formula(export, open_ticket):
    open_ticket('=HYPERLINK("http://evil.example")')
    open_ticket("Umlaut ü, comma and שלום")
    rows = list(csv.DictReader(export("csv").splitlines()))
    assert [row["subject"] for row in rows] == [
        '\'=HYPERLINK("http://evil.example")',
        "Umlaut ü, comma and שלום",
    ]


def test_what_was_imported_is_exported_with_its_history(run, export):
    run(SAMPLES / "incidents.csv", SERVICENOW)
    found = {row["external_references"][0]["key"]: row for row in lines(export())}
    assert sorted(found) == ["INC1", "INC2", "INC3"]
    assert len(found["INC1"]["history"]) == 13
    assert found["INC1"]["path"] == ["L1", "L2", "L1"]


def test_the_number_of_queries_does_not_grow_with_the_tickets(run, export):
    run(SAMPLES / "incidents.csv", SERVICENOW)
    with CaptureQueriesContext(
        connection,
    ) as few:
        export()
    run(SAMPLES / "texts.csv", TEXTS)
    with CaptureQueriesContext(connection) as more:
        export()
    assert len(few) == len(more)
