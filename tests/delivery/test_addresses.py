import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.addresses import (
    REPLY_MARKER,
    REPLY_MARKER_LINE,
    marker_line,
    reply_address,
    reply_target,
    ticket_of,
    without_tag,
)

DESK = "support@demo.example"


def test_a_reply_address_names_its_ticket() -> None:
    address = reply_address(DESK, 123)

    assert re.fullmatch(r"support\+t123\.[a-z2-7]{16}@demo\.example", address)
    assert ticket_of(address) == 123


def test_it_can_name_the_mail_that_is_answered() -> None:
    address = reply_address(DESK, 123, 77)

    target = reply_target(address)
    assert target is not None
    assert (target.ticket, target.mail) == (123, 77)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda a: a.replace("t123", "t124"), id="another ticket"),
        pytest.param(lambda a: a[:-15] + ("a" if a[-15] != "a" else "b") + a[-14:], id="another signature"),
        pytest.param(lambda a: a.replace("+t123.", "+t123-5."), id="another mail"),
        pytest.param(lambda a: a.replace("+", "-"), id="no plus"),
        pytest.param(lambda a: a.replace("@", "x@"), id="longer"),
    ],
)
def test_a_forged_address_names_nothing(change: Any) -> None:
    assert ticket_of(change(reply_address(DESK, 123))) is None


def test_a_server_that_folds_the_case_harms_nothing() -> None:
    assert ticket_of(reply_address(DESK, 123).upper()) == 123


@pytest.mark.parametrize(
    "address", ["", "@", DESK, "support+t1@demo.example", "+t1.", "support+t9.aaaaaaaaaaaaaaaa@x"]
)
def test_any_other_address_names_nothing(address: str) -> None:
    assert ticket_of(address) is None


@given(st.text(max_size=200))
def test_no_text_raises(address: str) -> None:
    assert ticket_of(address) is None
    assert without_tag(address) == address


@given(
    st.from_regex(r"[a-z][a-z0-9.+_-]{0,63}", fullmatch=True),
    st.integers(min_value=1, max_value=10**18 - 1),
    st.none() | st.integers(min_value=1, max_value=10**18 - 1),
)
def test_what_stands_before_the_at_never_grows_too_long(local: str, ticket: int, mail: int | None) -> None:
    address = reply_address(f"{local}@demo.example", ticket, mail)

    assert len(address.rpartition("@")[0]) <= 64
    assert ticket_of(address) in (ticket, None)
    if len(local) + len(str(ticket)) <= 45:
        assert ticket_of(address) == ticket
        assert without_tag(address) == f"{local}@demo.example"


def test_an_address_signed_with_the_last_key_still_holds(settings: Any) -> None:
    address = reply_address(DESK, 123)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-" * 5
    assert ticket_of(address) is None

    settings.SECRET_KEY_FALLBACKS = [old]
    assert ticket_of(address) == 123


@pytest.mark.parametrize(
    "words", ["Please write above this line", "Bitte schreiben Sie über diese Zeile", "この線の上に"]
)
@pytest.mark.parametrize("quoted", ["{}", "> {}", "> > {}", "   {}  ", "*{}*"])
def test_the_marker_is_found_in_any_language_and_quote(words: str, quoted: str) -> None:
    line = quoted.format(marker_line(words))

    found = REPLY_MARKER_LINE.search(f"Thanks!\n\n{line}\nold words")
    assert found is not None
    assert found.string[: found.start()].strip() == "Thanks!"


def test_the_marker_has_its_two_pieces_once() -> None:
    line = marker_line("a ## b\nc -##- d")

    assert [line.count(piece) for piece in REPLY_MARKER] == [1, 1]
    assert "\n" not in line


def test_a_heading_is_no_marker() -> None:
    assert REPLY_MARKER_LINE.search("## Steps\n##- not closed\nnot begun -##") is None
