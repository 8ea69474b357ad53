"""Every page in each look and size: nothing for axe to find, nothing wider than the screen, no errors."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.plugins.browser import faults
from tests.test_routes import ROLES, address, house, table  # noqa: F401  (house is a fixture)

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]

NOT_PAGES = (
    "healthz",
    "readyz",
    "drafts/",
    "breaches/of/",
    "/complete/",
    "/changes/",
    "presence/",
    "desk/palette/",
    "notices/count/",
    "/find",
    ".csv",
    "counts/",
    "/fields/",
    "files/",
    "canned/",
    "macros/menu/",
    "macros/act/",
    "new/people/",
    "new/similar/",
    "new/expect/",
    "sw.js",
    ".webmanifest",
    "desk/new/person/",
    "calendars/parts/",
    "policies/condition/",
    "rules/condition/",
    "rules/action/",
    ".yml",
    ".json",
    "hand-over/target/",
    "articles/<int:key>/text/",
    "/raw/",
    "/summary/",
)
WHO = {"requester": "ines", "lead": "lars", "vendor": "vera", "admin": "ada"}


@pytest.mark.parametrize("role", list(WHO))
def test_axe_finds_nothing(
    visit: Callable[..., Page],
    request: pytest.FixtureRequest,
    house: dict[str, str],  # noqa: F811
    role: str,
) -> None:
    user: User = request.getfixturevalue(WHO[role])
    page = visit(user)
    wrong: dict[str, list[str]] = {}
    for route in pages_of(role):
        where = address(route, house)
        page.goto(where)
        expect(page.locator("html.js")).to_be_attached()
        if found := faults(page):
            wrong[where] = found
    assert wrong == {}


def pages_of(role: str) -> list[str]:
    """What this role may open; of an administrator's pages only those that no lead sees."""
    column, lead = ROLES.index(role), ROLES.index("lead")
    return [
        route
        for route, statuses in table().items()
        if statuses[column] == 200
        and not (role == "admin" and statuses[lead] == 200)
        and not any(part in route for part in NOT_PAGES)
    ]
