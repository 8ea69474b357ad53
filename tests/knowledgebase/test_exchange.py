"""Articles in folders: what is taken, what is refused and why, and that the same folder once more changes nothing."""

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Organisation, User
from knowledgebase.exchange.importing import import_folder
from knowledgebase.exchange.reporting import Report
from knowledgebase.models import Article, ArticleFile, ArticleVersion, Section
from knowledgebase.operations import describing, writing
from tests.portal.conftest import png
from tickets.models import Category

VPN = """---
title: VPN drops every 20 minutes
summary: Change two settings.
kind: how_to
audience: organisations
organisations: [Northwind Care]
language: en
tags: [vpn, home office]
owner: Mira@desk.example
review_by: 2027-02-28
categories: [Network › VPN]
related: [wifi]
---
## First

Restart it. ![The window](shots/window.png) See [the Wi-Fi](../wireless/wifi.md#slow) and [the vendor](https://a.example/).
"""
WIFI = """# Wi-Fi is slow

Move *nearer*.
"""
ERROR = """---
title: Client 5.1 drops
kind: known_error
error_status: workaround
symptom: |
  It drops.

  Again and again.
workaround: Use 5.0.
---
Further notes.
"""
PAGE = """<!doctype html><html lang="de-DE"><head><title>Seite - Firma</title>
<meta name="description" content="Kurz gesagt."><style>p { color: red }</style></head>
<body><nav><a href="/">Home</a></nav><main><h1>Drucker einrichten</h1><p onclick="x()">Wähle <b>ihn</b> aus.</p>
<script>alert(1)</script><ul><li>eins</li><li>zwei</li></ul><table><tr><th>a</th></tr><tr><td>b</td></tr></table>
<p><img src="bild.png" alt="Bild"></p></main></body></html>"""


@pytest.fixture
def folder(tmp_path: Path, northwind: Organisation, mira: User, vpn: Category) -> Path:
    for name, text in {
        "network/vpn/vpn-drops.md": VPN,
        "network/wireless/wifi.md": WIFI,
        "network/vpn/client-51.md": ERROR,
        "printing/drucker.html": PAGE,
        "network/_notes.md": "Not an article.",
        "network/readme.txt": "Nor this.",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "network/vpn/shots").mkdir()
    (tmp_path / "network/vpn/shots/window.png").write_bytes(png())
    (tmp_path / "printing/bild.png").write_bytes(png())
    return tmp_path


@pytest.fixture
def take(folder: Path, at: datetime) -> Callable[..., Report]:
    def take(**options: Any) -> Report:
        return import_folder(folder, **{"by": None, "at": at, **options})

    return take


def outcomes(report: Report) -> dict[str, str]:
    return {line.file: line.outcome for line in report.lines}


def refused(report: Report) -> list[tuple[str, str]]:
    return [(line.file, line.field) for line in report.refused()]


def said(slug: str) -> ArticleVersion:
    version = Article.objects.get(slug=slug).published
    assert version is not None
    return version


def test_a_folder_becomes_published_articles_in_sections(
    take: Callable[..., Report], mira: User, vpn: Category
) -> None:
    assert set(outcomes(take()).values()) == {"taken"}
    assert list(Section.objects.order_by("path").values_list("path", "name")) == [
        ("network", "Network"),
        ("network/vpn", "Vpn"),
        ("network/wireless", "Wireless"),
        ("printing", "Printing"),
    ]
    article = Article.objects.get(slug="vpn-drops")
    assert (
        article.section.path,
        article.status,
        article.audience,
        article.owner,
        article.tags,
        article.review_by,
    ) == (
        "network/vpn",
        "published",
        "organisations",
        mira,
        ["vpn", "home office"],
        date(2027, 2, 28),
    )
    assert list(article.section.ticket_categories.all()) == [vpn]
    assert [each.slug for each in article.related.all()] == ["wifi"]
    assert said("vpn-drops").body == (
        "## First\n\nRestart it. ![The window](file:window.png) See [the Wi-Fi](article:wifi#slow) and "
        "[the vendor](https://a.example/)."
    )
    assert list(ArticleFile.objects.filter(article=article).values_list("name", "width")) == [
        ("window.png", 1)
    ]


