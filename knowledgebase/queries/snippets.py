"""The line below a hit: a piece of what the article says, around the words that were found, which are marked."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from knowledgebase.words import fold

SHOWN = 220
"""Characters of a snippet."""
READ = 20_000
"""Characters of a text that are looked through."""
BEFORE = 60
"""Characters before the first word that was found."""


def highlighted(text: str, words: Collection[str]) -> SafeString:
    """The text, safe, with these words (folded) marked wherever they stand."""
    parts, at = [], 0
    for start, end in _places(_folded(text), words):
        parts += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
        at = end
    return mark_safe("".join([*parts, escape(text[at:])]))  # noqa: S308 (every part is escaped)


def snippet(summary: str, text: str, words: Mapping[str, float]) -> SafeString:
    """The summary where all that is found stands in it, else the piece of the text that has the rarest words.

    Args:
        words: folded, with what each tells.
    """
    told, start = _best(text, words)
    if summary and _told(summary, words) >= told:
        return highlighted(summary, words)
    if not told:
        return highlighted(summary or _piece(text, 0), words)
    return highlighted(_piece(text, start), words)


# --- below ---


def _told(text: str, words: Mapping[str, float]) -> float:
    folded = _folded(text)
    return sum(words[word] for word in {folded[start:end] for start, end in _places(folded, words)})


def _best(text: str, words: Mapping[str, float]) -> tuple[float, int]:
    """How much the best piece tells, and where it begins."""
    folded = _folded(text[:READ])
    places = _places(folded, words)
    best = (0.0, 0)
    for number, (start, _end) in enumerate(places):
        inside = {folded[at:to] for at, to in places[number : number + 12] if to <= start + SHOWN - BEFORE}
        best = max(best, (sum(words[word] for word in inside), -start))
    return best[0], -best[1]


def _piece(text: str, start: int) -> str:
    """From a little before `start`, cut between words, on one line."""
    begin = max(0, start - BEFORE)
    if begin:
        begin = text.find(" ", begin, start) + 1 or start
    piece = text[begin : begin + SHOWN]
    if len(text) > begin + SHOWN:
        piece = piece[: piece.rfind(" ") if " " in piece else SHOWN].rstrip(" ,;:") + " …"
    return ("… " if begin else "") + " ".join(piece.split())


def _places(folded: str, words: Collection[str]) -> list[tuple[int, int]]:
    if not words or not folded:
        return []
    return [match.span() for match in _pattern(frozenset(words)).finditer(folded)]


@lru_cache(maxsize=256)
def _pattern(words: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, longest_first))})(?![^\W_])")


def _folded(text: str) -> str:
    """Folded letter by letter, so that each stays in its place."""
    if text.isascii():
        return text.lower()
    return "".join(
        letter if letter.isascii() and not letter.isupper() else _letter(letter) for letter in text
    )


@lru_cache(maxsize=4096)
def _letter(letter: str) -> str:
    folded = fold(letter)
    return folded if len(folded) == 1 else letter
