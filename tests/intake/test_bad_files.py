"""Files that cannot be used, whole or in part: always a row or a name, and a remedy."""

import pytest
from django.core.management import CommandError, call_command

from intake.mapping import load_mapping
from tests.intake.conftest import MAPPINGS, SAMPLES, SERVICENOW, TEXTS
from tickets.models import Ticket

HEADER = "title,body,ticket_type,category,sub_category1,sub_category2,business_service,urgency,impact\n"


def refusal(file, mapping=TEXTS, **options):
    with pytest.raises(CommandError) as caught:
        call_command("import_tickets", file, mapping=mapping, **options)
    return str(caught.value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty: it has no header"),
        (b"title,body\nx,y\n", "has no column “business_service”, “category”"),
        (HEADER.replace(",", ";").encode(), "`format.delimiter` (',') may be wrong"),
        (b"title,title,body\n", "has the column “title” twice"),
        (HEADER.encode("utf-16"), "is UTF-16. Save it as UTF-8"),
        (HEADER.replace("title", "t\u00eftle").encode("latin-1"), "The header of"),
        (b"PK\x03\x04rest", "is a spreadsheet or an archive. Save it as CSV"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_do(tmp_path, content, says):
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    assert says in refusal(file)


@pytest.mark.django_db
def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert refusal(tmp_path / "none.csv") == f"There is no file {tmp_path / 'none.csv'}."
    assert "is a folder" in refusal(tmp_path)


@pytest.mark.django_db
def test_a_report_that_cannot_be_written_is_said_before_the_import(tmp_path):
    assert "cannot be written" in refusal(SAMPLES / "texts.csv", report=tmp_path / "no" / "report.json")
    assert Ticket.objects.count() == 0


def test_rows_of_another_encoding_are_skipped_one_by_one(run, tmp_path):
    file = tmp_path / "file.csv"
    tail = b",body,0,4,2,7,3,2,3\n"
    file.write_bytes(HEADER.encode() + b"good" + tail + "caf\u00e9".encode("latin-1") + tail + b"fine" + tail)
    report = run(file, TEXTS)
    assert (report["tickets"], [entry["row"] for entry in report["skipped"]]) == (2, [3])
    assert "“title” holds bytes that are not utf-8" in report["skipped"][0]["reason"]


def test_ragged_rows_are_skipped_and_blank_lines_are_none(run, tmp_path):
    file = tmp_path / "file.csv"
    file.write_text(HEADER + "a,b\n\n" + "x,y,0,4,2,7,3,2,3\n" + "x,y,0,4,2,7,3,2,3,too,many\n")
    report = run(file, TEXTS)
    assert (report["rows"], report["tickets"]) == (3, 1)
    assert [entry["row"] for entry in report["skipped"]] == [2, 4]


def test_a_quote_that_is_never_closed_does_not_swallow_the_reason(run, tmp_path):
    file = tmp_path / "file.csv"
    file.write_text(HEADER + "x,y,0,4,2,7,3,2,3\n" + 'bad,"' + "never closed\n" * 90_000)
    report = run(file, TEXTS)
    assert report["tickets"] == 1
    assert "Look for a quote that is never closed" in report["skipped"][0]["reason"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(run, tmp_path):
    file = tmp_path / "file.csv"
    file.write_bytes(b"\xef\xbb\xbf" + (SAMPLES / "texts.csv").read_bytes())
    assert run(file, TEXTS)["tickets"] == 5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("mode: rows", "mode: heap"), "line 4, mode: `heap` is not one of snapshots, rows"),
        (("columns:", "colums:"), "line 12, file: `colums` means nothing here; did you mean `columns`?"),
        (("tier: 1", "tier: 9"), "groups.empty.tier: expected a number from 0 to 4"),
        (('"0": incident', '"0": accident'), "line 22, values.kind.0: `accident` is not one of incident"),
        (("state: new", "state: newish"), "defaults.state: `newish` is not one of"),
        (("encoding: utf-8", "encoding: utf-9"), "no encoding is called `utf-9`"),
        (("system: ticket-texts", ""), "`system` is missing"),
        (
            ("domain: ticket-texts.example", "domain: mail.net"),
            "people.domain: generated addresses need a domain",
        ),
        (("key: content", "key: [a, b"), "is not valid YAML"),
        (("urgency: urgency", "urgency: [a]"), "columns.urgency: expected a text"),
    ],
)
def test_a_mapping_that_cannot_be_used_names_line_and_key(tmp_path, change, says):
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(TEXTS.read_text().replace(*change, 1))
    assert says in refusal(SAMPLES / "texts.csv", mapping)


def test_a_mapping_lists_all_its_troubles_at_once(tmp_path):
    mapping = tmp_path / "mapping.yml"
    mapping.write_text("mode: snapshots\nkey: content\n")
    said = refusal(SAMPLES / "texts.csv", mapping)
    assert said.count("\n  line") == 3


def test_the_shipped_mappings_name_no_unknown_column():
    assert sorted(path.name for path in MAPPINGS.glob("*.yml")) == ["servicenow.yml", "ticket_texts.yml"]


@pytest.mark.django_db
def test_the_mapping_of_another_file_names_the_columns_that_are_missing():
    assert "has no column “assigned_to”, “assignment_group”" in refusal(SAMPLES / "texts.csv", SERVICENOW)


def test_the_mapping_in_the_guide_can_be_used(tmp_path):
    guide = (MAPPINGS.parents[1] / "docs" / "import.md").read_text(encoding="utf-8")
    mapping = tmp_path / "guide.yml"
    mapping.write_text(guide.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    assert load_mapping(mapping).system == "old-desk"