def test_markdown_without_front_matter_has_its_title_from_its_first_heading(
    take: Callable[..., Report],
) -> None:
    take()
    assert (said("wifi").title, said("wifi").body) == ("Wi-Fi is slow", "Move *nearer*.")


def test_a_known_error_has_its_parts(take: Callable[..., Report]) -> None:
    take()
    version = said("client-51")
    assert (version.symptom, version.workaround, version.body) == (
        "It drops.\n\nAgain and again.",
        "Use 5.0.",
        "Further notes.",
    )
    assert version.article.error_status == "workaround"


def test_a_page_of_html_becomes_markdown_without_what_runs(take: Callable[..., Report]) -> None:
    take()
    version = said("drucker")
    assert (version.title, version.summary, version.article.language) == (
        "Drucker einrichten",
        "Kurz gesagt.",
        "de",
    )
    assert version.body == (
        "Wähle **ihn** aus.\n\n- eins\n- zwei\n\n| a |\n| --- |\n| b |\n\n![Bild](file:bild.png)"
    )


def test_the_same_folder_once_more_changes_nothing(take: Callable[..., Report], later: Any) -> None:
    take()
    before = list(Article.objects.order_by("pk").values_list("pk", "changed_at", "published_id"))
    assert set(outcomes(take(at=later(days=1))).values()) == {"unchanged"}
    assert list(Article.objects.order_by("pk").values_list("pk", "changed_at", "published_id")) == before
    assert ArticleVersion.objects.count() == 4


def test_a_file_that_changed_becomes_the_next_version(
    take: Callable[..., Report], folder: Path, later: Any
) -> None:
    take()
    path = folder / "network/wireless/wifi.md"
    path.write_text(WIFI.replace("nearer", "away"))
    assert outcomes(take(at=later(days=1)))["network/wireless/wifi.md"] == "taken"
    version = said("wifi")
    assert (version.number, version.body) == (2, "Move *away*.")


def test_an_article_that_was_renamed_since_is_still_found(
    take: Callable[..., Report], lars: User, later: Any
) -> None:
    take()
    describing.rename(Article.objects.get(slug="wifi"), slug="slow-wireless", by=lars, at=later(hours=1))
    assert set(outcomes(take(at=later(days=1))).values()) == {"unchanged"}
    assert Article.objects.count() == 4


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("No title at all.", "title"),
        ("---\ntitle: x\nreviewby: 2027-01-01\n---\nx", "reviewby"),
        ("---\ntitle: [x\n---\nx", "file"),
        ("---\n- x\n---\nx", "file"),
        ("---\ntitle: x\nreview_by: soon\n---\nx", "review_by"),
        ("---\ntitle: x\nposition: first\n---\nx", "position"),
        ("---\ntitle: x\naudience: friends\n---\nx", "audience"),
        ("---\ntitle: x\naudience: organisations\norganisations: [Nobody Ltd]\n---\nx", "organisations"),
        ("---\ntitle: x\nkind: poem\n---\nx", "kind"),
        ("---\ntitle: x\nlanguage: tlh\n---\nx", "language"),
        ("---\ntitle: x\nowner: nobody@desk.example\n---\nx", "owner"),
        ("---\ntitle: x\ncategories: [Nowhere]\n---\nx", "categories"),
        ("---\ntitle: x\nrelated: [gone]\n---\nx", "related"),
        ("---\ntitle: x\ntranslation_of: gone\nlanguage: de\n---\nx", "translation_of"),
        ("---\ntitle: x\nmanual: wifi\n---\nx", "manual"),
        ("---\ntitle: x\nsymptom: It drops.\n---\nx", "symptom"),
        ("---\ntitle: x\nkind: sop\nscript: later\n---\nx", "script"),
        ("---\ntitle: x\nkind: sop\nscript: {start: a, steps: {}}\n---\nx", "script"),
        ("---\ntitle: x\nstatus: secret\n---\nx", "status"),
        ('---\ntitle: "x\\0"\nowner: "\\0"\nkind: "\\0poem"\n---\nx', "kind"),
        ('---\ntitle: x\nkind: sop\nscript: {start: "\\0", steps: {}}\n---\nx', "script"),
        ("---\ntitle: &a x\nsummary: *a\n---\nx", "file"),
        ("---\ntitle: x\n---\n" + "x" * 100_001, "body"),
        ("---\ntitle: x\n---\n", "body"),
        ("x" * (5 * 2**20), "file"),
        ("\udcff", "file"),
    ],
    ids=lambda value: value[:40],
)
def test_a_file_that_cannot_be_taken_names_its_field_and_leaves_the_others_alone(
    db: None, tmp_path: Path, at: datetime, text: str, field: str
) -> None:
    (tmp_path / "network").mkdir()
    (tmp_path / "network/wifi.md").write_text(WIFI)
    (tmp_path / "network/bad.md").write_bytes(text.encode("utf-8", "surrogateescape"))
    report = import_folder(tmp_path, by=None, at=at)
    assert refused(report) == [("network/bad.md", field)]
    assert list(Article.objects.filter(status="published").values_list("slug", flat=True)) == ["wifi"]


