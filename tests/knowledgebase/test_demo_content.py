"""The demo's articles and the judged searches over them: enough of each, no dead end, fit for its company."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from escalation.models import Reason
from helpdesk.demo import company
from helpdesk.demo.texts import LOADER, read
from knowledgebase.exchange.importing import import_folder
from knowledgebase.exchange.reporting import TAKEN, UNCHANGED
from knowledgebase.models import LANGUAGES, Article, ArticleAudience, ArticleKind, ErrorStatus, Section
from knowledgebase.models.choices import TIER_AUDIENCES
from knowledgebase.scripts.checking import check
from knowledgebase.scripts.reading import from_json
from knowledgebase.scripts.spec import HAND_OVER, RESOLVE, Kind, Script
from tickets.models import ResolutionCode

DEMO = Path(settings.BASE_DIR) / "helpdesk" / "demo"
ARTICLES = DEMO / "articles"
JUDGED = Path(settings.BASE_DIR) / "bench" / "judged_queries.yml"

KEYS = {
    *("title", "summary", "kind", "audience", "organisations", "language", "translation_of", "tags"),
    *("owner", "review_by", "related", "manual", "position", "categories", "script"),
    *("error_status", "symptom", "cause", "workaround", "fix"),
}
"""What the front matter of an article may say."""
ERROR_TEXTS = ("symptom", "cause", "workaround", "fix")
FEWEST_WORDS, MOST_WORDS = 120, 500
LINK = re.compile(r"\]\(article:([a-z0-9-]+)\)")
WORD = re.compile(r"[^\W_]+")
SAME_WORD = 0.8
"""From this likeness on a word counts as another spelling or ending of the same."""

STOP_WORDS = frozenset(
    WORD.findall(
        """
        a about after again all already also always am an and any are as at away be because been before but
        by can cannot could did do does doesn don done for from had has have he her him his how i if in into
        is isn it its let ll may me more most my no nobody not now of off on once one only or other our out
        over own s she should so some somebody someone something still t than that the their them then there
        they this to too until up us ve was we were what when where which while who whose why will with
        without won would yes you your yours aber alle als am an auch auf aus bei bin bis da das dass dem
        den der des die du ein eine einem einen einer es für hat ich ihr ihre ihres im in ins ist ja kann
        kein keine man mehr mein meine mich mir mit nach nicht noch nur oder sich sie sind so um und uns vom
        von vor warum was wenn wer wie wieder will wir wird zu zum zur
        """
    )
)


@dataclass(frozen=True)
class Piece:
    """One file: the folder it lies in, its front matter and its body."""

    section: str
    slug: str
    says: Mapping[str, Any]
    body: str

    @property
    def kind(self) -> str:
        return str(self.says["kind"])

    @property
    def text(self) -> str:
        """All that is written in Markdown: the body, and what a known error says beside it."""
        return "\n".join([self.body, *(str(self.says.get(name, "")) for name in ERROR_TEXTS)])

    @property
    def script(self) -> Script:
        return from_json(self.says["script"])

    def leads_to(self) -> Iterator[str]:
        """The slugs of everything that it names."""
        yield from self.says.get("related", ())
        yield from LINK.findall(self.text)
        yield from (str(self.says[name]) for name in ("manual", "translation_of") if name in self.says)
        if self.kind == ArticleKind.SOP:
            steps = self.script.steps.values()
            yield from (slug for step in steps for slug in (step.article, step.sop) if slug)
            yield from (slug for step in steps for slug in LINK.findall(step.text))


def _read(path: Path) -> Piece:
    head, _, body = path.read_text(encoding="utf-8").removeprefix("---\n").partition("\n---\n")
    return Piece(path.parent.relative_to(ARTICLES).as_posix(), path.stem, yaml.load(head, LOADER), body)


@cache
def pieces() -> dict[str, Piece]:
    return {path.stem: _read(path) for path in sorted(ARTICLES.rglob("*.md"))}


@cache
def judged() -> list[dict[str, Any]]:
    return list(read(JUDGED))


def demo(name: str) -> Any:
    return read(DEMO / "data" / name)


def of_kind(kind: str, language: str = "en") -> list[Piece]:
    return [one for one in pieces().values() if one.kind == kind and one.says["language"] == language]


def each_of_kind(kind: str) -> Any:
    return pytest.mark.parametrize("piece", [pytest.param(one, id=one.slug) for one in of_kind(kind)])


# --- enough of each ---


def test_there_are_sixty_articles_questions_and_manuals_in_english():
    readable = (ArticleKind.HOW_TO, ArticleKind.FAQ, ArticleKind.MANUAL)
    chapters = [one for one in of_kind(ArticleKind.MANUAL) if "manual" in one.says]
    assert sum(len(of_kind(kind)) for kind in readable) - len(chapters) >= 60
    assert len(of_kind(ArticleKind.FAQ)) >= 6


def test_there_are_ten_scripts_and_six_known_errors():
    assert len(of_kind(ArticleKind.SOP)) >= 10
    assert len(of_kind(ArticleKind.KNOWN_ERROR)) >= 6
    states = {one.says["error_status"] for one in of_kind(ArticleKind.KNOWN_ERROR)}
    assert states == set(ErrorStatus.values)


def test_three_manuals_have_three_to_five_chapters_in_order():
    places: dict[str, list[int]] = {}
    for one in of_kind(ArticleKind.MANUAL):
        if "manual" in one.says:
            places.setdefault(one.says["manual"], []).append(one.says["position"])
    assert len(places) >= 3
    for slug, found in places.items():
        assert "manual" not in pieces()[slug].says, slug
        assert sorted(found) == list(range(1, len(found) + 1)), slug
        assert 3 <= len(found) <= 5, slug


def test_ten_articles_are_there_in_german_too():
    german = [one for one in pieces().values() if one.says["language"] == "de"]
    originals = [one.says["translation_of"] for one in german]
    assert len(set(originals)) == len(originals) >= 10
    for one in german:
        original = pieces()[one.says["translation_of"]]
        same = ("kind", "audience", "tags", "categories", "review_by")
        assert {name: one.says.get(name) for name in same} == {name: original.says.get(name) for name in same}
        assert (original.says["language"], original.section) == ("en", one.section)


def test_every_audience_has_its_articles():
    assert {one.says["audience"] for one in pieces().values()} == set(ArticleAudience.values)


# --- each file ---


def test_every_file_says_who_answers_for_it_and_until_when():
    people = demo("people.yml")["staff"]["Brightwater IT"]
    addresses = {row.get("email") or f"{row['key']}@brightwater.example" for row in people}
    organisations = {row["name"] for row in demo("company.yml")["organisations"]}
    for one in pieces().values():
        says = one.says
        assert set(says) <= KEYS, one.slug
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one.slug)
        assert 0 < len(says["title"]) <= 200, one.slug
        assert says["summary"], one.slug
        assert says["kind"] in ArticleKind.values, one.slug
        assert says["audience"] in ArticleAudience.values, one.slug
        assert says["language"] in LANGUAGES, one.slug
        assert says["owner"] in addresses, one.slug
        assert isinstance(says["review_by"], date), one.slug
        named = set(says.get("organisations", ()))
        assert bool(named) == (says["audience"] == ArticleAudience.ORGANISATIONS), one.slug
        assert named <= organisations, one.slug


def test_the_dates_of_review_are_spread():
    months = Counter((one.says["review_by"].year, one.says["review_by"].month) for one in pieces().values())
    assert len(months) >= 12


def test_titles_and_files_are_told_apart():
    assert len(pieces()) == len(list(ARTICLES.rglob("*.md")))
    titles = [one.says["title"] for one in pieces().values()]
    assert len(set(titles)) == len(titles)


def test_a_section_belongs_to_categories_that_the_demo_has():
    known = {row["name"] for row in demo("company.yml")["categories"]}
    for top in demo("company.yml")["categories"]:
        known |= {f"{top['name']} › {row['name']}" for row in top.get("children", ())}
    by_section: dict[str, set[tuple[str, ...]]] = {}
    for one in pieces().values():
        assert set(one.says["categories"]) <= known, one.slug
        by_section.setdefault(one.section, set()).add(tuple(one.says["categories"]))
    assert {section: len(found) for section, found in by_section.items() if len(found) > 1} == {}


def test_articles_are_neither_stubs_nor_novels():
    for one in pieces().values():
        if one.kind != ArticleKind.SOP:
            assert FEWEST_WORDS <= len(WORD.findall(one.text)) <= MOST_WORDS, one.slug


@each_of_kind(ArticleKind.KNOWN_ERROR)
def test_a_known_error_tells_all_four(piece: Piece):
    assert all(str(piece.says[name]).strip() for name in ERROR_TEXTS)
    assert piece.says["error_status"] in ErrorStatus.values


# --- no dead end ---


def test_whatever_is_named_is_there():
    dead = [(one.slug, slug) for one in pieces().values() for slug in one.leads_to() if slug not in pieces()]
    assert dead == []


def test_no_article_names_itself_as_related():
    assert [one.slug for one in pieces().values() if one.slug in one.says.get("related", ())] == []


def test_a_link_in_a_text_leads_to_what_its_readers_may_read():
    closed = []
    for one in pieces().values():
        linked = [pieces()[slug] for slug in LINK.findall(one.text)]
        closed += [(one.slug, other.slug) for other in linked if not _may_read(one.says, other.says)]
    assert closed == []


def _may_read(reader: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the readers of one article may read another; who is not signed in is asked to sign in."""
    audience = other["audience"]
    if audience in (ArticleAudience.EVERYONE, ArticleAudience.SIGNED_IN):
        return True
    tier = TIER_AUDIENCES.get(reader["audience"], 0)
    if audience in TIER_AUDIENCES:
        return bool(tier >= TIER_AUDIENCES[audience])
    if reader["audience"] == ArticleAudience.ORGANISATIONS:
        return set(reader["organisations"]) <= set(other["organisations"])
    return bool(tier)


