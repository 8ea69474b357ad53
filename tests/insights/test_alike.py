"""Which texts are about the same: clusters by their words, the same every time."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from helpdesk.local.places import BASE_DIR
from insights.alike import FEWEST, clusters_of, share_of_words, telling

TEXTS = BASE_DIR.parent / "shared" / "data" / "it_ticket_texts.csv"

VPN = {
    1: "VPN drops every twenty minutes\nThe client reconnects by itself. Rekey of client 5.1; reinstalled the profile.",
    2: "VPN drops at home\nAfter twenty minutes the client loses its rekey. Reinstalled the profile of the client.",
    3: "The VPN client drops\nEvery twenty minutes. Rekey bug, the profile was reinstalled.",
}
PRINTER = {
    11: "Printer prints blank pages\nThe drum of the printer was worn out and was replaced.",
    12: "Blank pages from the printer\nDrum replaced, the toner is fine.",
    13: "Printer: only blank pages\nA worn drum. Replaced it.",
}
OTHERS = {
    21: "A new phone for the reception\nOrdered and put there.",
    22: "Monitor flickers\nAnother cable helped.",
    23: "Holiday calendar is empty\nShared it anew.",
    24: "Badge does not open the door\nProgrammed again.",
}


def test_texts_about_the_same_are_one_cluster_and_what_is_like_nothing_is_in_none() -> None:
    found = clusters_of(VPN | PRINTER | OTHERS)
    assert [set(cluster.keys) for cluster in found] == [set(VPN), set(PRINTER)]


def test_a_cluster_is_known_by_what_its_texts_share() -> None:
    words = clusters_of(VPN | PRINTER | OTHERS)[1].words
    assert set(words) >= {"blank", "pages", "drum"}
    assert "toner" not in words  # only one of them has it


def test_the_middle_comes_first_and_is_like_all_others() -> None:
    cluster = clusters_of(VPN | PRINTER | OTHERS)[0]
    assert cluster.middle == cluster.keys[0]
    assert cluster.likeness[0] == 1.0
    assert list(cluster.likeness) == sorted(cluster.likeness, reverse=True)


def test_the_order_of_the_texts_changes_nothing() -> None:
    texts = VPN | PRINTER | OTHERS
    assert clusters_of(texts) == clusters_of(dict(reversed(texts.items())))


def test_two_alike_make_no_cluster_yet() -> None:
    assert FEWEST == 3
    assert clusters_of({1: VPN[1], 2: VPN[2], **OTHERS}) == []


def test_greetings_and_words_of_asking_make_nothing_alike() -> None:
    texts = {
        n: f"Hello, please help me with this, thanks and kind regards {word}"
        for n, word in enumerate("abcdef")
    }
    assert [*telling(texts[0])] == []
    assert clusters_of(texts) == []


@pytest.mark.parametrize(
    "texts", [{}, {1: ""}, {1: "", 2: "", 3: "", 4: "\x00"}], ids=["none", "empty", "nothing said"]
)
def test_texts_without_words_are_in_no_cluster(texts: dict[int, str]) -> None:
    assert clusters_of(texts) == []


def test_it_tells_how_many_have_been_compared() -> None:
    told: list[int] = []
    clusters_of({n: f"text number {n}" for n in range(450)}, told=told.append)
    assert told == [200, 400]


def test_an_article_covers_words_whatever_their_endings() -> None:
    words = [("printers", 0.5), ("drum", 0.25), ("toner", 0.25)]
    assert share_of_words(words, "How to change the drum of a printer") == 0.75
    assert share_of_words(words, "How to set up a phone") == 0.0


@pytest.mark.skipif(not TEXTS.exists(), reason="the real texts are not here")
def test_clusters_of_real_tickets_are_purer_than_their_categories_are_by_chance() -> None:
    rows = _rows(TEXTS)[:1500]
    found = clusters_of({n: f"{row['title']}\n{row['body'][:600]}" for n, row in enumerate(rows)})
    inside = [[rows[key]["category"] for key in cluster.keys] for cluster in found]
    pure = sum(Counter(categories).most_common(1)[0][1] for categories in inside)
    by_chance = Counter(row["category"] for row in rows).most_common(1)[0][1] / len(rows)
    held = sum(map(len, inside))
    assert pure / held > by_chance + 0.1
    assert held > len(rows) / 3


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
