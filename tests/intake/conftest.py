import csv
import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import Organisation, OrganisationDomain
from delivery.models import Delivery, Mail
from delivery.operations import claim, deliver
from intake.models import Mailbox
from intake.operations.receiving import Outcome, process, store
from tests.conftest import MONDAY

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
    return partial(import_tickets, tmp_path / "report.json")


def import_tickets(report: Path, file: Path, mapping: Path, **options: Any) -> dict[str, Any]:
    call_command("import_tickets", file, mapping=mapping, report=report, **options)
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    assert found["rows"] == found["rows_taken"] + len(found["skipped"])
    return found


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


# --- Mail ---

Post = Callable[..., Outcome]


@pytest.fixture
def support(db: None, northwind: Organisation) -> Mailbox:
    """The desk's mailbox. Northwind's domain is known; strangers are held."""
    OrganisationDomain.objects.create(organisation=northwind, domain="northwind.example")
    return Mailbox.objects.create(
        name="support", address="support@demo.example", is_default=True, created_at=MONDAY
    )


@pytest.fixture
def post(support: Mailbox) -> Post:
    """`post(mail(...))`: a message comes in and is filed at once; the outcome."""

    def receive(raw: bytes, *, mailbox: Mailbox | None = None, at: datetime = MONDAY) -> Outcome:
        stored = store(raw, mailbox=mailbox or support, at=at, source="test")
        return process(stored.pk, at=at)

    return receive


@pytest.fixture
def leave() -> Callable[[], list[Mail]]:
    """`leave()`: everything that is to be done after the acts so far is done; the mails that left, in order."""

    def run_all() -> list[Mail]:
        at = MONDAY + timedelta(hours=8)
        for _round in range(50):
            batch = claim(limit=500, worker="test", at=at)
            if not batch:
                break
            for delivery in batch:
                assert deliver(delivery, at=at), Delivery.objects.get(pk=delivery.pk).last_error
        return list(Mail.objects.order_by("pk"))

    return run_all
