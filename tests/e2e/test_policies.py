"""A policy set up in a browser, and the pages of policies seen in both looks and sizes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from sla.models import Policy
from sla.spec import from_json
from tests.plugins.browser import faults
from tickets.models import Ticket

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def test_a_policy_is_built_looked_at_saved_and_tested(
    visit: Callable[..., Page], ada: User, ticket: Ticket
) -> None:
    page = visit(ada)
    page.goto("/settings/policies/new/")
    page.get_by_label("Name", exact=True).fill("Proactive")
    page.locator("#id_c0-field").select_option("plan")
    page.locator("#id_c0-value-ts-control").click()
    page.locator("#id_c0-value-ts-dropdown [role=option]", has_text="proactive").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="One more row").click()
    page.locator("#id_c1-field").select_option("kind")
    expect(page.locator("#id_c1-op")).to_have_value("is")
    page.locator("#id_c1-field").select_option("")
    expect(page.locator("#id_c1-op")).to_have_count(0)
    page.get_by_label("P4 first response", exact=True).fill("2d")
    page.get_by_label("P4 resolution", exact=True).fill("1d")
    page.get_by_role("button", name="See what it changes").click()
    expect(page.get_by_text("is shorter than the first response")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Proactive is in use")).to_be_visible()
    made = Policy.objects.select_related("current").get(name="Proactive")
    assert made.current is not None
    assert from_json(made.current.spec).when == {
        "all": [{"field": "plan", "op": "is", "value": ["proactive"]}]
    }
    for address in ("", f"{made.pk}/", f"{made.pk}/versions/", "import/"):
        page.goto(f"/settings/policies/{address}")
        assert faults(page) == []
    page.goto("/settings/policies/test/")
    page.get_by_label("Ticket", exact=True).fill(ticket.number)
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text("It is judged by Proactive.")).to_be_visible()
    assert faults(page) == []
