"""Every page in each look and size: nothing for axe to find, nothing wider than the screen, no errors."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.models import User
from helpdesk.local.places import BASE_DIR
from tests.test_routes import address, house, table  # noqa: F401  (house is a fixture)

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]

AXE = BASE_DIR / "node_modules/axe-core/axe.min.js"
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
)
WHO = {"requester": "ines", "l1": "lars", "vendor": "vera", "admin": "ada"}
COLUMNS = {"requester": 1, "l1": 8, "vendor": 7, "admin": 10}


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: make assets")
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
    wrong: dict[str, Any] = {}
    for route, statuses in table().items():
        if statuses[COLUMNS[role]] != 200 or any(part in route for part in NOT_PAGES):
            continue
        where = address(route, house)
        page.goto(where)
        page.wait_for_load_state("networkidle")
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        if found:
            wrong[where] = [(each["id"], each["nodes"][0]["html"][:160]) for each in found]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.setdefault(where, []).append("wider than the screen")
    assert wrong == {}
