"""How well articles are found: `python -m bench.knowledge_quality`, on a database of its own.

The demo's articles are loaded, and each judged search (bench/judged_queries.yml) is asked as an administrator who may
read them all. recall_at_5: the share of searches with a right article among the first five; mrr: one through the place
of the first right one among the first twenty, on average. Beside it the same for plain full text: PostgreSQL's parser,
the language's stems, ts_rank with the same weights of title, summary, headings and text, and nothing else; once where
an article must have all words (plainto_tsquery), once where any will do. Then each extra left out alone.

A row of `make bench` (`kb_quality`), which prints both sets apart: what was tuned on, and what was held out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

import django

from helpdesk.local import servers
from helpdesk.local.places import BASE_DIR

servers.use()
django.setup()

import yaml
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from helpdesk.demo import company, knowledge
from knowledgebase.indexing import index_article, plain_text, plain_worth
from knowledgebase.models import Article, ArticleVersion
from knowledgebase.operations.synonyms import take_starter
from knowledgebase.queries.searching import search
from knowledgebase.queries.suggesting import for_text
from knowledgebase.queries.wording import ALL, Extras
from knowledgebase.words import dictionary_of

JUDGED = BASE_DIR / "bench" / "judged_queries.yml"
FOUND = 20
AMONG = 5

Judged = Mapping[str, Any]
Ask = Callable[[str, str], list[str]]
"""From a search and the reader's language to the slugs of what is found, best first."""
Figures = dict[str, dict[str, float]]


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.knowledge_quality", description=__doc__)
    arguments.add_argument("--missed", choices=["tune"], help="list the searches of this set that miss")
    arguments.add_argument("--load", action="store_true", help="fill the database, which is empty, and end")
    given = arguments.parse_args()
    if given.load:
        load()
        return
    rows = yaml.safe_load(JUDGED.read_text())
    reader = User.objects.filter(is_administrator=True).earliest("pk")
    if given.missed:
        _list_missed([row for row in rows if row["set"] == given.missed], _whole(reader))
        return
    times: list[float] = []
    found = measured(rows, reader, times)
    times.sort()
    told = {"p50_ms": statistics.median(times), "p95_ms": times[-(-len(times) * 95 // 100) - 1]}
    print(json.dumps({"ways": found, **{name: round(ms, 1) for name, ms in told.items()}}))


def load() -> None:
    """Fill an empty database with the demo's company and articles, and the synonyms that the product brings."""
    at = timezone.now()
    company.build(at=at)
    with transaction.atomic():
        knowledge.make(at=at)
    take_starter(by=None, at=at)


def measured(rows: Sequence[Judged], reader: User, times: list[float]) -> dict[str, Figures]:
    """All figures, by way of asking; `times` takes the milliseconds of each search with all extras."""
    found: dict[str, Figures] = {
        "search": judge(rows, _timed(_whole(reader), times)),
        "suggestions": judge(rows, lambda text, language: _slugs(for_text(text, reader, language=language))),
        "plain, any word": judge(rows, _plain(" | ")),
        "plain, all words": judge(rows, _plain(" & ")),
    }
    for extra in fields(Extras):
        ask = _whole(reader, replace(ALL, **{extra.name: False}))
        found[f"without {extra.name}"] = judge(rows, ask)
    _reindex(Article.objects.visible_to(reader), is_plain=True)
    found["without weights"] = judge(rows, _whole(reader))
    _reindex(Article.objects.visible_to(reader), is_plain=False)
    return found


def judge(rows: Sequence[Judged], ask: Ask) -> Figures:
    """Recall and MRR by set."""
    placed = [(row["set"], _place(ask(row["query"], row["language"]), row["right"])) for row in rows]
    return {name: _figures([place for of, place in placed if of == name]) for name in ("tune", "held_out")}


def _place(found: Sequence[str], right: Sequence[str]) -> int:
    """The place of the first right one, from 1; 0 where none is found."""
    places = [found.index(slug) + 1 for slug in right if slug in found]
    return min(places, default=0)


def _figures(places: Sequence[int]) -> dict[str, float]:
    return {
        "n": len(places),
        "recall_at_5": round(sum(0 < place <= AMONG for place in places) / len(places), 3),
        "mrr": round(sum(1 / place for place in places if place) / len(places), 3),
    }


# --- ways of asking ---


def _whole(reader: User, extras: Extras = ALL) -> Ask:
    def ask(text: str, language: str) -> list[str]:
        return _slugs(search(text, reader, language=language, limit=FOUND, extras=extras).hits)

    return ask


def _timed(ask: Ask, times: list[float]) -> Ask:
    def timed(text: str, language: str) -> list[str]:
        started = time.perf_counter()
        found = ask(text, language)
        times.append((time.perf_counter() - started) * 1000)
        return found

    return timed


def _slugs(hits: Sequence[Any]) -> list[str]:
    return [hit.article.slug for hit in hits]


def _plain(joint: str) -> Ask:
    """PostgreSQL's full text as it comes, over vectors that its own parser has cut."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TABLE IF EXISTS plain; CREATE TEMP TABLE plain (slug text, language text, words tsvector)"
        )
        for article in Article.objects.filter(status="published").select_related("published"):
            version = cast(ArticleVersion, article.published)
            config = _config(article.language)
            headings = " ".join(text for _level, text, _anchor in version.headings)
            texts = [version.title, version.summary, headings, plain_text(version)]
            cursor.execute(
                "INSERT INTO plain SELECT %s, %s, setweight(to_tsvector(%s, %s), 'A')"
                " || setweight(to_tsvector(%s, %s), 'B') || setweight(to_tsvector(%s, %s), 'C')"
                " || setweight(to_tsvector(%s, %s), 'D')",
                [article.slug, article.language, *(part for text in texts for part in (config, text))],
            )

    def ask(text: str, language: str) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT plainto_tsquery(%s, %s)::text", [_config(language), text])
            query = cursor.fetchone()[0].replace(" & ", joint)
            cursor.execute(
                "SELECT slug FROM plain WHERE language = %s AND words @@ %s::tsquery"
                " ORDER BY ts_rank(words, %s::tsquery) DESC, slug LIMIT %s",
                [language, query, query, FOUND],
            )
            return [row[0] for row in cursor.fetchall()]

    return ask


def _config(language: str) -> str:
    return dictionary_of(language).removesuffix("_stem")


def _reindex(rows: QuerySet[Article], *, is_plain: bool) -> None:
    for article in rows.select_related("published", "manual"):
        if is_plain:
            index_article(article, worth=plain_worth())
        else:
            index_article(article)


def _list_missed(rows: Sequence[Judged], ask: Ask) -> None:
    for row in rows:
        found = ask(row["query"], row["language"])
        place = _place(found, row["right"])
        if place != 1:
            print(f"{place or '-':>3}  {row['query']!r:60} {row['right']}  <- {found[:5]}")


if __name__ == "__main__":
    main()
