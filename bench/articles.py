"""Fills a bench database with published articles, once (bench.beside).

20,000 of them from 100,000 tickets on, a fifth of the tickets below. Their words are drawn from 30,000, few of them
far more often than the others; a sixth is in German, and a quarter is not for requesters. The same number gives the
same articles every time.
"""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import django

django.setup()

from django.db import connection, transaction

from accounts.models import Organisation
from bench.life import SYLLABLES
from bench.names import ARTICLE_WORDS
from knowledgebase.indexing import WORTH, stems_of, vector, worths
from knowledgebase.models import Article, Section, rebuild_section_tree

MOST, SHARE = 20_000, 5
DIFFERENT, DRAWN = 30_000, 400_000
SECTIONS = 60
CHUNK = 1_000
START = datetime(2024, 1, 8, 9, tzinfo=UTC)
AUDIENCES = {"everyone": 12, "signed_in": 55, "organisations": 8, "l1": 15, "l2": 6, "l3": 4}
KINDS = {"how_to": 60, "faq": 15, "manual": 5, "known_error": 12, "sop": 8}
LANGUAGES = {"en": 5, "de": 1}

ARTICLE = (
    "id kind section_id slug title status audience tags language position published_id published_at changed_at"
    " created_at error_status words"
)
VERSION = (
    "id article_id number title summary body symptom cause workaround fix headings note revision author_ids at"
    " published_at"
)


def main(tickets: int) -> None:
    wanted = min(MOST, tickets // SHARE)
    if Article.objects.exists():
        return
    sections = _sections()
    organisations = list(
        Organisation.objects.filter(kind="customer").order_by("pk").values_list("pk", flat=True)
    )
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off")
        writer = _Writer(sections, organisations)
        for first in range(1, wanted + 1, CHUNK):
            writer.write(range(first, min(first + CHUNK, wanted + 1)))
        writer.finish()
    with connection.cursor() as cursor:
        cursor.execute(
            "VACUUM ANALYZE knowledgebase_article, knowledgebase_articleversion, knowledgebase_articletext,"
            " knowledgebase_word, knowledgebase_occurrence"
        )
    print(f"{wanted} articles, {len(writer.words)} words", flush=True)


def vocabulary() -> list[str]:
    """The common ones first; what the bench searches for stands at even distances among them."""
    chance = random.Random(5)
    made = dict.fromkeys(
        "".join(chance.choices(SYLLABLES, k=chance.randint(2, 5))) for _ in range(DIFFERENT * 2)
    )
    words = list(made)[:DIFFERENT]
    for place, word in enumerate(ARTICLE_WORDS):
        words.insert(4 + place * place * 8, word)
    return words


class _Writer:
    def __init__(self, sections: list[int], organisations: list[int]) -> None:
        self.sections, self.organisations = sections, organisations
        words = vocabulary()
        self.stems = {language: stems_of(words, language) for language in LANGUAGES}
        ends = list(accumulate(1 / (rank + 20) for rank in range(len(words))))
        self.drawn = random.Random(6).choices(words, cum_weights=ends, k=DRAWN)
        self.words: dict[tuple[str, str], int] = {}
        self.counts: Counter[tuple[str, str]] = Counter()

    def write(self, keys: Iterable[int]) -> None:
        rows = [self._article(key) for key in keys]
        _copy("knowledgebase_article", ARTICLE, (row["article"] for row in rows))
        _copy("knowledgebase_articleversion", VERSION, (row["version"] for row in rows))
        _copy("knowledgebase_permalink", "slug article_id", (row["permalink"] for row in rows))
        _copy("knowledgebase_articletext", "article_id text", (row["plain"] for row in rows))
        named = (pair for row in rows for pair in row["named"])
        _copy("knowledgebase_article_organisations", "article_id organisation_id", named)
        worth = (pair for row in rows for pair in row["occurrences"])
        _copy("knowledgebase_occurrence", "word_id article_id worth", worth)

    def finish(self) -> None:
        rows = (
            (key, language, text, self.stems[language][text], self.counts[language, text])
            for (language, text), key in self.words.items()
        )
        _copy("knowledgebase_word", "id language text stem articles", rows)
        with connection.cursor() as cursor:
            for table in ("article", "articleversion", "word"):
                name = f"knowledgebase_{table}"
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), coalesce(max(id), 1)) FROM {name}"
                )

    def _article(self, key: int) -> Mapping[str, Any]:
        chance = random.Random(key)
        language, audience, kind = (_one_of(chance, among) for among in (LANGUAGES, AUDIENCES, KINDS))
        at = START + timedelta(minutes=37 * key)
        title, summary, heads, body = (
            self._words(chance, few, many) for few, many in ((3, 8), (8, 20), (4, 10), (60, 300))
        )
        texts = [("A", title), ("B", summary), ("C", heads), ("D", body)]
        stems = self.stems[language]
        name, plain = " ".join(title).capitalize(), " ".join(body)
        named = self.organisations and audience == "organisations"
        section = chance.choice(self.sections)
        state = "open" if kind == "known_error" else ""
        return {
            "article": (
                *(key, kind, section, f"article-{key}", name, "published", audience, "{}", language, 0, key),
                *(at, at, at, state, vector(texts, stems)),
            ),
            "version": (
                *(key, key, 1, name, " ".join(summary), plain, "", "", "", "", "[]", "", 1, "{}", at, at),
            ),
            "permalink": (f"article-{key}", key),
            "plain": (key, plain),
            "named": [(key, chance.choice(self.organisations))] if named else [],
            "occurrences": [
                (self._key(language, word), key, round(worth, 4))
                for word, worth in worths(texts, stems, WORTH).items()
            ],
        }

    def _words(self, chance: random.Random, few: int, many: int) -> list[str]:
        start = chance.randrange(DRAWN - many)
        return self.drawn[start : start + chance.randint(few, many)]

    def _key(self, language: str, word: str) -> int:
        self.counts[language, word] += 1
        return self.words.setdefault((language, word), len(self.words) + 1)


def _sections() -> list[int]:
    tops = Section.objects.bulk_create(Section(name=f"Shelf {n}", slug=f"shelf-{n}") for n in range(12))
    below = Section.objects.bulk_create(
        Section(name=f"Box {n}", slug=f"box-{n}", parent=tops[n % len(tops)]) for n in range(SECTIONS)
    )
    rebuild_section_tree()
    return [row.pk for row in below]


def _one_of(chance: random.Random, among: Mapping[str, int]) -> str:
    return chance.choices(list(among), list(among.values()))[0]


def _copy(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    def lines() -> Iterator[str]:
        for row in rows:
            yield "\t".join(str(value) for value in row) + "\n"

    with connection.cursor() as cursor:
        names = ", ".join(columns.split())
        cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", io.StringIO("".join(lines())), 1 << 20)
