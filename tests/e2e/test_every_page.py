"""Every page in each look and size: nothing for axe to find, nothing wider than the screen, no errors."""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.plugins.browser import axe_violations
from tests.test_routes import ROLES, address, house, table  # noqa: F401  (house is a fixture)

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
WHO = {"requester": "ines", "lead": "lars", "vendor": "vera", "admin": "ada"}
LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1360), ("dark", 390))
"""Both looks and both sizes, in two steps: what one of them breaks shows in either."""


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
        for scheme, width in LOOKS:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 860})
            found = axe_violations(page)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append("wider than the screen")
            if found:
                wrong[f"{where} {scheme} {width}"] = found
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
