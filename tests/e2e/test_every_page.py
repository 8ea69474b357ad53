"""Every page of every role, in light and dark, on a desk and a phone: nothing for axe to find, nothing too wide."""

import itertools
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.plugins import browser
from tests.plugins.browser import faults
from tests.test_routes import ROLES, address, house, table  # noqa: F401  (house is a fixture)

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]

NO_PAGES = frozenset(
    {
        "app.webmanifest",
        "desk/bulk/hand-over/target/",
        "desk/counts/",
        "desk/mail/<int:pk>/raw/",
        "desk/new/person/",
        "desk/palette/",
        "desk/palette/pages/",
        "desk/presence/",
        "desk/queues/<slug:name>/changes/",
        "desk/queues/<slug:name>/export.csv",
        "desk/queues/<slug:name>/summary/",
        "desk/tickets/<str:number>/articles/<int:key>/text/",
        "desk/tickets/<str:number>/canned/",
        "desk/tickets/<str:number>/complete/",
        "desk/tickets/<str:number>/hand-over/target/",
        "desk/tickets/<str:number>/macros/menu/",
        "desk/tickets/<str:number>/presence/",
        "desk/vendors/export.csv",
        "desk/views/<int:key>/changes/",
        "drafts/",
        "files/<uuid:key>/",
        "healthz",
        "help/files/<uuid:key>/",
        "insights/breaches/of/<str:number>/",
        "notices/count/",
        "people/find",
        "readyz",
        "requests/export.csv",
        "requests/new/expect/",
        "requests/new/people/",
        "requests/new/similar/",
        "settings/audit/export.csv",
        "settings/calendars/parts/",
        "settings/macros/act/",
        "settings/policies/<int:pk>/export.yml",
        "settings/policies/condition/",
        "settings/rules/<int:pk>/export.yml",
        "settings/rules/action/",
        "settings/rules/condition/",
        "settings/rules/export.yml",
        "settings/rules/try/<int:pk>/answer.json",
        "settings/what-if/<int:pk>/answer.json",
        "sw.js",
        "teams/find",
    }
)
"""Parts of pages, files, and what scripts ask for."""
WHO = {
    "requester": "ines",
    "colleague": "tomasz",
    "l1": "mira",
    "l2": "dario",
    "l3": "yuki",
    "vendor": "vera",
    "lead": "lars",
    "manager": "max_",
    "admin": "ada",
}
LOOKS = tuple(itertools.product(("light", "dark"), (1360, 390)))

SHAPE = """() => {
  const telling = /^(class|role|type|tabindex|hidden|disabled|aria-[a-z]+)$/;
  const said = ({ name, value }) => (name === "class" || name === "role" ? value : name);
  const told = (element) => {
    const words = [...element.attributes].filter(({ name }) => telling.test(name)).map(said);
    return `${element.tagName} ${words.join(" ")} ${element.textContent.trim() ? 1 : 0}`;
  };
  const of = (elements) => [...new Set(elements.map(told))].sort().join("\\n");
  const main = document.querySelector("main") ?? document.body;
  const all = [...document.body.querySelectorAll("*")];
  return [of(all.filter((each) => main.contains(each))), of(all.filter((each) => !main.contains(each)))];
}"""
"""What a page is made of: its main part and what is around it. Rows and words that differ make no other page."""
looked_at: set[str] = set()
"""Mains by their routes, and what is around them: what several roles see alike is looked at for the first of them."""


@pytest.fixture(autouse=True)
def in_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "looked_in", itertools.cycle([LOOKS]))


@pytest.mark.parametrize("role", list(WHO))
def test_axe_finds_nothing(
    visit: Callable[..., Page],
    request: pytest.FixtureRequest,
    house: dict[str, str],  # noqa: F811
    role: str,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    user: User = request.getfixturevalue(WHO[role])
    page = visit(user)
    wrong: dict[str, list[str]] = {}
    opened = looked = 0
    for route in pages_of(role):
        where = address(route, house)
        page.goto(where)
        expect(page.locator("html.js")).to_be_attached()
        opened += 1
        main, around = page.evaluate(SHAPE)
        parts = {f"{route}\n{main}", around}
        if looked_at.issuperset(parts):
            continue
        looked_at.update(parts)
        looked += 1
        if found := faults(page):
            wrong[where] = found
    record_testsuite_property(
        f"pages of {role}", f"{opened} opened, {looked} looked at in {len(LOOKS)} looks"
    )
    assert wrong == {}


def test_axe_finds_nothing_in_the_pages_of_the_api(visit: Callable[..., Page], max_: User) -> None:
    page = visit(max_)
    page.goto("/api/v1/docs/")
    expect(page.get_by_role("heading", name="breaches")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("heading", name="breaches").click()
    for name in ("list_breaches", "name_breach_cause"):
        page.locator(f"#operations-breaches-{name} .opblock-summary-control").click()
        expect(page.get_by_role("heading", name="Responses").last).to_be_visible()
    assert faults(page) == []


def pages_of(role: str) -> list[str]:
    """What this role may open."""
    column = ROLES.index(role)
    return [route for route, statuses in table().items() if statuses[column] == 200 and route not in NO_PAGES]
