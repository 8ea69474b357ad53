import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.filling import fill, fill_line, places_in, plain, unknown_places
from tickets.markdown import render

VALUES = {"ticket": "TD-7", "subject": "VPN", "files": "", "text": "one\ntwo"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[{ticket}] {subject}", "[TD-7] VPN"),
        ("{text}\n\n{files}\n\nend", "one\ntwo\n\nend"),
        ("a {files} b", "a  b"),
        ('{"json": 1} { ticket } {}', '{"json": 1} { ticket } {}'),
        ("{Ticket} {ticket.pk} {ticket!r} {0}", "{Ticket} {ticket.pk} {ticket!r} {0}"),
        ("{{ticket}} {% now %}", "{TD-7} {% now %}"),
    ],
)
def test_places_are_filled_and_nothing_is_carried_out(text: str, expected: str) -> None:
    assert fill(text, VALUES) == expected


def test_a_subject_is_one_line() -> None:
    assert fill_line("[{ticket}]\n {text}", VALUES) == "[TD-7] one two"


def test_unknown_places_are_named() -> None:
    assert places_in("{ticket} {password} {ticket}") == ["ticket", "password"]
    assert unknown_places("{ticket} {password}", VALUES) == ["password"]


def test_what_fills_a_place_is_not_looked_into_again() -> None:
    assert fill("{subject}", {"subject": "{ticket}", "ticket": "TD-7"}) == "{ticket}"


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_a_subject_means_nothing_in_the_html(subject: str) -> None:
    html = render(f"“{plain(subject)}”")

    assert not any(
        tag in html for tag in ("<em>", "<strong>", "<img", "<code>", "<h1", "<li>", "<s>", "<table")
    )
