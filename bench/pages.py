"""`make bench-pages`: what a page costs a person who opens it for the first time, measured in Chromium on the demo.

The processor is slowed down four times, as for a phone or an old laptop. For each page, the median of RUNS visits with
an empty cache: bytes as sent (all files of the first visit), largest contentful paint, layout shift (both also over
what is done then), and the slowest answer to a key or a press until the next frame is painted. These are the measures
that web.dev calls LCP, CLS and INP. Exits with 1 where a bar is not kept.

Uses the demo that runs at URL or on PORT, or starts one and stops it again.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from helpdesk.local.places import BASE_DIR
from scripts.screenshots import DESK, PHONE, demo, log_in
from tests.plugins.browser import NO_BROWSER, executable, launch

RESULTS = BASE_DIR / "bench" / "results" / "pages.json"
RUNS = 3
SLOWER = 4
BARS = {"kilobytes": 150.0, "paint_ms": 1500.0, "shift": 0.02, "answer_ms": 100.0}
CHARTS_BAR = 370.0
"""Kilobytes of a page with charts: their library comes beside the desk, to no other page (static/build.mjs)."""

WATCH = """
window.measured = {paint: 0, shift: 0, answer: 0};
const watch = (type, note, more = {}) => new PerformanceObserver((list) => list.getEntries().forEach(note))
  .observe({type, buffered: true, ...more});
watch("largest-contentful-paint", (entry) => { measured.paint = entry.startTime; });
watch("layout-shift", (entry) => { if (!entry.hadRecentInput) measured.shift += entry.value; });
watch("event", (entry) => { if (entry.interactionId) measured.answer = Math.max(measured.answer, entry.duration); },
  {durationThreshold: 16});
"""


def press(*keys: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for key in keys:
            page.keyboard.press(key)
            settle(page)

    return act


def write(field: str, text: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator(field).click()
        page.keyboard.type(text, delay=60)
        settle(page)

    return act


@dataclass(frozen=True)
class Visit:
    name: str
    who: str | None
    where: str
    """An address; with "|" the first link that matches the selector behind it."""
    act: Callable[[Page], None]
    is_phone: bool = False
    has_charts: bool = False


TICKET = "|td.cell-main a"
REQUEST = "|main a[href*='/requests/TD-']"
VISITS = (
    Visit("login", None, "/accounts/login/", write("#id_login", "somebody@demo.example"), is_phone=True),
    Visit("portal", "requester", "/", write("main input[type=search]", "vpn drops"), is_phone=True),
    Visit("filing", "requester", "/requests/new/", write("#id_subject", "My VPN drops"), is_phone=True),
    Visit(
        "request", "requester", f"/requests/{REQUEST}", write("main textarea", "It is back."), is_phone=True
    ),
    Visit("queue", "l1", "/desk/queues/tier-1/", press("j", "j", "k", "x", "x")),
    Visit("palette", "l1", "/desk/queues/tier-1/", press("Control+k", "v", "p", "n", "Escape")),
    Visit("ticket", "l1", f"/desk/queues/tier-1/{TICKET}", press("i", "H", "e", "l", "l", "o")),
    Visit("caller", "l1", "/desk/new/", write("#id_subject", "Printer")),
    Visit("board", "lead", "/desk/board/", press("Tab", "Tab", "?")),
    Visit("insights", "manager", "/insights/?period=90", press("Tab", "Tab", "?"), has_charts=True),
)


@dataclass(frozen=True)
class Cost:
    page: str
    kilobytes: float
    paint_ms: float
    shift: float
    answer_ms: float

    def over(self, bars: dict[str, float]) -> list[str]:
        return [name for name, bar in bars.items() if getattr(self, name) > bar]


def main() -> int:
    if executable() is None:
        sys.exit(NO_BROWSER)
    costs, over = [], []
    print(f"{'page':<10}{'kB':>8}{'paint, ms':>11}{'shift':>8}{'answer, ms':>12}")
    with demo() as url, sync_playwright() as playwright:
        browser = launch(playwright)
        states: dict[str, StorageState] = {}
        for visit in VISITS:
            cost = measure(browser, url, visit, states)
            costs.append(cost)
            missed = cost.over(BARS | ({"kilobytes": CHARTS_BAR} if visit.has_charts else {}))
            over += [f"{visit.name}: {name}" for name in missed]
            numbers = f"{cost.kilobytes:>8.1f}{cost.paint_ms:>11.0f}{cost.shift:>8.3f}{cost.answer_ms:>12.0f}"
            print(f"{visit.name:<10}{numbers}  {', '.join(missed)}", flush=True)
        browser.close()
    RESULTS.write_text(json.dumps([asdict(cost) for cost in costs], indent=2) + "\n")
    return 1 if over else 0


def measure(browser: Browser, url: str, visit: Visit, states: dict[str, StorageState]) -> Cost:
    address = address_of(browser, url, visit, states)
    runs = [once(browser, url, visit, address, states) for _ in range(RUNS)]
    columns = zip(*runs, strict=True)
    return Cost(visit.name, *(round(statistics.median(column), 3) for column in columns))


def address_of(browser: Browser, url: str, visit: Visit, states: dict[str, StorageState]) -> str:
    """Where the visit goes, in a browser of its own: what it loads here is no part of the first visit."""
    context = browser.new_context(base_url=url, storage_state=states.get(visit.who or ""))
    page = context.new_page()
    if visit.who and visit.who not in states:
        log_in(page, visit.who)
        states[visit.who] = context.storage_state()
    address, _, link = visit.where.partition("|")
    if link:
        page.goto(address)
        address = page.locator(link).first.get_attribute("href") or address
    context.close()
    return address


def once(
    browser: Browser, url: str, visit: Visit, address: str, states: dict[str, StorageState]
) -> tuple[float, float, float, float]:
    """One visit with an empty cache: kilobytes, paint, shift, answer."""
    context = browser.new_context(
        base_url=url,
        viewport=PHONE if visit.is_phone else DESK,
        storage_state=states.get(visit.who or ""),
    )
    page = context.new_page()
    page.add_init_script(WATCH)
    devtools = context.new_cdp_session(page)
    sent: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
    devtools.send("Network.enable")
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address)
    page.wait_for_load_state("networkidle")
    kilobytes = sum(sent) / 1000
    visit.act(page)
    settle(page)
    measured = page.evaluate("measured")
    context.close()
    return kilobytes, measured["paint"], measured["shift"], measured["answer"]


def settle(page: Page) -> None:
    """Until what was done is painted, and its measure has been told."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 80)))")


if __name__ == "__main__":
    sys.exit(main())