# --- scripts ---


@each_of_kind(ArticleKind.SOP)
def test_a_script_always_ends(piece: Piece):
    script = check(piece.script)
    assert {step.kind for step in script.steps.values()} >= {Kind.OUTCOME}
    ways = [set(step.next.values()) for step in script.steps.values()]
    assert sum(len(found) > 1 for found in ways) >= 2
    assert piece.says["audience"] in TIER_AUDIENCES


@each_of_kind(ArticleKind.SOP)
def test_a_script_hands_over_to_teams_that_the_demo_has(piece: Piece):
    tiers = {row["name"]: f"L{row['tier']}" for row in demo("company.yml")["teams"]}
    for step in piece.script.steps.values():
        if step.act == HAND_OVER:
            assert tiers[step.team] == step.tier, step.key
            assert step.reason in Reason.values, step.key
            assert step.text, step.key
        if step.act == RESOLVE:
            assert step.code in ResolutionCode.values, step.key
            assert step.text, step.key
        if step.sop:
            assert pieces()[step.sop].kind == ArticleKind.SOP, step.key


@each_of_kind(ArticleKind.SOP)
def test_a_script_ticks_items_of_the_checklists_that_the_demo_has(piece: Piece):
    items = {text for texts in demo("company.yml")["checklists"].values() for text in texts}
    fills = [step.fills for step in piece.script.steps.values() if step.fills.startswith("checklist:")]
    assert {fill.removeprefix("checklist:") for fill in fills} <= items


