"""What search reads of an article, written anew whenever what readers see of it changes.

Two things are kept. `Article.words`, PostgreSQL's full text with weights, answers where words stand: phrases, and what
is left out. `Occurrence` has a row for each word of each article with what it is worth there, so that a search adds
up a few numbers for each article and never unpacks a text; and so that each word that anybody is shown (corrected,
completed) can be asked for an article that they may read.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from django.db import connection
from django.db.models import Q
from django.utils import translation
from django.utils.translation import pgettext

from knowledgebase.markup import render
from knowledgebase.models import Article, ArticleKind, ArticleStatus, ArticleText, ArticleVersion, Word
from knowledgebase.scripts.reading import read
from knowledgebase.words import cut, dictionary_of

KNOWN_ERROR_PARTS = ("symptom", "cause", "workaround", "fix")
MOST_PLACES, LAST_PLACE = 200, 16_383
"""What a tsvector keeps of one word, and how far it counts."""
MOST_DIFFERENT = 5_000
"""Different words of one article that are found; a vector of more would grow past what PostgreSQL takes."""
AT_ONCE = 100
"""Articles of one statement."""
LONGEST_PLAIN = 200_000
USUAL = {"B": 18, "C": 15, "D": 250}
"""Words of a part (title, summary, headings, text) that is neither short nor long."""


@dataclass(frozen=True)
class Worth:
    """What one occurrence adds by where it stands; `half` is how much makes half of the most that is possible.

    In a part that is longer than usual it adds less, in a shorter one more: `length` says how much. Titles are all
    short.
    """

    title: float = 12.0
    summary: float = 2.0
    headings: float = 2.0
    body: float = 0.5
    half: float = 2.0
    length: float = 0.25

    def of(self, counts: Mapping[str, int], lengths: Mapping[str, int]) -> float:
        adds = {"A": self.title, "B": self.summary, "C": self.headings, "D": self.body}
        total = sum(adds[part] * many / self._long(part, lengths[part]) for part, many in counts.items())
        return total / (total + self.half)

    def _long(self, part: str, length: int) -> float:
        if part == "A":
            return 1.0
        return 1 - self.length + self.length * max(length, 1) / USUAL[part]


WORTH = Worth()


def index_article(article: Article, *, worth: Worth = WORTH) -> None:
    """Write what search knows of it anew; of an article that is not published it knows nothing.

    Within `together` this is done when the block ends.
    """
    waiting = _waiting.get()
    if waiting is not None:
        waiting.add(article.pk)
        return
    with_chapters = [article]
    if article.is_published and article.published is not None:
        # They are found by the title of their manual too.
        with_chapters += article.chapters.filter(status=article.status).select_related("published", "manual")
    _index(with_chapters, worth)


@contextmanager
def together() -> Iterator[None]:
    """Index all that is published or changed in the block at its end, in a few statements however much it is.

    Begin a transaction first, and end it afterwards.
    """
    waiting: set[int] = set()
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    rows = Article.objects.filter(Q(pk__in=waiting) | Q(manual__in=waiting, status=ArticleStatus.PUBLISHED))
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(keys), AT_ONCE):
        some = Article.objects.filter(pk__in=keys[first : first + AT_ONCE])
        _index(list(some.select_related("published", "manual").defer("words")), WORTH)


_waiting: ContextVar[set[int] | None] = ContextVar("articles that are indexed together", default=None)


def plain_text(version: ArticleVersion) -> str:
    """The words of a version without its marks: its text, what is known of an error, what a script says."""
    texts = [*(getattr(version, name) for name in KNOWN_ERROR_PARTS), version.body, *_said(version.script)]
    return "\n".join(render(text).words for text in texts if text)


def stems_of(words: Iterable[str], language: str) -> dict[str, str | None]:
    """By word its stem in that language; None for what stands in every text (the, and)."""
    dictionary = dictionary_of(language)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, ts_lexize(%s::regdictionary, word) FROM unnest(%s::text[]) AS word",
            [dictionary, list(words)],
        )
        return {word: (stem[0] if stem else None) for word, stem in cursor.fetchall()}


Texts = Sequence[tuple[str, Sequence[str]]]
"""Words in order, with the weight of where they stand."""


def vector(texts: Texts, stems: Mapping[str, str | None]) -> str:
    """As a tsvector is written. Words that every text has are in it as well, for they are part of phrases."""
    places: dict[str, list[str]] = {}
    place = 0
    for weight, words in texts:
        for word in words:
            place += 1
            known = places.setdefault(stems[word] or word, [])
            if len(known) < MOST_PLACES and len(places) <= MOST_DIFFERENT:
                known.append(f"{min(place, LAST_PLACE)}{weight}")
        place += 1  # a phrase does not reach from one text into the next
    return " ".join(f"'{stem}':{','.join(at)}" for stem, at in places.items() if at)


def worths(texts: Texts, stems: Mapping[str, str | None], worth: Worth) -> dict[str, float]:
    """What each word is worth, without those that every text has."""
    counts: dict[str, Counter[str]] = {}
    for weight, words in texts:
        for word in words:
            if stems[word] is not None and (word in counts or len(counts) < MOST_DIFFERENT):
                counts.setdefault(word, Counter())[weight] += 1
    lengths = {weight: len(words) for weight, words in texts}
    return {word: worth.of(found, lengths) for word, found in counts.items()}


def forget_unused_words() -> int:
    """Delete the words that no published article has any more; answers how many."""
    deleted, _by_model = Word.objects.filter(articles=0).delete()
    return deleted


# --- below ---


def _texts(article: Article, version: ArticleVersion, plain: str) -> Iterable[tuple[str, list[str]]]:
    headings = [text for _level, text, _anchor in version.headings]
    manual = article.manual
    beside = [*headings, _kind_in(article), manual.title if manual and manual.is_published else ""]
    yield "A", cut(f"{version.title} {' '.join(article.tags)}")
    yield "B", cut(f"{version.summary} {version.symptom}")
    yield "C", cut(" ".join(beside))
    yield "D", cut(plain)


def _kind_in(article: Article) -> str:
    """How people call its kind, who ask for "the printer script"."""
    with translation.override(article.language):
        calls = {
            ArticleKind.FAQ: pgettext("how people call it", "FAQ questions"),
            ArticleKind.MANUAL: pgettext("how people call it", "manual guide"),
            ArticleKind.KNOWN_ERROR: pgettext("how people call it", "known error"),
            ArticleKind.SOP: pgettext("how people call it", "SOP script procedure"),
        }
        return calls.get(ArticleKind(article.kind), "")


def _said(script: object) -> list[str]:
    """What the steps of a script say to whoever runs it."""
    said: list[str] = []
    for step in read(script)[0].steps.values():
        said += [step.text, step.label, *step.options.values()]
    return said


@dataclass(frozen=True)
class _Indexed:
    """What is written of one article."""

    article: Article
    plain: str
    texts: Texts
    stems: Mapping[str, str | None]

    @property
    def vector(self) -> str:
        return vector(self.texts, self.stems)


def _index(articles: Sequence[Article], worth: Worth) -> None:
    with connection.cursor() as cursor:
        # One at a time until the transaction ends: two that touch the same common words would wait for each other.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('knowledgebase.word'))")
    known = _read([each for each in articles if each.is_published])
    hidden = [each.pk for each in articles if not each.is_published or each.published is None]
    if hidden:
        ArticleText.objects.filter(article__in=hidden).delete()
        Article.objects.filter(pk__in=hidden).update(words="")
    _forget([each.pk for each in articles])
    if known:
        _write_texts(known)
        _write_words(known, worth)


def _read(articles: Sequence[Article]) -> list[_Indexed]:
    read: list[tuple[Article, str, Texts]] = []
    words: dict[str, set[str]] = {}
    for article in articles:
        if article.published is not None:
            plain = plain_text(article.published)
            texts = list(_texts(article, article.published, plain))
            read.append((article, plain, texts))
            words.setdefault(article.language, set()).update(word for _weight, some in texts for word in some)
    stems = {language: stems_of(some, language) for language, some in words.items()}
    return [_Indexed(article, plain, texts, stems[article.language]) for article, plain, texts in read]


def _forget(keys: Sequence[int]) -> None:
    """Take back what is known of the words of these articles."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (DELETE FROM knowledgebase_occurrence WHERE article_id = ANY(%s) RETURNING word_id),
            fewer AS (SELECT word_id, count(*) AS n FROM gone GROUP BY word_id)
            UPDATE knowledgebase_word SET articles = articles - fewer.n FROM fewer WHERE id = fewer.word_id
            """,
            [list(keys)],
        )


def _write_texts(known: Sequence[_Indexed]) -> None:
    keys = [each.article.pk for each in known]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO knowledgebase_articletext (article_id, text)
            SELECT * FROM unnest(%s::bigint[], %s::text[])
            ON CONFLICT (article_id) DO UPDATE SET text = EXCLUDED.text
            """,
            [keys, [each.plain[:LONGEST_PLAIN] for each in known]],
        )
        cursor.execute(
            """
            UPDATE knowledgebase_article SET words = given.words::tsvector
            FROM unnest(%s::bigint[], %s::text[]) AS given (id, words)
            WHERE knowledgebase_article.id = given.id
            """,
            [keys, [each.vector for each in known]],
        )


def _write_words(known: Sequence[_Indexed], worth: Worth) -> None:
    """What each word is worth in each of them, and in how many articles more it stands."""
    rows = [
        (each.article.pk, each.article.language, word, each.stems[word], adds)
        for each in known
        for word, adds in worths(each.texts, each.stems, worth).items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH given AS MATERIALIZED (
                SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::real[])
                AS row (article_id, language, text, stem, worth)
            ), known AS (
                INSERT INTO knowledgebase_word (language, text, stem, articles)
                SELECT language, text, min(stem), count(*) FROM given GROUP BY language, text
                ON CONFLICT (language, text)
                DO UPDATE SET articles = knowledgebase_word.articles + EXCLUDED.articles, stem = EXCLUDED.stem
                RETURNING id, language, text
            )
            INSERT INTO knowledgebase_occurrence (word_id, article_id, worth)
            SELECT known.id, given.article_id, given.worth FROM known JOIN given USING (language, text)
            """,
            [[row[at] for row in rows] for at in range(5)],
        )


def plain_worth(worth: Worth = WORTH) -> Worth:
    """The same without a difference between title and text, for measuring what the difference brings."""
    return replace(worth, title=1.0, summary=1.0, headings=1.0, body=1.0)
