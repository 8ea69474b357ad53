"""What a page says to its reader: text, and the attributes that are read out or shown. For tests of translations."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

SPOKEN = {"title", "aria-label", "placeholder", "alt", "aria-description", "label", "data-placeholder"}
SILENT = {"script", "style", "code", "pre", "kbd", "samp", "textarea", "time"}
VOID = {"input", "br", "img", "meta", "link", "hr", "path", "area", "col", "wbr", "source"}
OPEN, CLOSE = "⟦", "⟧"
PIECES = re.compile(r"\s*(?:[·›‹→|\n\t(),;…]|:\s|:$|\s[–—/-]\s|\.\s|\.$)\s*")
WORD = re.compile(r"[^\W\d_]{2,}")


class _Reader(HTMLParser):
    """Keeps what stands outside of marks: a marked sentence may have elements in it."""

    def __init__(self) -> None:
        super().__init__()
        self.silent = 0
        self.foreign: list[str] = []
        self.depth = 0
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_foreign = tag in SILENT or given.get("translate") == "no" or "lang" in given
        if tag not in (*VOID, "html") and (self.foreign or is_foreign):
            self.foreign.append(tag)
        spoken = SPOKEN | {
            name for name in given if given.get("id") == "ui-text" and name.startswith("data-")
        }
        if tag == "input" and given.get("type") in ("submit", "button"):
            spoken = spoken | {"value"}
        if tag in ("time", "option") or self.foreign:
            return
        for name in spoken & given.keys():
            self.outside.append(_outside(given[name] or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.foreign and tag == self.foreign[-1]:
            self.foreign.pop()

    def handle_data(self, data: str) -> None:
        kept = []
        for letter in data:
            if letter == OPEN:
                self.depth += 1
            elif letter == CLOSE:
                self.depth -= 1
            elif not self.depth:
                kept.append(letter)
        if not self.foreign:
            self.outside.append("".join(kept))


def _outside(text: str) -> str:
    depth, kept = 0, []
    for letter in text:
        depth += (letter == OPEN) - (letter == CLOSE)
        if not depth and letter != CLOSE:
            kept.append(letter)
    return "".join(kept)


def outside_marks(html: str) -> Iterator[str]:
    """The pieces with words in them that are not marked."""
    reader = _Reader()
    reader.feed(html)
    for text in reader.outside:
        for piece in PIECES.split(text):
            if WORD.search(piece):
                yield " ".join(piece.split())


def unknown(pieces: Iterable[str], known: str) -> list[str]:
    """Those that are no part of what is known: data, names, codes."""
    return sorted({piece for piece in pieces if piece.lower() not in known})
