"""The parser of mails never raises, never loses a text, and says the same twice, whatever the bytes."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.mail import quoting, rendering
from intake.mail.parsed import ParsedMail
from intake.mail.parsing import parse
from tests.intake.corpus.build import MAILS
from tests.plugins.examples import examples

EXAMPLES = sorted(MAILS)
HEADER_WORDS = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b\n", b"\n--b\n", b"\n--b--\n", b"Content-Type: text/html\n\n",
        b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n", b"=?utf-8?B?", b"?=",
        b"Content-Type: message/rfc822\n\n", b"From: ", b"<a@b.c>", b"Subject: ", b"\n\n", b"\r", b"\x00", b"\xff\xfe",
        b"> ", b"On Mon, Nov 23, 2026 at 9:15 AM A <a@b.c> wrote:\n", b"-- \n", b"<blockquote>", b"</div>", b"<script>",
        b"filename*0*=utf-8''%c3", b"Content-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22", b"BEGIN:VCALENDAR\n",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n", b"charset=utf-16\n",
        b"begin 644 x\n", b"----- Original Message -----\n",
        b"From: a\nSent: 1\nTo: b\nSubject: c\n", b"##- x -##\n", b"\x1b$B", b"&#x0;",
    ]
)  # fmt: skip


def is_sound(mail: ParsedMail) -> bool:
    """What holds for every mail: it was taken apart, its new words are there, and PostgreSQL can hold all of it."""
    words = [
        mail.text,
        mail.reply_text,
        mail.html,
        mail.subject,
        *mail.defects,
        *(file.name for file in mail.attachments),
    ]
    words += [value for values in mail.headers.values() for value in values]
    return (
        not any("could not be taken apart" in defect for defect in mail.defects)
        and bool(mail.reply_text.strip()) == bool(mail.text.strip())
        and not any("\0" in text for text in words)
        and all(text.encode("utf-8") is not None for text in words)  # a lone surrogate raises
        and all(file.name and len(file.name) <= 150 and "/" not in file.name for file in mail.attachments)
        and (mail.date is None or mail.date.utcoffset() is not None)
    )


@settings(max_examples=examples(60))
@given(st.binary(max_size=2000))
def test_no_bytes_raise(raw: bytes) -> None:
    assert is_sound(parse(raw))


@settings(max_examples=examples(80))
@given(st.lists(HEADER_WORDS | st.binary(max_size=40), max_size=40))
def test_no_pieces_of_mails_raise(pieces: list[bytes]) -> None:
    assert is_sound(parse(b"".join(pieces)))


@settings(max_examples=examples(100))
@given(st.sampled_from(EXAMPLES), st.integers(min_value=0), st.integers(min_value=1, max_value=30))
def test_no_message_of_the_corpus_raises_when_it_is_damaged(name: str, seed: int, blows: int) -> None:
    raw, dice = bytearray(MAILS[name]), random.Random(seed)
    for _ in range(blows):
        at, kind = dice.randrange(len(raw) + 1), dice.randrange(4)
        if kind == 0:
            raw[at : at + dice.randrange(1, 200)] = b""
        elif kind == 1:
            raw[at:at] = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 20)))
        elif kind == 2:
            raw[at : at + 1] = bytes([dice.randrange(256)])
        else:
            raw[at:at] = raw[at - dice.randrange(1, 300) if at > 300 else 0 : at]

    assert is_sound(parse(bytes(raw)))


@settings(max_examples=examples(40))
@given(st.sampled_from(EXAMPLES))
def test_reading_twice_says_the_same(name: str) -> None:
    assert parse(MAILS[name]) == parse(MAILS[name])


LINES = st.sampled_from(
    [
        "", "Words.", "> quoted", ">> deeper", "-- ", "--", "Sent from my iPhone", "On 23/11/2026 09:15, Mira wrote:",
        "-----Original Message-----", "From: Mira <m@demo.example>", "Sent: Monday, November 23, 2026 9:15 AM",
        "To: Ines", "Subject: Printer", "________________________________", "##- write above -##", "\x1e", "\x1c",
        "\x1f", "\x1dx:", "a:",
    ]
)  # fmt: skip


@settings(max_examples=examples(120))
@given(st.lists(LINES | st.text(max_size=20), max_size=30), st.booleans())
def test_new_words_are_never_empty_where_there_are_words(lines: list[str], is_answer: bool) -> None:
    text = "\n".join(lines)
    found = quoting.separate(text, is_answer=is_answer)

    assert bool(found.new.strip()) == bool(rendering.plain(text).strip())
    assert not set(found.new) & set("\x1c\x1d\x1e\x1f")


@settings(max_examples=examples(60))
@given(st.lists(st.text(alphabet="abcdefgh ,.äö", min_size=1, max_size=40), min_size=1, max_size=10))
def test_plain_prose_is_new_as_a_whole(lines: list[str]) -> None:
    text = "\n".join(line.strip() for line in lines).strip("\n")

    assert quoting.separate(text, is_answer=True).new.split() == text.split()


MANY = 200_000
HOSTILE: dict[str, Callable[[], bytes]] = {
    "a line of a megabyte": lambda: b"Subject: x\n\n" + b"a" * 1_000_000,
    "a line of colons": lambda: b"Subject: x\n\n" + b": " * MANY,
    "a line of angles": lambda: b"Subject: x\n\n" + b"<" * MANY + b">" * MANY,
    "a quote in a quote": lambda: b"Subject: x\n\n" + b">" * MANY,
    "lines of quotes": lambda: b"Subject: Re: x\n\n" + b"> a\nb\n" * (MANY // 20),
    "lines that nearly are attributions": lambda: (
        b"Subject: x\n\n" + b"On 2026-01-01 10:00 a <a@b.c>\n" * (MANY // 20)
    ),
    "lines that nearly are header blocks": lambda: b"Subject: x\n\n" + b"From: a\nTo: b\nx\n" * (MANY // 50),
    "one flowed line in pieces": lambda: b"Content-Type: text/plain; format=flowed\n\n" + b"word \n" * MANY,
    "empty lines": lambda: b"Subject: x\n\nw" + b"\n" * MANY + b"w",
    "encoded words without an end": lambda: b"Subject: " + b"=?utf-8?q?" * (MANY // 10) + b"\n\nw",
    "parameters": lambda: b"Content-Type: text/plain" + b"; a=b" * (MANY // 5) + b'"\n\nw',
    "quotes in a header": lambda: b'To: "' + b'\\"' * MANY + b"\n\nw",
    "parentheses in a header": lambda: b"To: " + b"(" * MANY + b"\n\nw",
    "references": lambda: b"References: " + b"<a@b> " * (MANY // 6) + b"\n\nw",
    "tags that never close": lambda: b"Content-Type: text/html\n\n" + b"<a " * MANY,
    "divs that never close": lambda: b"Content-Type: text/html\n\n" + b"<div>" * MANY + b"w",
    "formatting that is torn": lambda: b"Content-Type: text/html\n\n" + b"<b><i><u><p>" * (MANY // 12) + b"w",
    "ampersands": lambda: b"Content-Type: text/html\n\n" + b"&" * MANY + b"w",
    "comments that never end": lambda: b"Content-Type: text/html\n\nw" + b"<!--" * MANY,
    "cells": lambda: b"Content-Type: text/html\n\n<table><tr>" + b"<td>w" * (MANY // 5),
    "hard spaces": lambda: b"Content-Type: text/html\n\nw" + b"&nbsp;" * (MANY // 6),
    "base64 of nothing": lambda: b"Content-Transfer-Encoding: base64\n\n" + b"=" * MANY,
    "a bounce of one line": lambda: (
        b"From: mailer-daemon@b.c\nSubject: failure notice\n\n" + b"host server said " * 12_000
    ),
    "a winmail.dat that counts to four milliards": lambda: (
        b"Content-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22\x00\x00"
        b"\x01\x03\x90\x06\x00\x04\x00\x00\x00\xff\xff\xff\xff\x00\x00"
    ),
    "uuencoded files without an end": lambda: (
        b"Subject: x\n\n" + b"begin 644 a\n#abc\n" * (MANY // 18) + b"\nend"
    ),
    "boundaries alone": lambda: b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * (MANY // 10),
    "headers alone": lambda: b"X: y\n" * (MANY // 5),
    "a subject of a megabyte": lambda: b"Subject: " + b"message delayed " * 60_000 + b"\n\nw",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mails_are_read_to_their_end(name: str) -> None:
    """Each would take minutes where a pattern or a loop grows with the square of what it reads."""
    assert is_sound(parse(HOSTILE[name]()))
