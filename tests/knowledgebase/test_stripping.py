"""What is taken out of the words of a ticket before they become an article, and what is left alone."""

from typing import Any

import pytest

from knowledgebase.stripping import Known, strip

ON_FILE = Known(
    names=["Ines Okafor", "Will Ng", "Anne-Marie O'Neil"],
    organisations=["Northwind Care"],
    mails=["i.okafor@northwind.example"],
    phones=["+44 113 496 0001"],
    places=["Leeds, floor 2"],
    serials=["NW-1180"],
)


def left(text: str, known: Known = ON_FILE) -> str:
    return strip(text, known).text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ines Okafor called.", "[name] called."),
        ("INES OKAFOR\nand ines  okafor", "[name]\nand [name]"),
        ("Hi ines, this is Will.", "Hi [name], this is [name]."),
        ("Okafor's laptop, says Anne-Marie O'Neil", "[name] laptop, says [name]"),
        ("Her login is i.okafor", "Her login is [name]"),
        ("Northwind Care and northwind care", "[organisation] and [organisation]"),
        ("From Leeds, floor 2", "From [place]"),
        ("It is NW-1180.", "It is [serial]."),
        ("Mail i.okafor@northwind.example", "Mail [mail address]"),
    ],
)
def test_what_is_on_file_is_found_however_it_is_written(text: str, wanted: str) -> None:
    assert left(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ask bob.x+it@mail.other.example!", "Ask [mail address]!"),
        ("Call 0113 496 0002 or (0113) 496-0003", "Call [number] or [number]"),
        ("+49 (0)89 123456-78", "[number]"),
        ("Ping 10.20.0.12/24, then fe80:0:0:0:1:2:3:4", "Ping [network address], then [network address]"),
        ("MAC aa:bb:cc:dd:ee:0f", "MAC [network address]"),
        ("S/N: 5cd1234xyz, asset tag 00417", "S/N: [serial], asset tag [serial]"),
        ("The ASUS is 5CG2345678X", "The ASUS is [serial]"),
        ("password: hunter2", "password: [secret]"),
        ("Das Kennwort ist Sommer2026!", "Das Kennwort ist [secret]"),
        ("PIN 1234", "PIN [secret]"),
        ("At 12 Old Mill Road, LS1 4AP", "At [place], [place]"),
        ("Hauptstraße 12a, 80331 München", "[place], [place]"),
        ("https://id.example.com/reset?token=abc#x opens", "https://id.example.com/reset opens"),
    ],
)
def test_what_looks_personal_goes_though_nobody_knows_it(text: str, wanted: str) -> None:
    assert left(text, Known()) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "I will call tomorrow and mark it as done.",
        "Error 0x80070005 after KB5031234, see CVE-2026-12345 and TD-1042",
        "On 2026-11-23 09:00 and on 23.11.2026 it took 20 minutes",
        "Version 10.0.19045 of Office 365 on port 8080",
        "The password reset page says that the password is wrong",
        "1. Open Settings\n2. Choose Wi-Fi\n3. Forget the network",
        "https://help.example.com/vpn/ is the page",
    ],
)
def test_what_an_article_needs_stays(text: str) -> None:
    assert left(text) == text


def test_what_was_taken_out_is_counted_by_kind() -> None:
    done = strip("Ines wrote to a@b.example and c@d.example about NW-1180", ON_FILE)
    assert done.found == {"name": 1, "mail": 2, "serial": 1}


def test_nothing_on_file_is_nothing_to_look_for() -> None:
    assert left("", Known()) == ""
    assert left("Ines", Known(names=["", " "], phones=[""])) == "Ines"


@pytest.mark.parametrize("piece", ["a@", "1 ", "A-", "1 Aa ", "aa:", "(1", "password ", "https://x?", "Aa'"])
def test_a_hostile_text_comes_to_an_end(piece: Any) -> None:
    assert strip(piece * 20_000, ON_FILE).text.strip()
