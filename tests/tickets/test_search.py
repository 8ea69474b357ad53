"""Words find tickets: whose, in which order, and nothing that the reader may not know."""

import pytest
from django.db.models import Q

from tickets import operations
from tickets.indexing import index_message, reindex, vector
from tickets.models import Message, Ticket, TicketText
from tickets.queries import searching
from tickets.queries.searching import search
from tickets.words import fold_words, tokens


def subjects(user, words, **rest) -> list[str]:
    return [ticket.subject for ticket in search(user, words, **rest)]


@pytest.fixture
def three(open_ticket, later) -> list[Ticket]:
    return [
        open_ticket("Printer jams", description="Paper everywhere.", at=later()),
        open_ticket("Drücker im Büro", description="The printer/driver e-mails: 0x80070005.", at=later(hours=1)),
        open_ticket("VPN drops", description="No printer near. Kaffee-Maschine works.", at=later(hours=2)),
    ]  # fmt: skip


def test_subject_hits_come_first_then_the_newest(three, mira):
    assert subjects(mira, "printer") == ["Printer jams", "VPN drops", "Drücker im Büro"]


def test_a_number_comes_on_top(three, mira):
    printer = three[0]
    for words in (
        printer.number,
        printer.number.lower(),
        str(printer.pk),
        f"#{printer.pk}",
        f" {printer.pk} ",
    ):
        assert subjects(mira, words)[:1] == ["Printer jams"]
    assert subjects(mira, "TD-99999999999999999999999") == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("jam", ["Printer jams"]),
        ("DRUCKER buro", ["Drücker im Büro"]),
        ("driver", ["Drücker im Büro"]),
        ("printer/driver", ["Drücker im Büro"]),
        ("e-mails", ["Drücker im Büro"]),
        ("0x8007", ["Drücker im Büro"]),
        ("kaffee-masch", ["VPN drops"]),
        ('"printer near"', ["VPN drops"]),
        ('"near printer"', []),
        ('"jams paper"', []),
        ('"printer jam"', []),
        ('"printer jams', ["Printer jams"]),
        ("printer -vpn -drücker", ["Printer jams"]),
        ('printer -"no printer"', ["Printer jams", "Drücker im Büro"]),
        ("printer nothing", []),
        ("-printer", []),
        ("", []),
        ("?! ' \\ :* & | ( <-> %", []),
        ("'; drop table tickets_ticket; --", []),
        ("\x00", []),
        ("\ud800", []),
    ],
)
def test_words_phrases_and_exclusions(three, mira, words, found):
    assert subjects(mira, words) == found


def test_ten_thousand_characters_are_cut_and_answered(three, mira):
    assert subjects(mira, "printer " * 1_250) == ["Printer jams", "VPN drops", "Drücker im Büro"]
    assert subjects(mira, "x" * 10_000) == []
    assert subjects(mira, '"' * 10_000) == []


def test_nobody_finds_what_they_may_not_open(three, otto, tomasz, greta):
    assert subjects(otto, "printer") == []
    assert subjects(otto, three[0].number) == []
    assert subjects(tomasz, "printer") == []
    assert len(subjects(greta, "printer")) == 3


def test_the_desk_searches_notes_too_requesters_do_not(three, ines, mira, later):
    operations.note(three[0], text="Firmware is rotten.", by=mira, at=later(hours=3))
    assert subjects(mira, "firmware paper") == ["Printer jams"]
    assert subjects(ines, "firmware") == []


def test_a_note_for_a_higher_tier_is_found_by_nobody(three, mira, yuki, later):
    operations.note(three[0], text="Rootkit suspected.", by=mira, at=later(hours=3), min_tier=3)
    reindex(three[0])
    assert (subjects(mira, "rootkit"), subjects(yuki, "rootkit")) == ([], [])


def test_a_vendors_guest_searches_subjects_only(three, vera, vendors):
    Ticket.objects.filter(pk=three[0].pk).update(team=vendors, tier_id=4)
    assert subjects(vera, "printer") == ["Printer jams"]
    assert subjects(vera, "paper") == []


def test_a_reply_is_found_at_once_and_a_redacted_one_no_more(three, ines, mira, ada, later):
    operations.reply(three[0], text="My password is Hunter2.", by=ines, at=later(hours=3))
    assert subjects(mira, "hunter2") == ["Printer jams"]
    operations.redact_message(
        Message.objects.get(body__contains="Hunter2"), reason="password", by=ada, at=later(hours=4)
    )
    assert subjects(mira, "hunter2") == []
    assert subjects(mira, "paper") == ["Printer jams"]


def test_a_new_subject_is_found_and_the_old_one_no_more(three, mira, later):
    operations.change(three[0], subject="Scanner jams", by=mira, at=later(hours=3))
    assert (subjects(mira, "scanner"), subjects(mira, '"printer jams"')) == (["Scanner jams"], [])


def test_a_search_costs_five_queries_at_most(three, mira, kept_names, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(searching, "_kept", None)
    mira.seats, mira.serving  # noqa: B018 (read for the page already)
    search(mira, "printer")
    with django_assert_num_queries(3):
        found = search(mira, "printer", within=Q(subject_plain__contains="vpn"), limit=1)
    assert [ticket.subject for ticket in found] == ["VPN drops"]
    monkeypatch.setattr(searching, "NEWEST", 1)
    monkeypatch.setattr(searching, "_kept", None)
    with django_assert_num_queries(5):
        found = search(mira, "printer")
    assert [ticket.subject for ticket in found] == ["Printer jams", "VPN drops", "Drücker im Büro"]


def test_writing_the_words_of_a_message_is_one_statement(three, django_assert_num_queries):
    message = Message.objects.filter(ticket=three[0]).get()
    with django_assert_num_queries(1):
        index_message(three[0], message)


@pytest.mark.parametrize(
    "body",
    ["word " * 40_000, " ".join(f"w{n:x}" for n in range(60_000)), "x" * 200_000, "ü" * 100_000, "\x00 ' \\"],
)
def test_no_text_is_too_much(three, body):
    ticket = three[0]
    message = Message(ticket=ticket, body=body)
    for _time in range(6):
        index_message(ticket, message)
    text = TicketText.objects.extra(select={"size": "octet_length(public::text)"}).get(pk=ticket.pk)
    assert text.size < 1_000_000


def test_folding_twice_changes_nothing_and_words_are_cut_alike():
    for text in ("Straße ΣΊΣΥΦΟΣ ﬁle ℡ \uff26\uff35\uff2c\uff2c İstanbul", "Ünïcödé", "a\x00b", "x\ud800y"):
        folded = fold_words(text)
        assert fold_words(folded) == folded
    assert tokens("The printer/driver_v2, e-mail: Ärger!") == [
        "the", "printer", "driver", "v2", "e", "mail", "arger",
    ]  # fmt: skip
    assert vector([("a b a", "A"), ("b", "B")]) == "'a':1A,3A 'b':2A,5B"
