"""Two versions of an article beside each other, so that a person sees what changed: by paragraph, then by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import yaml
from django.db.models import Field

from knowledgebase.models import WORDS_OF_VERSION, ArticleVersion

AROUND = 2
"""Unchanged lines that are shown before and behind a change."""
MOST_WORDS = 2_000
"""Of a paragraph: a longer one is shown as gone and new."""
WORD = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """Words of a line that are the same, new or gone."""

    words: str
    kind: str = ""


@dataclass(frozen=True)
class Line:
    """A line of a difference: `kind` is same, new, gone or skipped; of a skipped one `count` lines are left out."""

    kind: str
    pieces: tuple[Piece, ...] = ()
    count: int = 0


@dataclass(frozen=True)
class Difference:
    """What differs in one field of two versions."""

    name: str
    title: str
    lines: list[Line]


def compare(before: ArticleVersion | None, after: ArticleVersion) -> list[Difference]:
    """By field, in the order of the page; a field that is the same in both is left out. No query."""
    found = []
    for name in WORDS_OF_VERSION:
        old, new = _text(getattr(before, name, "")), _text(getattr(after, name))
        if old != new:
            field: Field[Any, Any] = ArticleVersion._meta.get_field(name)  # type: ignore[assignment]
            found.append(Difference(name, str(field.verbose_name), list(_lines(old, new))))
    return found


def _text(value: Any) -> str:
    """A script as YAML, which people read; everything else is text already."""
    if value in (None, ""):
        return ""
    return value if isinstance(value, str) else yaml.safe_dump(value, sort_keys=False, allow_unicode=True)


def _lines(old: str, new: str) -> Iterator[Line]:
    before, after = old.split("\n"), new.split("\n")
    matcher = SequenceMatcher(None, before, after)
    steps = matcher.get_opcodes()
    for number, (kind, start, end, new_start, new_end) in enumerate(steps):
        if kind == "equal":
            yield from _unchanged(before[start:end], is_first=number == 0, is_last=number == len(steps) - 1)
        else:
            yield from _changed(before[start:end], after[new_start:new_end])


def _unchanged(lines: Sequence[str], *, is_first: bool, is_last: bool) -> Iterator[Line]:
    head = 0 if is_first else AROUND
    tail = 0 if is_last else AROUND
    if len(lines) <= head + tail + 1:
        head, tail = len(lines), 0
    skipped = len(lines) - head - tail
    yield from (Line("same", (Piece(text),)) for text in lines[:head])
    if skipped:
        yield Line("skipped", count=skipped)
    yield from (Line("same", (Piece(text),)) for text in lines[len(lines) - tail :])


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """Lines that face each other are compared by word; what is left over is gone or new as a whole."""
    pairs = [_words(one, other) for one, other in zip(old, new, strict=False)]
    yield from (Line("gone", gone) for gone, _new in pairs)
    yield from (Line("gone", (Piece(text, "gone"),)) for text in old[len(pairs) :])
    yield from (Line("new", fresh) for _gone, fresh in pairs)
    yield from (Line("new", (Piece(text, "new"),)) for text in new[len(pairs) :])


def _words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    before, after = WORD.findall(old), WORD.findall(new)
    if len(before) + len(after) > MOST_WORDS:
        return (Piece(old, "gone"),), (Piece(new, "new"),)
    gone: list[Piece] = []
    fresh: list[Piece] = []
    for kind, start, end, new_start, new_end in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            gone.append(Piece("".join(before[start:end])))
            fresh.append(Piece("".join(after[new_start:new_end])))
            continue
        gone += [Piece("".join(before[start:end]), "gone")] if end > start else []
        fresh += [Piece("".join(after[new_start:new_end]), "new")] if new_end > new_start else []
    return tuple(gone), tuple(fresh)
