"""Files with one row a ticket and no key of their own."""

from accounts.models import Team
from tests.intake.conftest import SAMPLES, TEXTS
from tickets.models import Kind, Message, Status, Ticket
from tickets.state import check

FILE = SAMPLES / "texts.csv"


def test_two_equal_rows_are_two_tickets(run):
    report = run(FILE, TEXTS)
    assert (report["rows"], report["tickets"], report["open_tickets"]) == (5, 5, 5)
    assert Ticket.objects.filter(subject="new laptop").count() == 2


def test_and_importing_them_again_adds_none(run):
    run(FILE, TEXTS)
    again = run(FILE, TEXTS)
    assert (Ticket.objects.count(), again["tickets"], len(again["skipped"])) == (5, 0, 5)


def test_a_third_equal_row_is_one_ticket_more(run, tmp_path):
    run(FILE, TEXTS)
    lines = FILE.read_text(encoding="utf-8").splitlines()
    longer = tmp_path / "longer.csv"
    longer.write_text("\n".join([*lines, lines[1]]) + "\n", encoding="utf-8")
    assert run(longer, TEXTS)["tickets"] == 1


def test_an_empty_title_takes_the_first_words_of_the_text(run):
    run(FILE, TEXTS)
    row = Ticket.objects.get(subject__startswith="mail server")
    assert row.subject == "mail server answers nobody since nine o clock and everybody here waits for it"
    assert (row.kind, row.urgency, row.impact, row.priority) == (Kind.INCIDENT, 1, 1, 1)


def test_codes_that_say_nothing_take_the_default(run):
    run(FILE, TEXTS)
    row = Ticket.objects.filter(subject="new laptop").first()
    assert (row.kind, row.urgency, row.impact, row.priority) == (Kind.REQUEST, 2, 3, 4)


def test_imported_tickets_wait_with_the_first_team_and_fold(run):
    run(FILE, TEXTS)
    assert set(Ticket.objects.values_list("team__name", "status")) == {("Service desk", Status.NEW)}
    assert Team.objects.count() == 1
    assert [check(row) for row in Ticket.objects.all()] == [[]] * 5


def test_markup_and_any_script_are_kept_as_they_are(run):
    run(FILE, TEXTS)
    body = Message.objects.get(ticket__subject="printer", kind="description").body
    assert body == '<script>alert(1)</script> says the display, then "paper" ☃ שלום'


def test_long_words_lose_nothing(run, texts):
    title, body = "t" * 300, "word " * 4_000
    report = run(texts([[title, body]]), TEXTS)
    row = Ticket.objects.get()
    assert (len(row.subject), row.subject[-1]) == (250, "…")
    assert row.messages.get(kind="description").body == f"{title}\n\n{body.strip()}"
    assert (
        report["notes"][0]["note"] == "The subject was cut to 250 characters; the text begins with all of it."
    )


def test_a_nul_character_does_not_stop_the_import(run, texts):
    run(texts([["a\x00b", "text \x00 text"]]), TEXTS)
    assert Ticket.objects.get().subject == "ab"


def test_resolved_and_closed_have_times_of_their_own(run, tmp_path):
    mapping = tmp_path / "m.yml"
    mapping.write_text(
        """
system: old desk
mode: rows
key: id
url: https://old.example/{key}
columns: {opened_at: opened, resolved_at: resolved, closed_at: closed, state: state, subject: title,
  requester: name, requester_mail: mail, group: team}
values: {state: {done: closed, works: open}}
groups: {unknown: {tier: 3, team: "Old {group}"}}
"""
    )
    file = tmp_path / "old.csv"
    file.write_text(
        "id,opened,resolved,closed,state,title,name,mail,team\n"
        "7,2020-01-01T10:00,2020-01-02T10:00,2020-01-05T10:00,done,VPN,Ines,ines@northwind.example,Net\n"
        "8,2020-01-01T10:00,,,works,LAN,Ines,ines@northwind.example,Net\n"
        "7,2020-01-01T10:00,,,works,again,Ines,ines@northwind.example,Net\n"
    )
    report = run(file, mapping)
    first = Ticket.objects.get(external_references__key="7")
    kinds = [(event.kind, event.at.day) for event in first.events.order_by("id")]
    assert kinds == [
        ("ticket.opened", 1),
        ("ticket.resolved", 2),
        ("ticket.closed", 5),
        ("ticket.imported", 5),
    ]
    assert (first.team.name, first.tier_id) == ("Old Net", 3)
    assert first.external_references.get().url == "https://old.example/7"
    assert first.requester.email == "ines@northwind.example"
    assert Ticket.objects.get(external_references__key="8").requester == first.requester
    assert report["skipped"] == [
        {"row": 4, "reason": "The key 7 stood in row 2 already; one row makes one ticket."}
    ]


def test_a_person_whom_the_desk_knows_is_not_made_twice(run, tmp_path, ines):
    mapping, file = tmp_path / "m.yml", tmp_path / "f.csv"
    mapping.write_text(
        "{system: x, mode: rows, key: id, columns: {subject: t, requester: name, requester_mail: mail}}"
    )
    file.write_text("id,t,name,mail\n1,VPN,I. Okafor,INES@northwind.example\n")
    run(file, mapping)
    row = Ticket.objects.get()
    assert (row.requester, row.organisation) == (ines, ines.organisation)
