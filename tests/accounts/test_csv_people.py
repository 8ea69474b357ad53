from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.csv_people import Unreadable, decode, read
from accounts.models import Membership, Organisation, Team, User
from accounts.operations.importing import carry_out, plan

HEADER = "name,email,organisation,phone,location,manager,teams,role,vip,timezone\n"


def problems(text: str, **options) -> list[tuple[int, str, str]]:
    return [(each.row, each.column, each.message) for each in plan(read(text), **options).problems]


def test_people_are_added_with_all_that_the_file_says(
    northwind: Organisation, network: Team, service_desk: Team, at
) -> None:
    text = HEADER + (
        "Kim Lund,KIM@northwind.example,northwind care,+47 22,Oslo,lea@northwind.example,"
        "Network; Service desk,lead,yes,Europe/Oslo\n"
        "Lea Roth,lea@northwind.example,,,,,,,,\n"
    )
    done = carry_out(plan(read(text)), by=None, at=at)

    kim = User.objects.get(email="kim@northwind.example")
    assert done.counts == {"added": 2, "changed": 0, "unchanged": 0, "skipped": 0}
    assert (kim.name, kim.organisation, kim.phone, kim.location, kim.is_vip, kim.timezone) == (
        "Kim Lund",
        northwind,
        "+47 22",
        "Oslo",
        True,
        "Europe/Oslo",
    )
    assert kim.manager == User.objects.get(email="lea@northwind.example"), "though it stands further down"
    assert set(Membership.objects.filter(user=kim).values_list("team__name", "role")) == {
        ("Network", "lead"),
        ("Service desk", "lead"),
    }


def test_the_same_file_twice_changes_nothing(northwind: Organisation, network: Team, at) -> None:
    text = (
        HEADER
        + "Kim Lund,kim@x.example,Northwind Care,1,Oslo,lea@x.example,Network,,no,UTC\nLea,lea@x.example,,,,,,,,\n"
    )
    carry_out(plan(read(text)), by=None, at=at)

    assert plan(read(text)).counts == {"added": 0, "changed": 0, "unchanged": 2, "skipped": 0}


def test_what_a_file_does_not_say_stays(ines: User, at) -> None:
    carry_out(plan(read(f"email,name,phone\n{ines.email},,+44 113\n")), by=None, at=at)

    ines.refresh_from_db()
    assert (ines.name, ines.phone, ines.device) == ("Ines Okafor", "+44 113", "NW-1180")


def test_a_file_without_roles_demotes_no_lead(lars: User, service_desk: Team, at) -> None:
    text = f"name,email,teams\nLars Holm,{lars.email},Service desk\n"

    assert plan(read(text)).counts["unchanged"] == 1


def test_each_problem_names_row_column_and_remedy(network: Team, service_desk: Team) -> None:
    text = HEADER + (
        ",nobody@x.example,,,,,,,,\n"
        "No Mail,,,,,,,,,\n"
        "Bad Mail,no-at-sign,,,,,,,,\n"
        "A,a@x.example,Nowhere Ltd,,,,,,,\n"
        "B,b@x.example,,,,,Netwrk,,,\n"
        "C,c@x.example,,,,,,boss,,\n"
        "D,d@x.example,,,,,,lead,,\n"
        "E,e@x.example,,,,,,,maybe,\n"
        "F,f@x.example,,,,,,,,Mars/Base\n"
        f"{'G' * 121},g@x.example,,,,,,,,\n"
        "H,h@x.example,,,,,,,,,,extra\n"
        "I,a@x.example,,,,,,,,\n"
    )
    found = problems(text)

    assert [(row, column) for row, column, _message in found] == [
        (2, "name"),
        (3, "email"),
        (4, "email"),
        (5, "organisation"),
        (6, "teams"),
        (7, "role"),
        (8, "teams"),
        (9, "vip"),
        (10, "timezone"),
        (11, "name"),
        (12, ""),
        (13, "email"),
    ]
    assert found[3][2] == ("There is no organisation “Nowhere Ltd”. Mend the name, or let the import add it.")
    assert found[4][2] == (
        "There is no team “Netwrk”. Make it first, or choose one of: Network, Service desk."
    )
    assert found[5][2] == "“boss” is unknown. Write one of: requester, technician, lead, manager."
    assert found[11][2] == "a@x.example stands in row 5 already. Keep one row for each person."


