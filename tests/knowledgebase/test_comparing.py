"""Two texts beside each other: what a person reads of the difference."""

from hypothesis import given
from hypothesis import strategies as st

from knowledgebase.models import ArticleVersion
from knowledgebase.queries.comparing import Line, Piece, compare


def lines(old: str, new: str) -> list[Line]:
    return [
        line for each in compare(ArticleVersion(body=old), ArticleVersion(body=new)) for line in each.lines
    ]


def test_what_is_the_same_is_left_out_but_for_two_lines_around_a_change() -> None:
    before = "\n".join(f"Line {number}" for number in range(20))
    found = lines(before, before.replace("Line 10", "Row 10"))
    assert [(line.kind, line.count) for line in found] == [
        ("skipped", 8),
        *[("same", 0)] * 2,
        ("gone", 0),
        ("new", 0),
        *[("same", 0)] * 2,
        ("skipped", 7),
    ]


def test_a_changed_line_says_which_words() -> None:
    assert lines("Restart the client now", "Restart the laptop now") == [
        Line("gone", (Piece("Restart the "), Piece("client", "gone"), Piece(" now"))),
        Line("new", (Piece("Restart the "), Piece("laptop", "new"), Piece(" now"))),
    ]


def test_a_script_is_compared_as_people_read_it() -> None:
    one = ArticleVersion(script={"start": "a", "steps": {"a": {"kind": "say", "text": "Hello"}}})
    other = ArticleVersion(script={"start": "a", "steps": {"a": {"kind": "say", "text": "Goodbye"}}})
    (found,) = compare(one, other)
    new = [piece.words for line in found.lines for piece in line.pieces if piece.kind == "new"]
    assert (found.name, new) == ("script", ["Goodbye"])


def test_the_first_version_is_all_new() -> None:
    (title, body) = compare(None, ArticleVersion(title="VPN", body="One\nTwo"))
    assert title.lines[-1] == Line("new", (Piece("VPN", "new"),))
    assert [line.kind for line in body.lines if line.kind != "gone"] == ["new", "new"]


words = st.lists(st.sampled_from(["one", "two", "three", "", "a b", "a  c."]), max_size=12).map("\n".join)


@given(words, words)
def test_old_and_new_can_be_read_back_from_the_difference(old: str, new: str) -> None:
    found = lines(old, new)
    if old == new:
        assert found == []
        return
    for kind, text in (("gone", old), ("new", new)):
        told = [
            "".join(piece.words for piece in line.pieces) for line in found if line.kind in ("same", kind)
        ]
        shown = text.split("\n")
        skipped = sum(line.count for line in found)
        assert len(told) + skipped == len(shown)
        assert [line for line in told if line not in shown] == []
