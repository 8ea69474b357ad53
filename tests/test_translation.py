"""Every text has its words in every language, and every page says only what is marked for translation."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from babel import Locale
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.utils import translation
from django.utils.safestring import SafeData, mark_safe

from accounts.fields import zone_choices
from accounts.models import User
from knowledgebase.models.choices import LANGUAGES as LANGUAGES_OF_ARTICLES
from scripts.collect_messages import LANGUAGES, ROOT, catalogue_of, collect, untranslated, updated, written
from scripts.compile_catalogues import compile_all
from tests.e2e.test_every_page import NO_PAGES
from tests.test_routes import ROLES, address, door, house, table  # noqa: F401  (house is a fixture)
from tests.words import CLOSE, OPEN, outside_marks, unknown
from tickets.models import Status, Ticket

PLACES = re.compile(r"%\(\w+\)[a-z]|%[sd%]|\{[\w.]*\}|</?[a-z][^>]*>")


@cache
def catalogue(language: str) -> Any:
    with catalogue_of(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def pairs(language: str) -> Iterator[tuple[str, str]]:
    """Each text and its words, where it has some; of plurals each form."""
    for message in catalogue(language):
        if not message.id:
            continue
        if isinstance(message.id, str):
            yield from [(message.id, message.string)] if message.string else []
        else:
            yield from (pair for pair in zip(message.id, message.string, strict=True) if pair[1])


# --- The catalogues ---


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_its_words(language: str) -> None:
    known = catalogue(language)
    assert [message.id for message in untranslated(known)] == []
    assert [message.id for message in known if message.fuzzy and message.id] == []
    assert dict(known.obsolete) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_says_what_the_code_says(language: str) -> None:
    """Else: run `make messages`, and translate what is new (docs/translating.md)."""
    target = catalogue_of(language)
    kept = updated(target, collect(), language)
    assert [message.id for message in untranslated(kept)] == []
    assert target.read_bytes() == written(kept)


@pytest.mark.parametrize("language", LANGUAGES)
def test_places_and_tags_are_the_same_on_both_sides(language: str) -> None:
    wrong = {}
    for text, words in pairs(language):
        asked, given = set(PLACES.findall(text)), set(PLACES.findall(words))
        # A singular may name the number, or leave it out.
        if asked != given and asked ^ given != {"%(n)s"} and asked ^ given != {"%(n)d"}:
            wrong[text] = words
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_begin_and_end_as_their_texts_do(language: str) -> None:
    edges = re.compile(r"^\s*|\s*$")
    wrong = [text for text, words in pairs(language) if edges.findall(text) != edges.findall(words)]
    assert wrong == []


def test_german_quotes_are_german() -> None:
    assert [
        words for text, words in pairs("de") if re.search(r"[”»«]|(?<![=\w])\"", words) and '"' not in text
    ] == []


def test_catalogues_are_compiled_when_they_have_changed(tmp_path: Any) -> None:
    source = tmp_path / "locale/de/LC_MESSAGES/django.po"
    source.parent.mkdir(parents=True)
    source.write_bytes(catalogue_of("de").read_bytes())

    assert compile_all(tmp_path) == [source.with_suffix(".mo")]
    assert compile_all(tmp_path) == []


def test_every_language_of_the_desk_is_offered() -> None:
    assert set(dict(configured.LANGUAGES)) == {"en", *LANGUAGES}
    assert {path.name for path in (ROOT / "locale").iterdir()} == set(LANGUAGES)


# --- Pages, in a language that shows what is marked ---

PSEUDO = "eo"


@pytest.fixture
def pseudo(settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A language in which each marked text stands in brackets. Its code is no other's: some texts are kept by it."""
    settings.LANGUAGES = [("en", "English"), (PSEUDO, "Pseudo")]
    real = translation._trans  # type: ignore[attr-defined]
    for name in ("gettext", "pgettext", "ngettext", "npgettext"):
        monkeypatch.setattr(real, name, _marking(getattr(real, name)), raising=False)
    return PSEUDO


def _marking(function: Any) -> Any:
    def marked(*asked: Any) -> str:
        text = function(*asked)
        if translation.get_language() != PSEUDO or not text.strip():
            return str(text)
        made = f"{OPEN}{text}{CLOSE}"
        return mark_safe(made) if isinstance(text, SafeData) else made

    return marked


NAMES = (
    *("Tierdesk", "Pseudo", "English", "Deutsch", "UTC", "ms", "min", "CSV", "XLSX", "JSON", "YAML", "API"),
    *("Message-ID", "imap.example.com", "help.example.com", "#0b5fc6"),
    *(
        "Mailchimp",
        "MailerSend",
        "Mailgun",
        "Mailjet",
        "Mandrill",
        "Postal",
        "Postmark",
        "SendGrid",
        "SparkPost",
    ),
)
AS_IT_IS = re.compile(
    r"""
    \d+-a\sde\s\d+ | (je\s)?\d+(:\d+)?(\sUTC)? | de\s\d+  # a time, as Django writes it in this language
    | [a-z_]+\.[a-z_]+ | [a-z]+_[a-z_]+ | [a-z]+:(read|write) | vip | language | timezone | absent  # codes
    | (Ctrl|Strg)\s.+ | TD-\d+.* | L\d\s.+ | .+\sv\d+ | \d+\s(ms|UTC) | /.+/ | \{.+ | [A-Z]{2}
    """,
    re.VERBOSE,
)
"""Besides what the database holds."""
NOT_FOR_READERS = ("styleguide/",)


