"""What a search asks for: each typed word with all words that stand for it, among articles that the searcher may read.

Whatever is taken from the table of words here has been asked for an article of the searcher's: a word that only stands
in what they may not read is as unknown as one that nobody ever wrote.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, TextChoices
from django.db.models.expressions import RawSQL

from accounts.prepared import ask
from knowledgebase.models import LANGUAGES, Article, ArticleQuerySet, ArticleStatus, Reader, Readership
from knowledgebase.queries.likeness import distance, swapped
from knowledgebase.words import FAINT, LAST_LETTER, cut, dictionary_of

STEM, BEGINNING, SYNONYM = 0.5, 0.3, 0.8
"""What a hit is worth beside one of the word as it was typed."""
RARITY = 0.25
"""How much rarity counts: 0 not at all, 1 as its information."""
FAINTNESS = 0.5
"""What a word of asking tells beside another one."""
CORRECTED = {0: 1.0, 1: 0.9, 2: 0.8, 3: 0.7}
"""The same by the letters that had to be changed."""
MOST_BEGINNING, MOST_LOOKED_AT = 12, 60
MOST_LIKE = 8
SHORTEST_BEGINNING = 2
SHORTEST_CORRECTED = 3
MOST_CORRECTED = 5
"""Words of one search: a long text has names in it, which no article has."""
COMMON = 120
"""Articles from which a word is common: its best are looked at first."""
LONGEST_GRAM = 4
"""Words of the longest synonym."""


@dataclass(frozen=True)
class Extras:
    """What search does beyond plain full text. The bench leaves out one after the other; nobody else does."""

    stems: bool = True
    rarity: bool = True
    faint: bool = True
    coverage: bool = True
    beginnings: bool = True
    typos: bool = True
    synonyms: bool = True
    language: bool = True


ALL = Extras()


@dataclass
class Term:
    """One typed word, and by id the words that stand for it with what a hit of each is worth."""

    typed: str
    rarity: float = 0.0
    words: dict[int, float] = field(default_factory=dict)
    common: set[int] = field(default_factory=set)
    """Those of them that stand in more articles than are looked at first."""
    texts: set[str] = field(default_factory=set)
    """How they are written, for highlighting."""
    corrected: str = ""

    def add(self, row: "Found", worth: float) -> None:
        self.words[row.pk] = max(self.words.get(row.pk, 0.0), worth)
        self.texts.add(row.text)
        if row.articles > COMMON:
            self.common.add(row.pk)


@dataclass(frozen=True)
class Found:
    """A word of a language that stands in an article of the searcher's."""

    pk: int
    text: str
    articles: int
    stem: str
    language: str


@dataclass
class Known:
    """What is known of some words: their stems by language (None where every text has them), and who has them."""

    stems: dict[str, dict[str, str | None]] = field(default_factory=dict)
    rows: dict[str, list[Found]] = field(default_factory=dict)
    beginning: list[Found] = field(default_factory=list)

    def is_everywhere(self, word: str, language: str) -> bool:
        """Whether it says nothing: in the reader's language, or in another one while theirs does not have it."""
        by_language = self.stems.get(word, {})
        if language in by_language and by_language[language] is None:
            return True
        is_theirs = any(row.language == language for row in self.rows.get(word, ()))
        return None in by_language.values() and not is_theirs


