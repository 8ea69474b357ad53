"""`make screenshots`: the pictures of the README and the guides, taken from the demo company.

Uses the demo that runs on PORT, or starts one and stops it again. `--out FOLDER` puts them elsewhere. With `--all` it
takes every page instead, in each look and size (see scripts/every_picture.py), into `.local/pictures`.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

from helpdesk.local.demo import PASSWORD
from helpdesk.local.places import BASE_DIR, LOCAL
from scripts import every_picture
from tests.plugins.browser import NO_BROWSER, executable, launch

DESK: ViewportSize = {"width": 1360, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}

WALL: ViewportSize = {"width": 1920, "height": 1080}
MAIL = "mail:"
SIZES = {"desk": DESK, "phone": PHONE, "wall": WALL}

VPN_SCRIPT = "main a:has-text('trouble with the VPN')"
VPN_RUNS = "main li:has-text('trouble with the VPN') a:has-text('run')"
IN_USE = "tr:not(:has-text('not in use'))"

# name, who, address, look; an address with "|" follows the first link that matches the selector behind it, and what
# stands behind a second "|" is added to that address. "mail:" is a link with this path in a mail of the outbox. "whole"
# takes the page to its end.
SHOTS = (
    ("login", None, "/accounts/login/", "light desk"),
    ("portal", "requester", "/", "light desk"),
    ("portal-phone", "requester", "/", "light phone"),
    ("filing", "requester", "/requests/new/", "light desk"),
    ("filing-phone", "requester", "/requests/new/", "dark phone"),
    ("requests", "requester", "/requests/", "light desk"),
    ("request", "requester", "/requests/|a.list-row, main a[href*='/requests/TD-']", "light desk"),
    ("request-phone", "requester", "/requests/|a.list-row, main a[href*='/requests/TD-']", "light phone"),
    ("queue", "l1", "/desk/queues/tier-1/", "light desk"),
    ("queue-dark", "l1", "/desk/queues/tier-1/", "dark desk"),
    ("queue-phone", "l1", "/desk/queues/tier-1/", "light phone"),
    ("ticket", "l1", "/desk/queues/replies/|td.cell-main a", "light desk"),
    ("ticket-dark", "l2", "/desk/queues/handed/|td.cell-main a", "dark desk"),
    ("ticket-phone", "l2", "/desk/queues/handed/|td.cell-main a", "light phone"),
    ("board", "manager", "/desk/board/", "light desk whole"),
    ("board-dark", "lead", "/desk/board/", "dark desk whole"),
    ("board-phone", "lead", "/desk/board/", "light phone"),
    ("board-now", "lead", "/desk/board/", "light desk"),
    ("wall", "manager", "/desk/board/?wall=1", "dark wall"),
    ("morning", "manager", "/insights/morning/", "light desk"),
    ("insights", "manager", "/insights/?period=90", "light desk whole"),
    ("insights-phone", "manager", "/insights/?period=90", "dark phone"),
    ("insights-tiers", "manager", "/insights/tiers/?period=90", "light desk whole"),
    ("promises", "manager", "/insights/promises/?period=90", "dark desk whole"),
    ("breaches", "manager", "/insights/breaches/?period=90", "light desk"),
    ("report", "manager", "/insights/reports/|main .list-row a", "light desk whole"),
    ("month", "manager", "/insights/months/|main .list-row a", "light desk whole"),
    ("clocks", "l1", "/desk/queues/replies/|td.cell-main a|clocks/", "light desk"),
    ("vendor", "vendor", "/desk/queues/my-teams/|td.cell-main a", "light desk"),
    ("caller", "l1", "/desk/new/", "light desk"),
    ("handing", "l1", "/desk/queues/mine/|td.cell-main a|hand-over/", "light desk whole"),
    ("vendors", "l1", "/desk/vendors/", "light desk"),
    ("load", "lead", "/desk/load/", "light desk"),
    ("shift", "l1", "/desk/shift/", "light desk"),
    ("rules", "manager", "/settings/rules/", "light desk"),
    ("rule", "manager", f"/settings/rules/|{IN_USE} a.subj", "light desk whole"),
    ("trial", "manager", "/settings/rules/try/", "light desk"),
    ("why", "manager", f"/settings/rules/|{IN_USE} a[href$='/did/']", "dark desk"),
    ("help", "requester", "/help/", "light desk"),
    ("article-search", "requester", "/help/search/?q=vpn+dorps", "light desk"),
    (
        "suggested",
        "requester",
        "/requests/new/?subject=My%20VPN%20drops%20every%2020%20minutes",
        "light desk",
    ),
    ("article-editor", "lead", "/desk/articles/?q=full+mailbox|main tbody a|edit/", "light desk"),
    ("article-versions", "lead", "/desk/articles/?q=full+mailbox|main tbody a|versions/", "light desk"),
    ("prevented", "manager", "/desk/articles/prevented/", "light desk"),
    ("gaps", "lead", "/desk/articles/gaps/", "light desk"),
    ("script", "lead", f"/desk/sops/|{VPN_SCRIPT}|edit/", "light desk"),
    ("script-numbers", "lead", f"/desk/sops/|{VPN_RUNS}", "light desk"),
    ("script-run", "l1", "/desk/queues/mine/|td.cell-main a:has-text('ailbox')|scripts/", "light desk"),
    (
        "announcement",
        "lead",
        "/desk/announcements/?show=all|main .list-row a:has-text('VPN client')",
        "light desk whole",
    ),
    ("problem", "l2", "/desk/queues/mine/|td.cell-main a:has-text('rekey')|problem/", "dark desk"),
    ("satisfaction", "manager", "/insights/satisfaction/?period=90", "light desk whole"),
    ("survey-phone", None, "mail:/survey/", "light phone"),
    ("shift-left", "manager", "/insights/shift-left/", "light desk"),
    ("candidates", "manager", "/insights/candidates/|main tbody a", "light desk whole"),
    ("outbox", "admin", "/settings/outbox/", "light desk"),
    ("people", "admin", "/settings/people/", "light desk"),
    ("tiers", "admin", "/settings/tiers/", "light desk"),
)


THEN = {
    "trial": ("button:has-text('Try them')", "#rows tbody tr"),
    "why": ("main a[href*='/why/']", "h1:has-text('Why?')"),
}
"""What is pressed before the picture, and what is waited for then."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", type=Path)
    arguments.add_argument("--only", default="", help="names, with commas; with --all roles")
    arguments.add_argument("--all", action="store_true", help="every page, to be looked at")
    given = arguments.parse_args()
    if executable() is None:
        sys.exit(NO_BROWSER)
    only = set(filter(None, given.only.split(",")))
    if given.all:
        return take_every_page(given.out or LOCAL / "pictures", only)
    to = given.out or BASE_DIR / "docs" / "images"
    to.mkdir(parents=True, exist_ok=True)
    with demo() as url, sync_playwright() as playwright:
        browser = launch(playwright)
        states: dict[str, StorageState] = {}
        for name, who, address, look in SHOTS:
            if not only or name in only:
                shoot(browser, url, to / f"{name}.png", who, address, look, states)
        browser.close()
    return 0


