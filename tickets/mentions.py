"""@mentions in a text: where they may stand, and where they stood. The words stay in the message, the keys in an event.

An event keeps each as `[start, length, kind, key]`: a place in the message's body, and a person or a team.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PERSON, TEAM = "person", "team"
DATA = "mentions"
"""The name under which an event keeps them."""
MOST = 20
"""Places of one text that are looked at: more is no message to colleagues."""
MOST_WORDS, LONGEST_NAME = 6, 120

AT = re.compile(r"(?<![\w@./+-])@(?=\w)")
CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]+`", re.MULTILINE | re.DOTALL)
WORD = re.compile(r"[^\s@]+")
AFTER = ".,;:!?)]}»”\"'*_~"
"""What may stand behind a name without belonging to it."""


@dataclass(frozen=True)
class Mention:
    start: int
    length: int
    kind: str
    key: int

    @property
    def end(self) -> int:
        return self.start + self.length

    @property
    def stored(self) -> list[int | str]:
        return [self.start, self.length, self.kind, self.key]


def mentions_in(data: Mapping[str, Any]) -> list[Mention]:
    """Those that an event has kept, in the order of the text."""
    return [Mention(*row) for row in data.get(DATA, ())]


def named(body: str, mention: Mention) -> str:
    """The name as it was written, without the @; empty where the text was emptied since."""
    return body[mention.start + 1 : mention.end]


def names_after(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each @ outside code with the names that may be meant by it, longest first."""
    code = [found.span() for found in CODE.finditer(text)]
    found = 0
    for mark in AT.finditer(text):
        if any(start <= mark.start() < end for start, end in code):
            continue
        found += 1
        if found > MOST:
            return
        yield mark.start(), _names_from(text, mark.end())


def _names_from(text: str, start: int) -> list[str]:
    """Up to six words of the line, each beginning of them a name, with and without what stands behind it."""
    line = text[start : start + LONGEST_NAME].partition("\n")[0]
    names: list[str] = []
    for word, _count in zip(WORD.finditer(line), range(MOST_WORDS), strict=False):
        whole = line[: word.end()]
        names += [whole, whole.rstrip(AFTER)]
    # A mail address holds an @ of its own.
    address = re.match(r"[^\s@]+@[^\s@]+\.\w+", line)
    names += [address[0]] if address else []
    return sorted({name for name in names if name}, key=len, reverse=True)
