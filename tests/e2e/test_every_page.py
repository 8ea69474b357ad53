"""Every page in each look and size: nothing for axe to find, nothing wider than the screen, no errors."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from accounts.models import User
from tests.plugins.browser import axe_violations
from tests.test_routes import address, house, table  # noqa: F401  (house is a fixture)

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]

NOT_PAGES = (
    "healthz",
    "readyz",
    "/find",
    ".csv",
    "counts/",
    "/fields/",
    "files/",
    "canned/",
    "new/people/",
    "new/similar/",
    "desk/new/person/",
    "calendars/parts/",
    "policies/condition/",
    "rules/condition/",
    "rules/action/",
    ".yml",
    ".json",
    "hand-over/target/",
)
WHO = {"requester": "ines", "l1": "lars", "vendor": "vera", "admin": "ada"}
COLUMNS = {"requester": 1, "l1": 8, "vendor": 7, "admin": 10}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 390])
@pytest.mark.parametrize("role", list(WHO))
def test_axe_finds_nothing(
    visit: Callable[..., Page],
    request: pytest.FixtureRequest,
    house: dict[str, str],  # noqa: F811
    role: str,
    width: int,
    scheme: str,
) -> None:
    user: User = request.getfixturevalue(WHO[role])
    page = visit(user, viewport={"width": width, "height": 860}, color_scheme=scheme)
    wrong: dict[str, list[str]] = {}
    for route, statuses in table().items():
        if statuses[COLUMNS[role]] != 200 or any(part in route for part in NOT_PAGES):
            continue
        where = address(route, house)
        page.goto(where)
        page.wait_for_load_state("networkidle")
        if found := axe_violations(page):
            wrong[where] = found
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.setdefault(where, []).append("wider than the screen")
    assert wrong == {}