class Visible:
    """The published articles that somebody may read, as SQL to be asked for.

    Nothing here is a join that the planner could turn around, whatever its statistics say: it would go through all
    words or all articles, for each of the others.
    """

    def __init__(self, rows: ArticleQuerySet, *, is_usual: bool = False) -> None:
        """`is_usual`: many will ask for just these, so what is asked of them is worth keeping."""
        of_row = rows.filter(pk=RawSQL("o.article_id", [])).order_by().values("pk")
        sql, self.params = _with_choices(*of_row.query.sql_with_params())
        self.is_usual = is_usual
        self.has_article = f"EXISTS ({sql} OFFSET 0)"
        """Of an occurrence `o`: its article is one of them. Takes `params`."""
        self.has_word = (
            "EXISTS (SELECT FROM knowledgebase_occurrence o"
            f" WHERE o.word_id = w.id AND {self.has_article} OFFSET 0)"
        )
        """Of a word `w`: it stands in one of them. Takes `params`."""

    def ask(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement that has these conditions in it."""
        if self.is_usual:
            return ask(text, *values)
        with connection.cursor() as cursor:
            cursor.execute(text, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def among(self, keys: Collection[int]) -> set[int]:
        """Those of these articles that they may read."""
        rows = self.ask(
            "SELECT article_id FROM unnest((SELECT %s::bigint[])) AS o (article_id)"
            f" WHERE {self.has_article}",
            *(list(keys), *self.params),
        )
        return {key for (key,) in rows}


def _with_choices(sql: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """States and audiences, of which there are few, as part of the text: there is an index of what is published."""
    *parts, end = sql.split("%s")
    told = [f"'{value.value}'" if isinstance(value, TextChoices) else "%s" for value in values]
    text = "".join(part + each for part, each in zip(parts, told, strict=True)) + end
    return text, [value for value in values if not isinstance(value, TextChoices)]


def visible_to(user: Reader) -> Visible:
    """What this person may read; written once for all who may read the same."""
    return _visible_to(Readership.of(user))


@lru_cache(maxsize=256)
def _visible_to(readers: Readership) -> Visible:
    return Visible(Article.objects.readable_by(readers), is_usual=True)


def terms_of(
    words: Sequence[str],
    visible: Visible,
    *,
    language: str,
    last: str = "",
    joined: Collection[str] = (),
    extras: Extras = ALL,
) -> list[Term]:
    """The words that a search asks for, in their order, without those that every text has.

    Args:
        language: of the reader.
        last: the word that may not be typed to its end.
        joined: words that are not corrected.
    """
    groups = synonyms_of(words) if extras.synonyms else {}
    is_begun = extras.beginnings and len(last) >= SHORTEST_BEGINNING
    known = look_up({*words, *_parts(groups)}, visible, beginning=last if is_begun else "")
    asked = [word for word in words if not known.is_everywhere(word, language)]
    asked = asked or [word for word in words if known.rows.get(word)]
    counts = _Counts(language, extras)
    terms = []
    for word in asked:
        term = Term(word)
        _add_own(term, known.rows.get(word, []), counts, extras)
        _add_synonyms(term, groups.get(word, []), known, counts, extras)
        if word == last:
            _complete(term, known.beginning, counts)
        terms.append(term)
    if extras.typos:
        unknown = [term for term in terms if not term.words and term.typed not in joined]
        _correct(unknown, visible, language, counts, extras)
    return [term for term in terms if term.words or term.typed not in joined]


def look_up(words: Collection[str], visible: Visible, *, beginning: str = "") -> Known:
    """What stands in articles of theirs with the same stem as each of these, in whatever language.

    Args:
        beginning: words that begin with it are looked for too, the commonest.
    """
    known = Known()
    if not words:
        return known
    languages = list(LANGUAGES)
    rows = visible.ask(
        f"""
        WITH spoken AS MATERIALIZED (
            SELECT * FROM unnest((SELECT %s::text[]), (SELECT %s::text[])) AS l (language, dictionary)
            WHERE (SELECT stem FROM knowledgebase_word w WHERE w.language = l.language ORDER BY stem LIMIT 1) <> ''
        ), typed AS MATERIALIZED (
            SELECT word, language, ts_lexize(dictionary::regdictionary, word) AS stem
            FROM unnest((SELECT %s::text[])) AS word CROSS JOIN spoken
        )
        SELECT typed.word, typed.language, typed.stem[1], w.id, w.text, w.articles
        FROM typed LEFT JOIN LATERAL (
            SELECT id, text, articles FROM knowledgebase_word
            WHERE language = typed.language AND stem = typed.stem[1] OFFSET 0
        ) AS w ON {visible.has_word}
        {_begun(visible) if beginning else ""}
        """,
        *(languages, [dictionary_of(each) for each in languages], list(words), *visible.params),
        *((beginning, beginning + LAST_LETTER, beginning, *visible.params) if beginning else ()),
    )
    for word, language, stem, pk, text, articles in rows:
        if word is None:
            known.beginning.append(Found(pk, text, articles, stem, language))
            continue
        known.stems.setdefault(word, {})[language] = stem
        if pk is not None:
            known.rows.setdefault(word, []).append(Found(pk, text, articles, stem, language))
    return known


def _begun(visible: Visible) -> str:
    """Further rows, of the commonest words with this beginning. Takes the beginning, its end, it again and `params`."""
    return f"""
        UNION ALL
        (
            SELECT NULL, w.language, w.stem, w.id, w.text, w.articles FROM (
                SELECT * FROM knowledgebase_word
                WHERE text ~>=~ (SELECT %s) AND text ~<~ (SELECT %s) AND text <> (SELECT %s)
                ORDER BY articles DESC LIMIT {MOST_LOOKED_AT}
            ) AS w WHERE {visible.has_word} ORDER BY w.articles DESC LIMIT {MOST_BEGINNING}
        )
        """


def rarity(articles: int, everywhere: int) -> float:
    """How much a word tells that stands in so many of all articles."""
    rare = (everywhere - min(articles, everywhere) + 0.5) / (articles + 0.5)
    return float(math.log(1 + rare) ** RARITY)


# --- The words that stand for one ---


def _add_own(
    term: Term, rows: Iterable[Found], counts: "_Counts", extras: Extras, worth: float = 1.0
) -> None:
    """The word itself, and what has its stem."""
    rows = [row for row in rows if extras.stems or row.text in (term.typed, term.corrected)]
    if not rows:
        return
    told = counts.rarities(rows, term.typed)
    term.rarity = max(term.rarity, counts.of_term(told) * worth)
    for row in rows:
        is_same = row.text in (term.typed, term.corrected)
        term.add(row, told[row.language] * worth * (1.0 if is_same else STEM))


def _add_synonyms(
    term: Term, others: Iterable[Sequence[str]], known: Known, counts: "_Counts", extras: Extras
) -> None:
    for other in others:
        for word in other:
            rows = known.rows.get(word, [])
            if rows:
                told = counts.rarities(rows, term.typed)
                term.rarity = term.rarity or counts.of_term(told) * SYNONYM / len(other)
                for row in rows:
                    term.add(row, told[row.language] * SYNONYM / len(other))


def _complete(term: Term, rows: Sequence[Found], counts: "_Counts") -> None:
    """What begins with the last word, the commonest first."""
    if rows:
        told = counts.rarities(rows, term.typed)
        term.rarity = term.rarity or counts.of_term(told) * BEGINNING
        for row in rows:
            term.add(row, told[row.language] * BEGINNING)


def _correct(
    terms: Sequence[Term], visible: Visible, language: str, counts: "_Counts", extras: Extras
) -> None:
    """Words that nobody wrote: the likest one that somebody did."""
    wanted = [term.typed for term in terms if _may_be_misspelt(term.typed)]
    best = _likest(wanted[:MOST_CORRECTED], visible, language)
    if not best:
        return
    corrected = list(best.values())
    groups = synonyms_of(corrected) if extras.synonyms else {}
    known = look_up({*corrected, *_parts(groups)}, visible)
    for term in terms:
        if term.typed in best:
            term.corrected = best[term.typed]
            worth = CORRECTED.get(distance(term.typed, term.corrected), 0.5)
            _add_own(term, known.rows.get(term.corrected, []), counts, extras, worth)
            _add_synonyms(term, groups.get(term.corrected, []), known, counts, extras)


@dataclass(frozen=True)
class _Counts:
    """How much words tell to a reader of this language."""

    language: str
    extras: Extras

    def rarities(self, rows: Iterable[Found], typed: str) -> dict[str, float]:
        """By language how much it tells that one of these words stands in an article."""
        with_it: Counter[str] = Counter()
        for row in rows:
            with_it[row.language] += row.articles
        faint = FAINTNESS if self.extras.faint and typed in FAINT else 1.0
        if not self.extras.rarity:
            return dict.fromkeys(with_it, faint)
        counts = _articles()
        return {of: faint * rarity(many, counts.get(of, many)) for of, many in with_it.items()}

    def of_term(self, told: Mapping[str, float]) -> float:
        return told.get(self.language) or max(told.values())


# --- What is asked of the tables ---


def synonyms_of(words: Sequence[str]) -> dict[str, list[tuple[str, ...]]]:
    """By word what means the same as it, or as a phrase that it is part of."""
    grams = {
        " ".join(words[at : at + length])
        for length in range(1, LONGEST_GRAM + 1)
        for at in range(len(words) - length + 1)
    }
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for (group,) in ask(
        "SELECT words FROM knowledgebase_synonym WHERE words && (SELECT %s::varchar[]) ORDER BY id",
        list(grams),
    ):
        typed = {entry for entry in group if entry in grams}
        others = [tuple(entry.split()) for entry in group if entry not in typed]
        for entry in typed:
            for word in entry.split():
                found[word] += others
    return dict(found)


def _parts(groups: Mapping[str, Iterable[Sequence[str]]]) -> set[str]:
    return {word for others in groups.values() for other in others for word in other}


def _likest(words: Sequence[str], visible: Visible, language: str) -> dict[str, str]:
    """By word the likest that is written in an article of theirs, as far as one is like it at all."""
    if not words:
        return {}
    pairs = [(word, other) for word in words for other in swapped(word)]
    rows = visible.ask(
        f"""
        SELECT typed.word, w.text, w.articles, w.language FROM unnest((SELECT %s::text[])) AS typed (word)
        CROSS JOIN LATERAL (
            SELECT * FROM (
                SELECT id, text, articles, language FROM knowledgebase_word
                WHERE text %% typed.word AND length(text) BETWEEN length(typed.word) - 2 AND length(typed.word) + 2
                ORDER BY similarity(text, typed.word) DESC, articles DESC LIMIT {MOST_LOOKED_AT}
            ) AS w WHERE {visible.has_word} LIMIT {MOST_LIKE}
        ) AS w
        UNION ALL
        SELECT pair.word, w.text, w.articles, w.language
        FROM unnest((SELECT %s::text[]), (SELECT %s::text[])) AS pair (word, other)
        CROSS JOIN LATERAL (SELECT * FROM knowledgebase_word WHERE text = pair.other OFFSET 0) AS w
        WHERE {visible.has_word}
        """,
        *(list(words), *visible.params),
        *([word for word, _other in pairs], [other for _word, other in pairs], *visible.params),
    )
    best: dict[str, tuple[tuple[Any, ...], str]] = {}
    for word, text, articles, of in rows:
        changed = distance(word, text)
        if changed <= _most_changed(word):
            rank = (changed, word[0] != text[0], of != language, -articles, text)
            best[word] = min(best.get(word, (rank, text)), (rank, text))
    return {word: text for word, (_rank, text) in best.items()}


def _may_be_misspelt(word: str) -> bool:
    return len(word) >= SHORTEST_CORRECTED and not word.isdigit() and word not in FAINT


def _most_changed(word: str) -> int:
    return 1 if len(word) < 6 else 2 if len(word) < 10 else 3


_kept: tuple[float, dict[str, int]] | None = None


def _articles() -> dict[str, int]:
    """By language how many articles are published: what rarities are reckoned with, and may be seconds old."""
    global _kept  # noqa: PLW0603 (one number for the whole process; threads may both read it)
    now = monotonic()
    if _kept is None or now - _kept[0] >= settings.DESK_CACHE_SECONDS:
        published = Article.objects.filter(status=ArticleStatus.PUBLISHED).order_by()
        _kept = (now, dict(published.values_list("language").annotate(n=Count("pk"))))
    return _kept[1]


def phrase_query(words: Sequence[str], stems: Mapping[str, str | None]) -> str:
    """A tsquery: these words one behind the other."""
    return " <-> ".join(f"'{stems.get(word) or word}'" for word in words)


def parts_of(text: str) -> str:
    """A synonym as it is kept: folded, its words with one space between them."""
    return " ".join(cut(text))
