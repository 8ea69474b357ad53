"""Search over articles: what somebody may read, the best first, in the same few queries however much there is."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models.functions import Left
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.prepared import Prepared, any_of
from knowledgebase.models import Article, ArticleQuerySet, Reader, Section
from knowledgebase.queries.parsing import parse, with_words
from knowledgebase.queries.snippets import READ, highlighted, snippet
from knowledgebase.queries.wording import (
    ALL,
    COMMON,
    Extras,
    Term,
    Visible,
    look_up,
    phrase_query,
    terms_of,
    visible_to,
)

DEEP = 2
"""For each article that is ranked, how many of one common word are looked at first: those where it is worth most."""
CANDIDATES = 1.5
"""For how many articles it is worked out what all words together are worth, to each that is wanted."""
MOST = 60
"""Articles that are ranked to the end: who looks further types another word."""
STRICT = (1_000, 4_000)
"""The same where words must stand in a certain order, or must not be there; and where those make no page of hits."""
PAGE = 10
COVERED = 0.25
"""How much it counts that an article has all that was asked for: the share of it that is there, to this power."""
OTHER_LANGUAGE = 0.6
"""What an article in another language than the reader's is worth beside one in theirs."""
LEAST = 0.1
"""Of the best one's rank; what has less is not about what was asked."""


@dataclass(frozen=True)
class Hit:
    article: Article
    title: SafeString
    """With the words that were found marked."""
    snippet_html: SafeString
    rank: float
    language: str


