import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

SAMPLES = Path(__file__).parent / "samples"
MAPPINGS = Path(__file__).parents[2] / "intake" / "mappings"
REAL = Path(__file__).parents[3] / "shared" / "data"
SERVICENOW, TEXTS = MAPPINGS / "servicenow.yml", MAPPINGS / "ticket_texts.yml"

HEADER = (
    "title", "body", "ticket_type", "category", "sub_category1", "sub_category2", "business_service",
    "urgency", "impact",
)  # fmt: skip

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(db: None, tmp_path: Path) -> Run:
    """Import a file as an operator would, and answer the report."""

    def import_tickets(file: Path, mapping: Path, **options: Any) -> dict[str, Any]:
        report = tmp_path / "report.json"
        call_command("import_tickets", file, mapping=mapping, report=report, **options)
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        assert found["rows"] == found["rows_taken"] + len(found["skipped"])
        return found

    return import_tickets


@pytest.fixture
def texts(tmp_path: Path) -> Callable[[Iterable[Iterable[str]]], Path]:
    """A file for the mapping of texts: rows of title and body, the codes filled in."""

    def write(rows: Iterable[Iterable[str]]) -> Path:
        path = tmp_path / "texts.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            for row in rows:
                writer.writerow([*row, "0", "4", "2", "7", "3", "2", "3"])
        return path

    return write
