"""Lists as files: at once where they are short, else behind the page; in CSV and XLSX; for who may see them."""

import io
import re
import zipfile
from datetime import timedelta
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from django.core.files.storage import default_storage

from accounts.models import Membership, Team, User
from delivery.operations import claim, deliver
from insights import exporting, tasks
from insights.exporting import Page, of_rows, write_workbook
from insights.models import Export
from insights.operations import exporting as operations
from insights.operations.exporting import Ended, TooLong, TooMany
from tests.conftest import MONDAY
from tests.insights.world import follow
from tickets.operations import restricting
from tickets.refusals import Invalid

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read_sheet(content: bytes) -> list[list[object]]:
    """The rows of a workbook's sheet, from its XML alone: text, numbers, nothing that is carried out."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        root = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    rows = []
    for row in root.iter(f"{SHEET}row"):
        cells: list[object] = []
        for cell in row:
            assert cell.find(f"{SHEET}f") is None, "a formula"
            column = re.sub(r"\d", "", cell.attrib["r"])
            cells += [None] * (ord(column[-1]) - ord("A") - len(cells))
            text = "".join(part.text or "" for part in cell.iter(f"{SHEET}t"))
            value = cell.find(f"{SHEET}v")
            number = value.text if value is not None else None
            cells.append(text if cell.attrib.get("t") == "inlineStr" else float(number or 0))
        rows.append(cells)
    return rows


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def numbers():
    """A list of numbers for whoever is a manager, in pages of 700."""

    def open_(person, query, at):
        many = int(query.get("n", "10"))

        def pages(cursor):
            for begin in range(cursor or 0, many, 700):
                end = min(begin + 700, many)
                yield Page([[f"Row {n}", n, MONDAY] for n in range(begin, end)], end)

        if not person.is_manager:
            return None
        return exporting.Listing(
            "Numbers: all [of] them", "numbers", ["Row", "N", "When"], lambda: many, pages
        )

    exporting.teach("test numbers", open_)
    yield "test numbers"
    exporting._sources.pop("test numbers")


def asked(numbers: str, by: User, n: int, form: str = "csv", at=MONDAY) -> Export:
    listing = exporting.open_listing(numbers, by, f"n={n}", at=at)
    assert listing is not None
    return operations.ask(source=numbers, asked=f"n={n}", listing=listing, form=form, by=by, at=at)


# --- Cells ---


def test_no_cell_is_carried_out_by_a_spreadsheet(tmp_path):
    half_past_nine = MONDAY + timedelta(minutes=30)
    rows = [["=1+1", "@SUM(A1)", -5, 10**18, half_past_nine, MONDAY.date(), True, None, "x" * 40_000]]
    path = tmp_path / "x.xlsx"
    assert write_workbook(path, title="A/B: [c]?", head=[f"c{n}" for n in range(9)], rows=rows) == 1
    (head, row) = read_sheet(path.read_bytes())
    assert head[:2] == ["c0", "c1"]
    assert row[:4] == ["=1+1", "@SUM(A1)", -5.0, str(10**18)]
    assert row[4] == pytest.approx(46349.395833, abs=1e-5)  # days since 1900, half past nine
    assert row[5] == 46349.0
    assert len(str(row[8])) == 32_767
    text = exporting.csv_lines([["=1+1", -5, "-5"]])
    assert text == "'=1+1,-5,'-5\r\n"


def test_a_workbook_stops_at_its_last_row_and_leaves_the_rest(tmp_path):
    rows = iter([[n] for n in range(5)])
    assert write_workbook(tmp_path / "x.xlsx", title="x", head=["n"], rows=rows, most=3) == 3
    assert list(rows) == [[3], [4]]


# --- Short lists ---


def test_a_queue_comes_as_csv_and_as_xlsx_at_once(signed_in, mira, ticket, media):
    client = signed_in(mira)
    address = "list=queue&name=tier-1&sort=newest"
    page = client.get(f"/insights/export/?{address}").content.decode()
    assert "1 row, as it is now" in page
    csv = body(client.get(f"/insights/export/file/?{address}&format=csv")).decode()
    assert csv.splitlines()[0].lstrip("\ufeff").startswith("Number,Subject,Status")
    assert ticket.number in csv
    answer = client.get(f"/insights/export/file/?{address}&format=xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="tier-1-2026-11-23.xlsx"'
    head, row = read_sheet(body(answer))
    assert (head[0], row[0], row[1]) == ("Number", ticket.number, ticket.subject)
    narrowed = body(client.get(f"/insights/export/file/?{address}&priority=1&format=csv")).decode()
    assert ticket.number not in narrowed


def test_a_list_of_others_cannot_be_told_from_none(signed_in, ines, mira, vera, ticket):
    for user, address in (
        (ines, "list=queue&name=tier-1"),
        (vera, "list=queue&name=tier-1"),
        (mira, "list=queue&name=nowhere"),
        (mira, "list=breaches"),
        (mira, "list=nonsense"),
        (ines, "list=tickets"),
    ):
        assert signed_in(user).get(f"/insights/export/?{address}").status_code == 404, address


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("period=never", "Period: “never” is no period. Choose one of: 7, 30, 90"),
        ("from=2026-11-23&to=2026-11-22", "Last day: The last day is before the first."),
        ("from=2006-11-23&to=2026-11-22", "Last day: That is more than ten years."),
        ("from=2026-12-01&to=2026-12-31", "First day: This day is still to come."),
        ("team=9999", "Team: 9999 is not among those that you can choose."),
        ("of=moon", "There is no figure “moon”. Choose one of: opened, resolved"),
    ],
)
def test_a_list_that_is_asked_for_wrongly_says_what_is_wrong(signed_in, max_, asked, words):
    answer = signed_in(max_).get(f"/insights/export/?list=tickets&{asked}")
    assert answer.status_code == 400
    assert words in unescape(answer.content.decode())


def test_an_export_of_a_team_that_is_gone_fails_and_says_why(max_, ticket, network, media, later):
    follow(later(hours=1))
    spare = Team.objects.create(name="Spare", tier=network.tier)
    query = f"period=7&of=opened&team={spare.pk}"
    listing = exporting.open_listing("tickets", max_, query, at=later(hours=1))
    row = operations.ask(
        source="tickets", asked=query, listing=listing, form="csv", by=max_, at=later(hours=1)
    )
    spare.delete()
    row = operations.run(row, at=later(hours=1, seconds=5))
    assert (row.state, row.error) == ("failed", "What you may see has changed. Export the list anew.")


def test_each_table_of_insights_can_be_exported(signed_in, max_, greta, ticket, at):
    follow(at)
    for name in ("breaches", "budget", "hand-offs", "rules", "articles", "tickets&of=opened"):
        answer = signed_in(max_).get(f"/insights/export/file/?list={name}&period=7&format=xlsx")
        assert answer.status_code == 200, name
        rows = read_sheet(body(answer))
        assert len(rows) == (2 if "opened" in name else 1), name
    by_team = "/insights/export/file/?list=figures&by=team&period=7&format=xlsx"
    head, *rows = read_sheet(body(signed_in(max_).get(by_team)))
    assert (head[:4], rows[0][:2]) == (["team", "Opened", "Cases", "Of"], ["Service desk", 1.0])
    assert read_sheet(body(signed_in(greta).get(by_team)))[0][0] == "kind"
    own = signed_in(greta).get("/insights/export/file/?list=tickets&of=opened&period=7&format=csv")
    assert ticket.number in body(own).decode()
    assert (
        "Team"
        not in body(signed_in(greta).get("/insights/export/file/?list=tickets&of=opened&format=csv")).decode()
    )


# --- Long lists ---


def test_a_long_list_is_written_piece_by_piece_with_its_progress(numbers, max_, media, later):
    row = asked(numbers, max_, 5_000)
    assert operations.step(row.pk, at=MONDAY)
    row.refresh_from_db()
    assert (row.state, row.seen, row.total, row.pieces) == ("running", 2_100, 5_000, 1)
    row = operations.run(row, at=later(seconds=9))
    assert (row.state, row.seen, row.pieces) == ("done", 5_000, 3)
    lines = b"".join(operations.fetched(row, by=max_, at=later(seconds=9))).decode().splitlines()
    assert len(lines) == 5_001
    assert (lines[1].split(",")[:2], lines[-1].split(",")[:2]) == (["Row 0", "0"], ["Row 4999", "4999"])


def test_a_worker_that_dies_after_a_piece_does_no_harm(numbers, max_, media):
    row = asked(numbers, max_, 3_000)
    operations._put_text(f"exports/{row.pk}/000000", "half a piece")
    row = operations.run(row, at=MONDAY)
    lines = b"".join(operations.fetched(row, by=max_, at=MONDAY)).decode().splitlines()
    assert len(lines) == 3_001
    assert "half a piece" not in lines[0]


def test_a_long_list_becomes_a_workbook_in_the_readers_zone(numbers, max_, media):
    User.objects.filter(pk=max_.pk).update(timezone="Asia/Tokyo")
    max_ = User.objects.get(pk=max_.pk)
    row = operations.run(asked(numbers, max_, 2_500, "xlsx"), at=MONDAY)
    rows = read_sheet(b"".join(operations.fetched(row, by=max_, at=MONDAY)))
    assert len(rows) == 2_501
    assert rows[1][:2] == ["Row 0", 0.0]
    assert rows[1][2] == 46349.75  # 9 o'clock in UTC is 18 in Tokyo
    assert default_storage.listdir(f"exports/{row.pk}")[1] == ["packed"]


def test_what_a_sheet_does_not_hold_is_said_before_and_comes_in_several_files(
    numbers, signed_in, max_, media, monkeypatch
):
    page = signed_in(max_).get(f"/insights/export/?list={numbers}&n=5000000").content.decode()
    assert "5,000,000 rows" in page
    assert "A sheet of XLSX holds 1,048,575 rows" in page
    assert "XLSX in 5 files" in page
    assert 'value="xlsx"' not in page
    with pytest.raises(TooLong) as refusal:
        asked(numbers, max_, 5_000_000, "xlsx")
    assert refusal.value.field == "format"
    answer = signed_in(max_).post(f"/insights/export/?list={numbers}&n=5000000", {"format": "xlsx"})
    assert answer.status_code == 422
    monkeypatch.setattr(exporting.write_workbook, "__kwdefaults__", {"most": 1_000})
    row = operations.run(asked(numbers, max_, 2_500, "parts"), at=MONDAY)
    with zipfile.ZipFile(io.BytesIO(b"".join(operations.fetched(row, by=max_, at=MONDAY)))) as archive:
        assert archive.namelist() == [f"numbers-{n}.xlsx" for n in (1, 2, 3)]
        assert len(read_sheet(archive.read("numbers-3.xlsx"))) == 501


def test_the_page_of_a_long_list_starts_a_job_and_shows_how_far_it_is(numbers, signed_in, max_, lars, media):
    client = signed_in(max_)
    address = f"list={numbers}&n=20000"
    assert client.get(f"/insights/export/file/?{address}&format=csv").status_code == 302
    answer = client.post(f"/insights/export/?{address}", {"format": "csv"})
    row = Export.objects.get()
    assert answer["Location"] == f"/insights/exports/{row.pk}/"
    operations.step(row.pk, at=MONDAY)
    assert "2,100 of 20,000 rows" in client.get(f"/insights/exports/{row.pk}/").content.decode()
    assert client.get(f"/insights/exports/{row.pk}/file/").status_code == 410
    operations.run(row, at=MONDAY)
    assert "Fetch the file" in client.get(f"/insights/exports/{row.pk}/").content.decode()
    answer = client.get(f"/insights/exports/{row.pk}/file/")
    assert answer["Content-Disposition"] == 'attachment; filename="numbers-2026-11-23.csv"'
    assert body(answer).count(b"\n") == 20_001
    assert signed_in(lars).get(f"/insights/exports/{row.pk}/").status_code == 404
    assert signed_in(lars).get(f"/insights/exports/{row.pk}/file/").status_code == 404


def test_one_person_has_three_under_way_at_most(numbers, max_, media):
    for _number in range(3):
        asked(numbers, max_, 10)
    with pytest.raises(TooMany):
        asked(numbers, max_, 10)
    with pytest.raises(Invalid) as refusal:
        asked(numbers, max_, 10, "pdf")
    assert refusal.value.field == "format"


# --- Who may fetch it, and how long ---


def test_what_may_be_seen_is_asked_again_when_it_is_fetched(
    numbers, max_, mira, service_desk, ticket, media, later
):
    row = operations.run(asked(numbers, max_, 10), at=MONDAY)
    Membership.objects.create(user=max_, team=service_desk)
    with pytest.raises(Ended):
        operations.fetched(row, by=User.objects.get(pk=max_.pk), at=MONDAY)
    Membership.objects.all().delete()
    assert operations.fetched(row, by=User.objects.get(pk=max_.pk), at=MONDAY)
    User.objects.filter(pk=max_.pk).update(is_manager=False, is_administrator=True)
    with pytest.raises(Ended):
        operations.fetched(row, by=User.objects.get(pk=max_.pk), at=MONDAY)


def test_a_ticket_that_was_restricted_meanwhile_does_not_leave_by_an_older_file(
    numbers, max_, mira, ticket, service_desk, media, later
):
    row = operations.run(asked(numbers, max_, 10), at=MONDAY)
    Membership.objects.get_or_create(user=mira, team=service_desk)
    restricting.restrict(ticket, people=[], by=mira, at=later(minutes=5))
    with pytest.raises(Ended):
        operations.fetched(row, by=max_, at=later(minutes=6))


def test_who_may_not_see_the_list_any_more_gets_no_file(numbers, max_, media, later):
    row = asked(numbers, max_, 5_000)
    operations.step(row.pk, at=MONDAY)
    User.objects.filter(pk=max_.pk).update(is_manager=False)
    row = operations.run(row, at=MONDAY)
    assert row.state == "failed"
    assert "has changed" in row.error


def test_exports_end_after_a_day_with_their_files(numbers, max_, media, later):
    rows = [operations.run(asked(numbers, max_, 3_000, form), at=MONDAY) for form in ("csv", "xlsx")]
    with pytest.raises(Ended):
        operations.fetched(rows[0], by=max_, at=MONDAY + timedelta(hours=25))
    assert operations.forget_old(at=MONDAY + timedelta(hours=23)) == 0
    assert operations.forget_old(at=MONDAY + timedelta(hours=25)) == 2
    assert not Export.objects.exists()
    for row in rows:
        assert default_storage.listdir(f"exports/{row.pk}")[1] == []


def test_a_table_that_is_there_goes_on_where_it_stopped():
    listing = of_rows("x", "x", ["n"], [[n] for n in range(4)])
    assert listing.count() == 4
    assert [list(page.rows) for page in listing.pages(3)] == [[[3]]]


# --- By the worker ---


def test_a_delivery_writes_it_and_packs_it(numbers, max_, media):
    row = asked(numbers, max_, 5_000, "xlsx")
    (delivery,) = claim(limit=10, worker="one", at=MONDAY)
    assert delivery.kind == operations.KIND
    assert deliver(delivery, at=MONDAY)
    row.refresh_from_db()
    assert (row.state, row.seen) == ("done", 5_000)


def test_what_takes_longer_is_the_next_deliverys(numbers, max_, media, monkeypatch):
    monkeypatch.setattr(tasks, "EXPORT_SECONDS", -1)
    row = asked(numbers, max_, 2_000)
    for number in range(4):
        (delivery,) = claim(limit=10, worker="one", at=MONDAY + timedelta(seconds=number))
        assert deliver(delivery, at=MONDAY + timedelta(seconds=number))
    row.refresh_from_db()
    assert (row.state, row.seen, row.pieces) == ("done", 2_000, 3)


def test_one_that_fails_every_time_says_so(numbers, max_, media):
    row = asked(numbers, max_, 10)
    exporting._sources[numbers] = "no.such.list"
    for number in range(operations.MOST_TRIES):
        at = MONDAY + timedelta(days=number)
        (delivery,) = claim(limit=10, worker="one", at=at)
        assert not deliver(delivery, at=at)
    row.refresh_from_db()
    assert row.state == "failed"
    assert "ModuleNotFoundError" in row.error


def test_a_cell_of_a_csv_that_is_streamed_is_in_the_readers_zone(numbers, signed_in, max_, media):
    User.objects.filter(pk=max_.pk).update(timezone="Asia/Tokyo")
    client = signed_in(User.objects.get(pk=max_.pk))
    assert (
        "2026-11-23 18:00+09:00"
        in body(client.get(f"/insights/export/file/?list={numbers}&n=1&format=csv")).decode()
    )
