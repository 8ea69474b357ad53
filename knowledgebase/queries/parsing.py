"""What was typed into a search box: words, phrases in quotes, and what is left out."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from knowledgebase.words import PART, WORD, cut, fold

LONGEST = 1_000
"""Characters of one search."""
MOST_WORDS = 16
TERM = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')


@dataclass(frozen=True)
class Typed:
    """A search as it was understood. `trouble` is a sentence about what is wrong with it, when something is."""

    words: tuple[str, ...] = ()
    """Folded, in the order in which they were typed, each once; those of phrases too."""
    last: str = ""
    """The word that may not be typed to its end."""
    joined: frozenset[str] = frozenset()
    """Words that nobody typed so: wifi, of wi-fi."""
    phrases: tuple[tuple[str, ...], ...] = ()
    without: tuple[tuple[str, ...], ...] = ()
    trouble: str = ""


def parse(text: str) -> Typed:
    """Never raises: what cannot be searched for says so in `trouble`."""
    text = " ".join(text.replace("\x00", " ").split())
    if len(text) > LONGEST:
        return Typed(
            trouble=_("That is too long: a search takes at most %(n)d characters. A few words find more.")
            % {"n": LONGEST}
        )
    words: list[str] = []
    joined: set[str] = set()
    phrases, without = [], []
    last = ""
    for minus, phrase, word in TERM.findall(text):
        parts = tuple(cut(phrase or word))
        if not parts:
            continue
        if minus:
            without.append(parts)
            continue
        if phrase:
            phrases.append(parts)
        elif "".join(parts[:-1]) == parts[-1]:
            joined.add(parts[-1])
        words += parts
        last = "" if phrase or len(parts) > 1 else parts[0]
    if text and not words:
        return Typed(
            trouble=_("Type what you look for: a word or two besides what is to be left out.")
            if without
            else _("There are no letters or digits in it. Type a word or two.")
        )
    return Typed(
        words=tuple(dict.fromkeys(words))[:MOST_WORDS],
        joined=frozenset(joined),
        last="" if text.endswith(('"', ".", "?", "!")) else last,
        phrases=tuple(phrases[:4]),
        without=tuple(without[:8]),
    )


def with_words(text: str, corrected: dict[str, str]) -> str:
    """What was typed with other words in the place of some, as "did you mean" says it."""

    def better(match: re.Match[str]) -> str:
        return PART.sub(lambda part: corrected.get(fold(part[0]), part[0]), match[0])

    return WORD.sub(better, " ".join(text.split()))