@dataclass(frozen=True)
class Page:
    """Hits, the best first.

    `trouble` says what is wrong with the search, when something is; `meant` what was probably meant, and what was
    searched for. `following` is where the next page begins, none on the last. `total` counts what is found,
    `is_more` says that it counts no further; `kinds`, `sections` and `languages` count the same by each.
    """

    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    is_more: bool = False
    following: int | None = None
    meant: str = ""
    trouble: str = ""
    kinds: dict[str, int] = field(default_factory=dict)
    sections: dict[int, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Ranked:
    pk: int
    family: int
    language: str
    kind: str
    section: int
    rank: float


def search(
    text: str,
    user: Reader,
    *,
    language: str = "en",
    section: Section | None = None,
    kind: str = "",
    only_language: str = "",
    limit: int = PAGE,
    after: int = 0,
    extras: Extras = ALL,
) -> Page:
    """Articles that this person may read and that have these words, or words like them.

    "Two words" in quotes find a phrase, -word leaves out. Of an article and its translations one is found, in the
    reader's language where it is among them.

    Args:
        language: of the reader.
        section: with all below it.
        only_language: of the articles.
        after: `following` of the page before.
    """
    typed = parse(text)
    if typed.trouble or not typed.words:
        return Page(trouble=typed.trouble)
    visible = visible_to(user)
    terms = terms_of(
        typed.words, visible, language=language, last=typed.last, joined=typed.joined, extras=extras
    )
    if not terms:
        return Page(
            trouble=_("Words such as “%(word)s” stand everywhere. Add one that says what it is about.")
            % {"word": typed.words[0]}
        )
    readable = Article.objects.visible_to(user)
    wanted = _narrowed(readable, section, kind, only_language)
    among = visible if wanted is readable else Visible(wanted)
    places = _places(visible, typed.phrases, typed.without)
    found, is_more = ranked(terms, among, language=language, extras=extras, places=places)
    if places and is_more and not found:
        return Page(
            trouble=_(
                "Of the articles that have these words the %(n)d best were looked at: in none of them they stand so. "
                "Add a word that is in fewer articles."
            )
            % {"n": STRICT[-1]}
        )
    shown = found[after : after + limit]
    corrected = {term.typed: term.corrected for term in terms if term.corrected}
    return Page(
        hits=hits_of(shown, terms),
        total=len(found),
        is_more=is_more,
        following=after + limit if len(found) > after + limit else None,
        meant=with_words(text, corrected) if corrected else "",
        kinds=dict(Counter(each.kind for each in found)),
        sections=dict(Counter(each.section for each in found)),
        languages=dict(Counter(each.language for each in found)),
    )


def ranked(
    terms: Sequence[Term],
    among: Visible,
    *,
    language: str,
    extras: Extras = ALL,
    most: int = MOST,
    places: "Places | None" = None,
) -> tuple[list[Ranked], bool]:
    """The best of these articles for these terms, one of each family; and whether there were more to look at.

    Where words stand is asked of the best `STRICT` alone: it is the one question that unpacks texts.
    """
    rows: list[Ranked] = []
    is_cut = False
    for deep in STRICT if places else (most,):
        rows = _rank(terms, among, language if extras.language else "", extras, deep)
        is_cut = len(rows) == deep
        if places:
            kept = places.kept([row.pk for row in rows])
            rows = [row for row in rows if row.pk in kept]
        if len(rows) >= PAGE or not is_cut:
            break
    is_cut, rows = is_cut or len(rows) > most, rows[:most]
    best: dict[int, Ranked] = {}
    for row in rows:
        other = best.get(row.family)
        if other is None or (other.language != language and row.language == language):
            best[row.family] = row
    found = sorted(best.values(), key=lambda row: (-row.rank, row.pk))
    least = found[0].rank * LEAST if found else 0.0
    shown = [row for row in found if row.rank >= least]
    return shown, is_cut and len(shown) == len(found)


@dataclass(frozen=True)
class Places:
    """Phrases that an article must have, and those that it must not."""

    with_these: Sequence[Sequence[str]]
    without: Sequence[Sequence[str]]
    stems: Mapping[str, Mapping[str, str | None]]
    """By word and language."""

    def kept(self, keys: Sequence[int]) -> set[int]:
        """Those of these articles of which it is true."""
        conditions, values = [], []
        for words, how in [
            *((each, "") for each in self.with_these),
            *((each, "NOT ") for each in self.without),
        ]:
            asked = self._queries(words)
            conditions.append(how + "(" + (" OR ".join([_STANDS] * len(asked)) or "false") + ")")
            values += [value for pair in asked for value in pair]
        with connection.cursor() as cursor:
            # By their keys first: by the index of words it would be all articles that have them.
            cursor.execute(
                "SELECT id FROM (SELECT id, language, words FROM knowledgebase_article WHERE id = ANY(%s) OFFSET 0)"
                f" AS best WHERE {' AND '.join(conditions)}",
                [list(keys), *values],
            )
            return {key for (key,) in cursor.fetchall()}

    def _queries(self, words: Sequence[str]) -> list[tuple[str, str]]:
        """In each language by the stems of that language."""
        languages = sorted({language for word in words for language in self.stems.get(word, {})})
        return [
            (language, phrase_query(words, {word: self.stems[word].get(language) for word in words}))
            for language in languages
        ]


_STANDS = "(language = %s AND words @@ %s::tsquery)"


def hits_of(rows: Iterable[Ranked], terms: Iterable[Term]) -> list[Hit]:
    """The articles themselves, with what was found marked."""
    rows = list(rows)
    texts = {text for term in terms for text in term.texts}
    told = {text: term.rarity for term in terms for text in term.texts}
    articles = {article.pk: article for article in _shown(keys=[row.pk for row in rows])} if rows else {}
    hits = []
    for row in rows:
        article = articles.get(row.pk)
        if article is None or article.published is None:
            continue
        line = snippet(article.published.summary, article.told or "", told)
        hits.append(Hit(article, highlighted(article.title, texts), line, row.rank, row.language))
    return hits


# --- below ---

SHOWN = (
    *("slug", "title", "kind", "language", "original", "section__full_name", "published__summary"),
    *("solved", "helpful", "views"),
)
"""Columns of articles that are found; `told` is as much of their text as snippets are taken from."""

_shown: Prepared[Any] = Prepared(
    lambda keys: (
        Article.objects.filter(any_of("pk", keys))
        .select_related("published", "section")
        .only(*SHOWN)
        .annotate(told=Left("plain__text", READ))
        .order_by()
    ),
    "keys",
)


def _narrowed(
    rows: ArticleQuerySet, section: Section | None, kind: str, only_language: str
) -> ArticleQuerySet:
    if section is not None:
        rows = rows.filter(section__in=Section.objects.under([section.pk]))
    if kind:
        rows = rows.filter(kind=kind)
    if only_language:
        rows = rows.filter(language=only_language)
    return rows


def _places(
    visible: Visible, phrases: Sequence[Sequence[str]], without: Sequence[Sequence[str]]
) -> Places | None:
    """None where it does not matter where words stand."""
    named = {word for words in (*phrases, *without) for word in words}
    return Places(phrases, without, look_up(named, visible).stems) if named else None


def _rank(terms: Sequence[Term], among: Visible, language: str, extras: Extras, most: int) -> list[Ranked]:
    """In two steps, so that a word that stands everywhere costs no more than others: of a common word the best articles
    make candidates, of others all; what common words are worth is then looked up for those alone.

    Whether an article is wanted is asked late, of the best candidates. Only of a common word it has to be asked
    before, lest those that are looked at are all ones that are not wanted.
    """
    rows = [
        (number, word, worth, term.rarity or 1.0, word in term.common)
        for number, term in enumerate(terms)
        for word, worth in term.words.items()
    ]
    found = among.ask(
        f"""
        WITH wanted AS MATERIALIZED (
            SELECT * FROM unnest(
                (SELECT %s::int[]), (SELECT %s::bigint[]), (SELECT %s::real[]), (SELECT %s::real[]), (SELECT %s::bool[])
            ) AS row (term, word, worth, rarity, is_common)
        ), first AS MATERIALIZED (
            SELECT term, rarity, is_common, o.article_id, o.worth * wanted.worth AS worth
            FROM wanted CROSS JOIN LATERAL (
                SELECT article_id, worth FROM knowledgebase_occurrence
                WHERE word_id = wanted.word ORDER BY worth DESC LIMIT {COMMON}
            ) AS o WHERE NOT is_common
            UNION ALL
            SELECT term, rarity, is_common, o.article_id, o.worth * wanted.worth
            FROM wanted CROSS JOIN LATERAL (
                SELECT article_id, worth FROM knowledgebase_occurrence o
                WHERE o.word_id = wanted.word AND {among.has_article}
                ORDER BY o.worth DESC LIMIT {DEEP * most}
            ) AS o WHERE is_common
        ), best AS MATERIALIZED (
            SELECT article_id FROM (
                SELECT article_id, sum(least(worth, rarity)) AS worth FROM (
                    SELECT article_id, rarity, sum(worth) AS worth FROM first GROUP BY article_id, term, rarity
                ) AS hit GROUP BY article_id ORDER BY 2 DESC, 1 OFFSET 0
            ) AS o WHERE {among.has_article}
            ORDER BY worth DESC, article_id LIMIT {round(most * CANDIDATES)}
        ), worths AS (
            SELECT article_id, term, rarity, worth FROM first JOIN best USING (article_id) WHERE NOT is_common
            UNION ALL
            SELECT best.article_id, term, rarity, o.worth * wanted.worth
            FROM best CROSS JOIN wanted CROSS JOIN LATERAL (
                SELECT worth FROM knowledgebase_occurrence
                WHERE word_id = wanted.word AND article_id = best.article_id OFFSET 0
            ) AS o WHERE is_common
        ), hits AS (
            SELECT article_id, sum(least(worth, rarity)) AS worth, sum(rarity) AS covered FROM (
                SELECT article_id, rarity, sum(worth) AS worth FROM worths GROUP BY article_id, term, rarity
            ) AS hit GROUP BY article_id
        )
        SELECT a.id, coalesce(a.original_id, a.id), a.language, a.kind, a.section_id,
            hits.worth * power(covered / %s::real, %s::float)
            * CASE WHEN a.language = %s OR %s = '' THEN 1 ELSE {OTHER_LANGUAGE} END AS rank
        FROM hits CROSS JOIN LATERAL (
            SELECT id, original_id, language, kind, section_id FROM knowledgebase_article
            WHERE id = hits.article_id OFFSET 0
        ) AS a
        ORDER BY rank DESC, a.id LIMIT {most}
        """,
        *([row[at] for row in rows] for at in range(5)),
        *(*among.params, *among.params),
        *(sum(term.rarity or 1.0 for term in terms), COVERED if extras.coverage else 0, language, language),
    )
    return [Ranked(*row) for row in found]