def test_passwords_and_codes_are_reset_for_verified_callers_only():
    assert pieces()["sop-password-reset"].script.requires_verification
    assert pieces()["sop-mfa-reset"].script.requires_verification


# --- judged searches ---


def test_every_judged_search_has_one_to_three_right_articles_in_its_language():
    for row in judged():
        assert set(row) == {"query", "right", "set", "language"}, row
        assert 1 <= len(set(row["right"])) == len(row["right"]) <= 3, row
        assert [slug for slug in row["right"] if slug not in pieces()] == [], row
        assert {pieces()[slug].says["language"] for slug in row["right"]} == {row["language"]}, row
    queries = [row["query"].casefold() for row in judged()]
    assert len(set(queries)) == len(queries) >= 165


def test_a_hundred_are_to_tune_and_fifty_are_held_out():
    sets = Counter(row["set"] for row in judged())
    assert set(sets) == {"tune", "held_out"}
    assert sets["tune"] >= 100
    assert sets["held_out"] >= 50


def test_what_is_held_out_is_as_hard_as_what_is_tuned():
    for marked in (_names_no_word_of_the_title, lambda row: row["language"] == "de"):
        shares = {name: _share(name, marked) for name in ("tune", "held_out")}
        assert abs(shares["tune"] - shares["held_out"]) < 0.02, shares


def _share(name: str, marked: Callable[[Mapping[str, Any]], bool]) -> float:
    rows = [row for row in judged() if row["set"] == name]
    return sum(map(marked, rows)) / len(rows)


def test_a_third_of_the_searches_name_no_word_of_the_title():
    assert sum(map(_names_no_word_of_the_title, judged())) * 3 >= len(judged())


def _names_no_word_of_the_title(row: Mapping[str, Any]) -> bool:
    """Also not misspelt or with another ending, and of none of the right articles."""
    titles = {word for slug in row["right"] for word in _content_words(pieces()[slug].says["title"])}
    return not any(_is_same(word, other) for word in _content_words(row["query"]) for other in titles)


def _content_words(text: str) -> set[str]:
    return {word for word in WORD.findall(text.casefold().replace("wi-fi", "wifi")) if word not in STOP_WORDS}


def _is_same(word: str, other: str) -> bool:
    return word == other or SequenceMatcher(None, word, other).ratio() >= SAME_WORD


def test_every_section_is_searched_for():
    searched = {pieces()[slug].section for row in judged() for slug in row["right"]}
    assert searched == {one.section for one in pieces().values()}


# --- as the desk takes them ---


@pytest.mark.long
def test_the_demo_company_takes_every_file_and_the_same_folder_changes_nothing(db: None, at: datetime):
    company.build(at=at)
    taken = import_folder(ARTICLES, by=None, at=at)
    assert [
        (line.file, line.field, line.why, line.notes) for line in taken.lines if line.notes or line.why
    ] == []
    assert taken.number(TAKEN) == len(pieces()) == Article.objects.filter(status="published").count()
    assert not Section.objects.filter(ticket_categories=None).exists()
    again = import_folder(ARTICLES, by=None, at=at)
    assert again.number(UNCHANGED) == len(pieces())