def take_every_page(to: Path, only: set[str]) -> int:
    troubles: list[str] = []
    seen: set[str] = set()
    with demo() as url, sync_playwright() as playwright:
        browser = launch(playwright)
        for role in every_picture.STARTS:
            if only and role not in only:
                continue
            context = browser.new_context(base_url=url)
            page = context.new_page()
            log_in(page, role)
            page.close()
            troubles += every_picture.take_all(role, context, to / role, seen)
            context.close()
        browser.close()
    print(*troubles, f"{len(seen)} pages in {to}, {len(troubles)} troubles", sep="\n")
    return 1 if troubles else 0


def shoot(
    browser: Browser,
    url: str,
    to: Path,
    who: str | None,
    address: str,
    look: str,
    states: dict[str, StorageState],
) -> None:
    theme, size, *whole = look.split()
    context = browser.new_context(
        base_url=url,
        viewport=SIZES[size],
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        storage_state=states.get(who or ""),
    )
    page = context.new_page()
    if who and who not in states:
        log_in(page, who)
        states[who] = context.storage_state()
    first, link, more = [*address.split("|"), "", ""][:3]
    if first.startswith(MAIL):
        first = link_in_a_mail(browser, url, first.removeprefix(MAIL), states)
        if not first:
            print(f"{to.stem}: no mail of this demo's last day has such a link; the old picture stays.")
            return
    page.goto(first)
    if link:
        page.goto(f"{page.locator(link).first.get_attribute('href') or first}{more}")
    page.wait_for_load_state("networkidle")
    if to.stem in THEN:
        pressed, shown = THEN[to.stem]
        page.locator(pressed).first.click()
        page.locator(shown).first.wait_for(timeout=120_000)
    page.screenshot(path=to, full_page=bool(whole))
    context.close()
    print(to)


def link_in_a_mail(browser: Browser, url: str, path: str, states: dict[str, StorageState]) -> str:
    """The last such link of the newest mail that has one, else nothing. The demo runs with DEBUG, so the outbox shows
    whole links.
    """
    context = browser.new_context(base_url=url, storage_state=states.get("admin"))
    page = context.new_page()
    if "admin" not in states:
        log_in(page, "admin")
        states["admin"] = context.storage_state()
    page.goto("/settings/outbox/")
    while True:
        for link in page.locator("main tbody a[href*='/settings/outbox/']").all():
            mail = context.request.get(link.get_attribute("href") or "").text()
            if found := re.findall(rf"{path}[^\s\"'<>&]+/", mail):
                context.close()
                return str(found[-1])
        older = page.locator("main a[href*='after=']")
        if not older.count():
            return ""
        older.last.click()
        page.wait_for_load_state()


def log_in(page: Page, who: str) -> None:
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(f"{who}@demo.example")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("main").locator("form button.primary").click()
    page.wait_for_url(lambda address: "/accounts/" not in address)


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo that runs, or of one that is started for this."""
    port = os.environ.get("PORT") or "8000"
    if os.environ.get("URL"):
        yield os.environ["URL"]
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "helpdesk.local.demo"],
        env=os.environ | {"PORT": port},
        stdout=subprocess.PIPE,
        text=True,
        cwd=BASE_DIR,
    )
    try:
        ready = next((line for line in process.stdout or () if "ready: " in line), "")
        if not ready:
            sys.exit("The demo did not start; `make demo` says why.")
        yield ready.rpartition("ready: ")[2].strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


if __name__ == "__main__":
    sys.exit(main())
