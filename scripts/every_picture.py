"""Every page that the links of the demo lead to, in light and dark, on a desk and on a phone.

`make screenshots ARGS=--all` takes them, to be looked at: a folder for each role, and sheets that show a page's four
pictures beside each other. Pages that differ by their number or name alone are taken once, for the first role that
comes to them. It tells of pages that are wider than the screen, that answer with an error or whose scripts fail, and
what axe finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Error, Page

from tests.plugins.browser import axe_violations

STARTS = {
    "requester": ("/", "/help/", "/profile/"),
    "l1": ("/desk/", "/desk/new/", "/styleguide/"),
    "l2": ("/desk/",),
    "l3": ("/desk/",),
    # Before all others of the desk: whose settings these are sees the most of them.
    "admin": ("/settings/", "/desk/", "/insights/"),
    "lead": ("/desk/", "/desk/board/", "/settings/"),
    "manager": ("/insights/", "/settings/"),
    "vendor": ("/desk/",),
}
LOOKS = (("light", "desk"), ("dark", "desk"), ("light", "phone"), ("dark", "phone"))
WIDTHS = {"desk": (1360, 860), "phone": (390, 844)}
NO_PAGE = re.compile(
    r"\.(csv|xlsx|yml|json|png|jpg|svg|txt|eml)$|/(logout|raw|files|admin|static|accounts/(google|login))(/|$)|^/api/v1/"
)
VARIES = re.compile(r"^(TD-)?\d+$|^[\w-]*-[\w-]*-[\w-]*$|^[A-Za-z0-9_:-]{24,}$")
ARTICLE = re.compile(r"^/help/(?!search/)(sections/)?[\w-]+/")
TALLEST = 2400
SHEET_ROWS = 5
SHEET_HEIGHT = 520


@dataclass
class Walk:
    """What one role has come to: addresses that wait, shapes of addresses that were seen by whomever.

    Where it begins it looks in any case: another role found less there.
    """

    begins: tuple[str, ...]
    seen: set[str]
    waiting: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        self.seen |= set(map(shape_of, self.begins))
        yield from self.begins
        while self.waiting:
            address = self.waiting.pop(0)
            if (shape := shape_of(address)) not in self.seen:
                self.seen.add(shape)
                yield address


def shape_of(address: str) -> str:
    """An address without what varies from row to row; of its query the names alone."""
    path, _, query = address.partition("?")
    path = ARTICLE.sub("/help/N/", path)
    parts = ["N" if VARIES.match(part) else part for part in path.split("/")]
    names = sorted({pair.partition("=")[0] for pair in query.split("&") if pair} & {"period", "wall"})
    return "/".join(parts) + ("?" + "&".join(names) if names else "")


def take_all(role: str, context: BrowserContext, to: Path, seen: set[str]) -> list[str]:
    """Pictures of all pages that this role comes to and nobody has before; says what is wrong with them."""
    to.mkdir(parents=True, exist_ok=True)
    troubles: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: troubles.append(f"{role} {page.url}: {error}"))
    walk = Walk(STARTS[role], seen)
    rows: list[tuple[str, list[Path]]] = []
    for address in walk:
        try:
            answer = page.goto(address)
        except Error as refused:
            # A link to a file: the browser saves it, and shows no page.
            if "Download is starting" not in refused.message:
                troubles.append(f"{role} {address}: {refused.message.splitlines()[0]}")
            continue
        kind = (answer.headers.get("content-type") or "") if answer else ""
        if answer is None or not kind.startswith("text/html"):
            continue
        if answer.status >= 400:
            troubles.append(f"{role} {address}: answers {answer.status}")
            continue
        page.wait_for_load_state("networkidle")
        walk.waiting += links_of(page)
        pictures, wrong = looks_of(page, to, shape_of(address))
        troubles += [f"{role} {address}: {each}" for each in wrong]
        rows.append((f"{role} {address}", pictures))
        print(address, flush=True)
    page.close()
    make_sheets(rows, to)
    return troubles


def links_of(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('a[href]')].map(a => new URL(a.href))"
        ".filter(url => url.origin === location.origin).map(url => url.pathname + url.search)"
    )
    return [address for address in found if not NO_PAGE.search(address.partition("?")[0])]


def looks_of(page: Page, to: Path, shape: str) -> tuple[list[Path], list[str]]:
    name = re.sub(r"[^\w-]+", "_", shape).strip("_") or "home"
    pictures, wrong = [], []
    for look, size in LOOKS:
        width, height = WIDTHS[size]
        page.emulate_media(color_scheme="dark" if look == "dark" else "light", reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": height})
        picture = to / f"{name}-{look}-{size}.png"
        length = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        page.screenshot(path=picture, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": length})
        pictures.append(picture)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{look} {size}: wider than the screen")
        wrong += [f"{look} {size}: {each}" for each in axe_violations(page)]
    return pictures, wrong


def make_sheets(rows: list[tuple[str, list[Path]]], to: Path) -> None:
    """`sheet-01.png` and so on: a page a row, its four looks beside each other, cut at the height of a row."""
    for start in range(0, len(rows), SHEET_ROWS):
        some = rows[start : start + SHEET_ROWS]
        sheet = Image.new("RGB", (1980, len(some) * (SHEET_HEIGHT + 24)), "white")
        for line, (title, pictures) in enumerate(some):
            top, left = line * (SHEET_HEIGHT + 24), 0
            ImageDraw.Draw(sheet).text((4, top + 4), title, fill="black")
            for picture in pictures:
                with Image.open(picture) as whole:
                    width = 740 if "-desk" in picture.name else 240
                    scaled = whole.resize((width, int(whole.height * width / whole.width)))
                sheet.paste(scaled.crop((0, 0, width, min(scaled.height, SHEET_HEIGHT))), (left, top + 22))
                left += width + 6
        sheet.save(to / f"sheet-{start // SHEET_ROWS + 1:02}.png")
