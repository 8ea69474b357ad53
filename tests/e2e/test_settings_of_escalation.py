"""A webhook is made and tried, a team's cover is looked at and saved, also what only the answer to a form shows."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Team, User
from delivery.models import Webhook
from escalation.models import TeamWork
from tests.plugins.browser import faults

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]

Visit = Callable[..., Page]


def test_a_webhook_shows_its_secret_once_and_is_tried(visit: Visit, ada: User) -> None:
    page = visit(ada)
    page.goto("/settings/webhooks/new/")
    page.get_by_label("Name").fill("Pager")
    page.get_by_label("Address").fill("https://pager.example.com/in")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Secret")).to_have_value(Webhook.objects.get().secret)
    assert faults(page) == []
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("The test is under way")).to_be_visible()
    assert faults(page) == []


def test_a_teams_cover_is_looked_at_before_it_is_saved(visit: Visit, ada: User, service_desk: Team) -> None:
    night = Team.objects.create(name="Night desk", tier_id=1)
    page = visit(ada)
    page.goto(f"/settings/teams/{service_desk.pk}/cover/")
    page.get_by_label("The team works").select_option(label="Business hours")
    page.get_by_label("Outside these hours covered by").select_option(label="Night desk")
    page.get_by_role("button", name="See who would have it").click()
    expect(page.get_by_role("heading", name=re.compile("if you save this"))).to_be_visible()
    expect(page.get_by_role("cell", name="Night desk").first).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It holds for what arrives from now on.")).to_be_visible()
    assert TeamWork.objects.get(team=service_desk).covered_by == night
