"""What search reads of an article, written anew whenever what readers see of it changes.

Two things are kept. `Article.words`, PostgreSQL's full text with weights, answers where words stand: phrases, and what
is left out. `Occurrence` has a row for each word of each article with what it is worth there, so that a search adds
up a few numbers for each article and never unpacks a text; and so that each word that anybody is shown (corrected,
completed) can be asked for an article that they may read.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import connection
from django.utils import translation
from django.utils.translation import pgettext

from knowledgebase.markup import render
from knowledgebase.models import Article, ArticleKind, ArticleText, ArticleVersion, Word
from knowledgebase.scripts.reading import read
from knowledgebase.words import cut, dictionary_of

KNOWN_ERROR_PARTS = ("symptom", "cause", "workaround", "fix")
MOST_PLACES, LAST_PLACE = 200, 16_383
"""What a tsvector keeps of one word, and how far it counts."""
MOST_DIFFERENT = 5_000
"""Different words of one article that are found; a vector of more would grow past what PostgreSQL takes."""
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
    """Write what search knows of it anew; of an article that is not published it knows nothing."""
    with connection.cursor() as cursor:
        # One at a time until the transaction ends: two that touch the same common words would wait for each other.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('knowledgebase.word'))")
    version = article.published if article.is_published else None
    if version is None:
        ArticleText.objects.filter(article=article).delete()
        Article.objects.filter(pk=article.pk).update(words="")
        _write(article, {}, {})
        return
    plain = plain_text(version)
    texts = list(_texts(article, version, plain))
    stems = stems_of({word for _weight, words in texts for word in words}, article.language)
    ArticleText.objects.update_or_create(article=article, defaults={"text": plain[:LONGEST_PLAIN]})
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE knowledgebase_article SET words = %s::tsvector WHERE id = %s",
            [vector(texts, stems), article.pk],
        )
    _write(article, worths(texts, stems, worth), stems)
    for chapter in article.chapters.filter(status=article.status).select_related("published", "manual"):
        index_article(chapter, worth=worth)  # it is found by the title of its manual too


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


def _write(article: Article, worth: Mapping[str, float], stems: Mapping[str, str | None]) -> None:
    """Put these words in the place of those that it had."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (DELETE FROM knowledgebase_occurrence WHERE article_id = %s RETURNING word_id)
            UPDATE knowledgebase_word SET articles = articles - 1 FROM gone WHERE id = gone.word_id
            """,
            [article.pk],
        )
        if not worth:
            return
        cursor.execute(
            """
            WITH given AS (
                SELECT * FROM unnest(%s::text[], %s::text[], %s::real[]) AS row (text, stem, worth)
            ), known AS (
                INSERT INTO knowledgebase_word (language, text, stem, articles)
                SELECT %s, text, stem, 1 FROM given
                ON CONFLICT (language, text)
                DO UPDATE SET articles = knowledgebase_word.articles + 1, stem = EXCLUDED.stem
                RETURNING id, text
            )
            INSERT INTO knowledgebase_occurrence (word_id, article_id, worth)
            SELECT known.id, %s, given.worth FROM known JOIN given USING (text)
            """,
            [
                list(worth),
                [stems[word] for word in worth],
                list(worth.values()),
                article.language,
                article.pk,
            ],
        )


def plain_worth(worth: Worth = WORTH) -> Worth:
    """The same without a difference between title and text, for measuring what the difference brings."""
    return replace(worth, title=1.0, summary=1.0, headings=1.0, body=1.0)