def test_a_section_has_its_name_and_settings_from_its_own_file(
    take: Callable[..., Report], folder: Path, vpn: Category
) -> None:
    said = "name: Remote access\nhint: VPN\nposition: 3\nreview_required: true\ncategories: [Network › VPN]\n"
    (folder / "network/wireless/_section.yml").write_text(said)
    assert refused(take()) == []
    section = Section.objects.get(path="network/wireless")
    assert (section.name, section.hint, section.position, section.is_review_required) == (
        "Remote access",
        "VPN",
        3,
        True,
    )
    assert list(section.ticket_categories.all()) == [vpn]
    assert Article.objects.get(slug="wifi").is_published


@pytest.mark.parametrize(
    "said", ["nmae: x", "- x", "position: 99999", "position: first", "categories: x", "categories: [Nowhere]"]
)
def test_a_section_whose_file_cannot_be_used_takes_no_article(
    take: Callable[..., Report], folder: Path, said: str
) -> None:
    (folder / "network/wireless/_section.yml").write_text(said)
    assert [file for file, _field in refused(take())] == ["network/wireless/wifi.md"]
    assert not Section.objects.filter(path="network/wireless").exists()


def test_two_files_of_one_name_cannot_both_be_the_article(take: Callable[..., Report], folder: Path) -> None:
    (folder / "printing/wifi.md").write_text(WIFI)
    assert refused(take()) == [("printing/wifi.md", "slug")]


def test_a_file_in_no_folder_has_no_section(take: Callable[..., Report], folder: Path) -> None:
    (folder / "loose.md").write_text("# Loose\n\nx")
    assert refused(take()) == [("loose.md", "file")]


def test_no_file_outside_of_the_folder_is_read(
    take: Callable[..., Report], folder: Path, tmp_path_factory: Any
) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.png"
    secret.write_bytes(png())
    (folder / "network/wireless/link.png").symlink_to(secret)
    (folder / "network/wireless/wifi.md").write_text(
        f"# Wi-Fi\n\n![a](../../../{secret.parent.name}/secret.png) ![b](link.png) [c](file:../../x) ![d](gone.png)"
    )
    report = take()
    line = next(line for line in report.lines if line.slug == "wifi")
    assert (line.outcome, len(line.notes)) == ("taken", 4)
    assert not ArticleFile.objects.filter(article__slug="wifi").exists()


