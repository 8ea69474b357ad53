"""The page of known truths, with what a comparison found on it."""

from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from insights.operations.truths import keep_truths
from tests.conftest import MONDAY
from tests.e2e.conftest import Visit
from tests.plugins.browser import faults

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]

WHY = "INC0000173: in row 363 the counter rises by 1 while the group stays Group 23: no update is missing."
LINES: list[dict[str, Any]] = [
    {"name": "incidents", "ours": 668, "from_file": 668, "equal": True, "explained": ""},
    {"name": "made_sla share", "ours": 0.5494, "from_file": 0.5494, "equal": True, "explained": ""},
    {
        "name": "resolution time of P3, median (seconds)",
        "ours": 191160,
        "from_file": 191160,
        "equal": True,
        "explained": "",
    },
    {
        "name": "last opening",
        "ours": None,
        "from_file": "2016-03-02T15:33:00+00:00",
        "equal": False,
        "explained": "",
    },
    {
        "name": "reassignments (by the log's own counter)",
        "ours": 697,
        "from_file": 699,
        "equal": False,
        "explained": WHY,
    },
]


def test_what_differs_stands_first_and_axe_finds_nothing(visit: Visit, max_: User) -> None:
    keep_truths(system="servicenow", file="servicenow_incident_events.csv", lines=LINES, at=MONDAY)
    page = visit(max_)
    page.goto("/insights/truths/")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(len(LINES))
    expect(rows.nth(0)).to_contain_text("2 Mar 2016")
    expect(rows.nth(0)).to_contain_text("not explained")
    expect(rows.nth(1)).to_contain_text("INC0000173")
    expect(page.get_by_role("row", name="made_sla share")).to_contain_text("55 %")
    assert faults(page) == []
