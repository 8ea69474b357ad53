"""Letters as requesters write them: all different, some answers to their own earlier ones, with what mail programs add.

The same `run` gives the same letters; another one writes others, for who sends the same twice is taken for a machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from bench.names import ARTICLE_WORDS

REPLIES, WITH_FILE, WITH_HTML = 0.3, 0.1, 0.6
"""Shares of all letters."""
MOST_REMEMBERED = 400
OPENINGS = ("Hello,", "Hi all,", "Good morning,", "Dear service desk,", "Hallo zusammen,", "Guten Tag,")
PARTS = (
    "since this morning the %s does not answer any more.",
    "I cannot open the %s, it says that access was denied.",
    "after the last update my %s is very slow; restarting did not help.",
    "could somebody please look at the %s in room 214?",
    "we need a new %s for a colleague who begins on Monday.",
    "the %s shows an error: 0x%s. A picture is enclosed.",
)
ENDS = ("Kind regards", "Thanks a lot", "Mit freundlichen Grüßen", "Best", "Cheers")
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000") + b"\x1f" * 30_000


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Letter:
    """`answers` is the Message-ID of an earlier one; None for a new matter."""

    raw: bytes
    message_id: str
    answers: str | None


def letters(
    people: Sequence[Person], number: int, *, to: str, run: str, begun: datetime | None = None
) -> Iterator[Letter]:
    chance = random.Random(run)
    earlier: list[tuple[Person, str, str, str]] = []
    at = begun or datetime.now(UTC)
    for count in range(number):
        message_id = f"<{run}.{count}@mail.example>"
        is_reply = bool(earlier) and chance.random() < REPLIES
        person, answers, subject, quoted = (
            chance.choice(earlier) if is_reply else (chance.choice(people), "", _subject(chance, count), "")
        )
        words = _words(chance, person)
        message = EmailMessage()
        message["From"] = f"{person.name} <{person.address}>"
        message["To"] = to
        message["Subject"] = f"Re: {subject}" if is_reply else subject
        message["Message-ID"] = message_id
        message["Date"] = format_datetime(at + timedelta(seconds=count))
        if is_reply:
            message["In-Reply-To"] = message["References"] = answers
        _fill(message, words, quoted, chance)
        if not is_reply:
            earlier = [*earlier[-MOST_REMEMBERED:], (person, message_id, subject, words)]
        yield Letter(message.as_bytes(), message_id, answers or None)


def _subject(chance: random.Random, count: int) -> str:
    first, second = chance.sample(ARTICLE_WORDS, 2)
    return f"{first.capitalize()} and {second}: help needed ({count})"


def _words(chance: random.Random, person: Person) -> str:
    said = []
    for part in chance.sample(PARTS, chance.randint(1, 4)):
        fill = tuple(chance.choice(ARTICLE_WORDS) for _ in range(part.count("%s")))
        said.append(part % fill)
    return "\n\n".join([chance.choice(OPENINGS), *said, f"{chance.choice(ENDS)}\n{person.name}"])


def _fill(message: EmailMessage, words: str, quoted: str, chance: random.Random) -> None:
    """As the usual programs do it: text or text and HTML, in one of the usual transfer encodings, old text below."""
    lines = "\n".join(f"> {line}" for line in quoted.splitlines())
    below = f"\n\nOn Mon, 23 Nov 2026 at 09:00, Help desk wrote:\n{lines}\n" if quoted else "\n"
    charset, transfer = chance.choice(
        (
            ("utf-8", "quoted-printable"),
            ("utf-8", "base64"),
            ("iso-8859-1", "quoted-printable"),
            ("utf-8", "8bit"),
        )
    )
    message.set_content(words + below, charset=charset, cte=transfer)
    if chance.random() < WITH_HTML:
        rows = "".join(f"<p class=MsoNormal>{line}<o:p></o:p></p>" for line in words.split("\n\n"))
        old = f"<blockquote type=cite>{'<br>'.join(quoted.splitlines())}</blockquote>" if quoted else ""
        style = "<style>p.MsoNormal{margin:0cm;font-size:11pt}</style>" + "<!-- " + "x" * 2000 + " -->"
        page = f"<html><head>{style}</head><body><div>{rows}</div>{old}</body></html>"
        message.add_alternative(page, subtype="html")
    if chance.random() < WITH_FILE:
        message.add_attachment(PNG, maintype="image", subtype="png", filename="screen.png")