def test_chapters_and_translations_find_whom_they_belong_to_in_whatever_order(
    take: Callable[..., Report], folder: Path
) -> None:
    for name, text in {
        "a-kapitel.md": "---\ntitle: Kapitel\nlanguage: de\nmanual: z-handbuch\ntranslation_of: b-chapter\n---\nx",
        "b-chapter.md": "---\ntitle: Chapter\nmanual: z-manual\nposition: 1\n---\nx",
        "z-handbuch.md": "---\ntitle: Handbuch\nkind: manual\nlanguage: de\ntranslation_of: z-manual\n---\nx",
        "z-manual.md": "---\ntitle: Manual\nkind: manual\naudience: l1\n---\nx",
    }.items():
        (folder / "printing" / name).write_text(text)
    assert refused(take()) == []
    chapter = Article.objects.get(slug="a-kapitel")
    assert chapter.manual
    assert chapter.original
    assert (chapter.manual.slug, chapter.original.slug, chapter.audience) == ("z-handbuch", "b-chapter", "l1")
    assert refused(take()) == []


def test_where_a_review_is_required_an_import_waits_for_it(
    take: Callable[..., Report], folder: Path, later: Any
) -> None:
    take()
    Section.objects.filter(path="network/wireless").update(is_review_required=True)
    (folder / "network/wireless/wifi.md").write_text(WIFI.replace("nearer", "away"))
    assert outcomes(take(at=later(days=1)))["network/wireless/wifi.md"] == "waits_for_review"
    assert said("wifi").body == "Move *nearer*."


def test_an_import_by_a_person_has_that_persons_permissions(
    take: Callable[..., Report], mira: User, ada: User
) -> None:
    assert {field for _file, field in refused(take(by=mira))} == {"not_allowed"}
    assert not Article.objects.exists()
    assert refused(take(by=ada)) == []


def test_what_is_exported_is_imported_unchanged(
    take: Callable[..., Report], folder: Path, tmp_path_factory: Any, lars: User, at: datetime, later: Any
) -> None:
    take()
    section = Section.objects.get(path="printing")
    sop = {
        "start": "done",
        "steps": {"done": {"kind": "outcome", "act": "resolve", "code": "fixed", "text": "Done: yes"}},
    }
    writing.create_article(
        section=section, title="Script", kind="sop", script=sop, owner=lars, by=None, at=at
    )
    out = tmp_path_factory.mktemp("out")
    call_command("export_articles", out, "--all")
    assert (out / "network/vpn/vpn-drops.files/window.png").read_bytes() == png()
    assert (out / "network/vpn/_section.yml").read_text() == "name: Vpn\ncategories:\n- Network › VPN\n"
    report = import_folder(out, by=None, at=later(days=1))
    assert outcomes(report) == {
        "network/vpn/client-51.md": "unchanged",
        "network/vpn/vpn-drops.md": "unchanged",
        "network/wireless/wifi.md": "unchanged",
        "printing/drucker.md": "unchanged",
        "printing/script.md": "unchanged",
    }


def test_the_commands_write_a_report_and_refuse_what_is_no_folder(
    folder: Path, tmp_path: Path, capsys: Any
) -> None:
    (folder / "network/bad.md").write_text("No title.")
    target = tmp_path / "report.json"
    call_command("import_articles", folder, "--report", target)
    report = json.loads(target.read_text())
    assert {
        name: report[name] for name in ("files", "taken", "unchanged", "waits_for_review", "refused")
    } == {"files": 5, "taken": 4, "unchanged": 0, "waits_for_review": 0, "refused": 1}
    bad = next(line for line in report["lines"] if line["outcome"] == "refused")
    assert (bad["file"], bad["field"]) == ("network/bad.md", "title")
    assert "5 files: 4 taken" in capsys.readouterr().out
    with pytest.raises(CommandError, match="is no folder"):
        call_command("import_articles", folder / "gone")
    with pytest.raises(CommandError, match="Nobody has the login"):
        call_command("import_articles", folder, "--by", "nobody@desk.example")