def known_words() -> str:
    """All that the database holds, names of zones and of ourselves: what a page may say without a mark.

    The page of statuses shows beside each field what its language says.
    """
    with translation.override("en"):
        statuses = [str(status.label) for status in Status]
    found = [
        *statuses,
        *NAMES,
        *LANGUAGES_OF_ARTICLES.values(),
        *Locale(PSEUDO).territories.values(),
        *(name for pair in zone_choices() for name in pair),
    ]
    for model in apps.get_models():
        table_ = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", [table_])
            if cursor.fetchone()[0] is not None:
                cursor.execute(f'SELECT x::text FROM "{table_}" x')
                found += [row[0] for row in cursor.fetchall()]
    return " ".join("\n".join(found).replace('""', '"').replace("\\n", " ").lower().split())


def pages_of(role: str) -> list[str]:
    column = ROLES.index(role)
    return [
        route
        for route, statuses in table().items()
        if statuses[column] == 200
        and route not in NO_PAGES
        and not any(part in route for part in NOT_FOR_READERS)
    ]


def unmarked(client: Client, where: str, known: str) -> list[str]:
    """What this page says without a mark."""
    page = client.get(where)
    if page.streaming or "html" not in page.headers.get("Content-Type", ""):
        return []
    said = [piece for piece in outside_marks(page.content.decode()) if not AS_IT_IS.fullmatch(piece)]
    return unknown(said, known)


def test_the_pages_of_every_day_say_only_what_is_marked(
    pseudo: str, ines: User, mira: User, ticket: Ticket
) -> None:
    User.objects.update(language=pseudo)
    known = known_words()
    theirs: dict[User, tuple[str, ...]] = {
        ines: ("/", "/requests/", "/requests/new/", f"/requests/{ticket.number}/", "/profile/")
    }
    theirs[mira] = ("/desk/queues/all/", f"/desk/tickets/{ticket.number}/", "/desk/articles/")
    for person, pages in theirs.items():
        client = door(User.objects.get(pk=person.pk))
        assert {page: unmarked(client, page, known) for page in pages} == {page: [] for page in pages}


def test_a_text_that_is_not_marked_is_found() -> None:
    page = f'<p title="Save">{OPEN}All of <b>it</b>{CLOSE} Left over</p><code>as it is</code>'
    assert list(outside_marks(page)) == ["Save", "Left over"]


@pytest.mark.long
@pytest.mark.parametrize("role", ["requester", "l2", "lead", "vendor", "admin"])
def test_every_page_says_only_what_is_marked(
    role: str,
    pseudo: str,
    request: pytest.FixtureRequest,
    house: dict[str, str],  # noqa: F811
) -> None:
    who = {"requester": "ines", "l2": "dario", "lead": "lars", "vendor": "vera", "admin": "ada"}
    user: User = request.getfixturevalue(who[role])
    User.objects.update(language=pseudo)
    client, known = door(User.objects.get(pk=user.pk)), known_words()
    wrong: dict[str, list[str]] = {}
    for route in pages_of(role):
        if found := unmarked(client, address(route, house), known):
            wrong[route] = found
    assert not wrong, "\n".join(f"{route}: {piece}" for route, pieces in wrong.items() for piece in pieces)


# --- German ---


def in_german(client: Client, where: str) -> str:
    page = client.get(where, headers={"accept-language": "de"})
    assert page.status_code == 200, where
    return str(page.content.decode())


READ_BY_PROGRAMS = "data-[a-z-]+|value|width|height|min|max|step|d|x|y|r|cx|cy|points|viewBox"
NUMBER_IN_AN_ATTRIBUTE = re.compile(rf'\s({READ_BY_PROGRAMS})="-?\d+,\d+"')


@pytest.mark.long
@pytest.mark.parametrize("role", ["requester", "lead", "admin"])
def test_numbers_that_programs_read_stay_as_they_are(
    role: str,
    request: pytest.FixtureRequest,
    house: dict[str, str],  # noqa: F811
) -> None:
    user: User = request.getfixturevalue({"requester": "ines", "lead": "lars", "admin": "ada"}[role])
    User.objects.update(language="de")
    client = door(User.objects.get(pk=user.pk))
    wrong = {}
    for route in pages_of(role):
        page = client.get(address(route, house))
        assert page.status_code == 200, route
        if not page.streaming and (found := NUMBER_IN_AN_ATTRIBUTE.findall(page.content.decode())):
            wrong[route] = found
    assert wrong == {}