def test_rows_add_up_and_the_good_ones_are_taken(db: None, at) -> None:
    text = "name,email\nAda,ada@x.example\nBad,bad\n\nEve,eve@x.example\n"
    done = carry_out(plan(read(text)), by=None, at=at)

    assert sum(done.counts.values()) == 3
    assert User.objects.count() == 2
    assert [each.row for each in done.problems] == [3]


def test_missing_organisations_are_added_when_asked(db: None, at) -> None:
    text = "name,email,organisation\nAda,ada@x.example,New Ltd\nEve,eve@x.example,new ltd\n"
    done = carry_out(plan(read(text), adds_organisations=True), by=None, at=at)

    assert done.counts["added"] == 2
    assert set(User.objects.values_list("organisation__name", flat=True)) == {"New Ltd"}


def test_an_unknown_manager_is_a_remark_not_a_loss(db: None) -> None:
    planned = plan(read("name,email,manager\nAda,ada@x.example,gone@x.example\n"))

    assert planned.counts["added"] == 1
    assert [(each.row, each.column) for each in planned.remarks] == [(2, "manager")]


def test_a_deactivated_person_stays_so(ines: User, at) -> None:
    User.objects.filter(pk=ines.pk).update(is_active=False)
    planned = carry_out(plan(read(f"name,email\nInes New,{ines.email}\n")), by=None, at=at)

    ines.refresh_from_db()
    assert (ines.name, ines.is_active) == ("Ines New", False)
    assert "stays so" in planned.remarks[0].message


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf", "The file is empty"),
        (b"name,email\n", "no row with a person"),
        (
            b"name,phone\nAda,1\n",
            "Column missing: email. The first row names the columns; this file has: name, phone",
        ),
        (b"name,email,email\nAda,a@x.example,b@x.example\n", "Column named twice: email"),
        ("name,email\nJürgen,j@x.example\n".encode("latin-1"), "Row 2 holds letters that are not UTF-8"),
        (b"name,email\nA\x00da,a@x.example\n", "Row 2 holds a NUL"),
        (b'name,email\n"Ada,a@x.example\nEve,e@x.example\n', "a quote is opened there and never closed"),
        (b"PK\x03\x04rest", "This is a spreadsheet"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(raw: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read(decode(raw))


def test_spreadsheets_of_all_kinds_are_read() -> None:
    expected = [{"name": "Zoë 🦊", "email": "z@x.example"}, {"name": "שרה", "email": "s@x.example"}]
    plain = "Name;E-Mail\r\nZoë 🦊;z@x.example\r\nשרה;s@x.example\r\n"
    for raw in (plain.encode(), plain.encode("utf-8-sig"), plain.replace(";", "\t").encode("utf-16")):
        assert [row.cells for row in read(decode(raw)).rows] == expected


def test_unknown_columns_are_told() -> None:
    assert read("name,email,shoe size\nAda,a@x.example,38\n").ignored_columns == ["shoe size"]


def test_the_command_reports_and_a_dry_run_writes_nothing(db: None, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("name,email\nAda,ada@x.example\nBad,bad\n")
    out = StringIO()

    call_command("import_people", str(file), "--dry-run", stdout=out)
    assert User.objects.count() == 0
    call_command("import_people", str(file), stdout=out)

    assert User.objects.count() == 1
    assert "row 3, email: skipped. bad: Enter a valid email address." in out.getvalue()
    assert "2 rows: 1 added, 0 changed, 0 unchanged, 1 skipped (nothing written)" in out.getvalue()
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_people", str(tmp_path / "none.csv"))
