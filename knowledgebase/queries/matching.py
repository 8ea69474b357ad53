"""Which open tickets a known error may be behind: by the words of its symptom, and by category."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import BooleanField, Case, Q, Value, When

from accounts.models import User
from knowledgebase.models import Article, ArticleVersion, LinkRole, TicketArticle
from knowledgebase.words import dictionary_of
from tickets.indexing import query_of
from tickets.models import Kind, Ticket
from tickets.queries.beside import with_names
from tickets.words import tokens

MOST_WORDS = 16
NEWEST = 20_000
"""Open tickets that are looked at, the newest."""
CANDIDATES = 2_000
"""Those of them that have any of the words, and are weighed."""
SHORTEST = 3
LEAST_SHARE = 0.34
"""Of the worth of all words that a ticket must have. A category in common counts as BONUS more."""
BONUS = 0.2


@dataclass(frozen=True)
class Match:
    """An open ticket, how much of the symptom it has (0 to 1), and whether it is linked already."""

    ticket: Ticket
    share: float
    is_of_category: bool
    is_linked: bool

    @property
    def percent(self) -> int:
        return round(100 * self.share)


def open_tickets_like(article: Article, user: User, *, limit: int = 50) -> list[Match]:
    """Open tickets that this person sees, likest first, in a constant number of queries.

    A word is worth more the fewer of the candidates have it. Problems are left out: they have incidents of their own.
    """
    version = article.published or article.draft
    words = [] if version is None else _words(version, article.language)
    if not words:
        return []
    rows = _candidates(words, user)
    worth = _worth(words, [flags for _key, _category, flags in rows])
    categories = _categories(article)
    scored = [
        (sum(w for w, has in zip(worth, flags, strict=True) if has), category in categories, key)
        for key, category, flags in rows
    ]
    best = sorted(
        (
            (min(1.0, share), is_of, key)
            for share, is_of, key in scored
            if share + (BONUS if is_of else 0) >= LEAST_SHARE
        ),
        key=lambda row: (-(row[0] + (BONUS if row[1] else 0)), -row[2]),
    )[:limit]
    return _matches(article, best, user)


# --- below ---


def _words(version: ArticleVersion, language: str) -> list[str]:
    """The beginnings of the words of title and symptom, without those that say nothing."""
    found = list(dict.fromkeys(tokens(f"{version.title} {version.symptom}")))
    found = [word for word in found if len(word) >= SHORTEST][: 10 * MOST_WORDS]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, ts_lexize(%s::regdictionary, word) FROM unnest(%s::text[]) WITH ORDINALITY AS row (word, n)"
            " ORDER BY n",
            [dictionary_of(language), found],
        )
        stems = [(word, stem[0] if stem else "") for word, stem in cursor.fetchall() if stem != []]
    return list(dict.fromkeys(_beginning(word, stem) for word, stem in stems))[:MOST_WORDS]


def _beginning(word: str, stem: str) -> str:
    """What the word and its stem begin with: tickets are found by beginnings, and "batteri" begins no "battery"."""
    common = 0
    for one, other in zip(word, stem, strict=False):
        if one != other:
            break
        common += 1
    return word[:common] if common >= SHORTEST else word


def _candidates(words: Sequence[str], user: User) -> list[tuple[int, int | None, tuple[bool, ...]]]:
    has = [Q(text__public__has=query_of([word])) for word in words]
    flags = {
        f"has_{number}": Case(When(each, then=Value(True)), default=Value(False), output_field=BooleanField())
        for number, each in enumerate(has)
    }
    visible = Ticket.objects.visible_to(user).open().exclude(kind=Kind.PROBLEM)
    newest = visible.order_by("-created_at", "-id").values("pk")[:NEWEST]
    rows = Ticket.objects.filter(pk__in=newest).filter(reduce(or_, has)).annotate(**flags)
    found = rows.order_by("-created_at", "-id").values_list("pk", "category_id", *flags)[:CANDIDATES]
    return [(row[0], row[1], tuple(row[2:])) for row in found]


def _worth(words: Sequence[str], flags: Sequence[Sequence[bool]]) -> list[float]:
    """What each word is worth, together 1."""
    counts = [sum(row[number] for row in flags) for number in range(len(words))]
    raw = [math.log(1 + (len(flags) + 1) / (count + 1)) for count in counts]
    return [each / sum(raw) for each in raw]


def _categories(article: Article) -> set[int]:
    """Of the tickets that it is linked with, that it was written from, and of its section."""
    linked = TicketArticle.objects.filter(article=article).values_list("ticket__category_id", flat=True)
    source = Ticket.objects.filter(articles_from_it__article=article).values_list("category_id", flat=True)
    section = article.section.ticket_categories.values_list("pk", flat=True)
    return {key for key in (*linked.order_by(), *source.order_by(), *section) if key is not None}


def _matches(article: Article, best: Sequence[tuple[float, bool, int]], user: User) -> list[Match]:
    found = Ticket.objects.visible_to(user).in_bulk([key for _share, _is_of, key in best])
    with_names([*found.values()])
    linked = set(
        TicketArticle.objects.filter(
            article=article, ticket__in=found, role=LinkRole.KNOWN_ERROR
        ).values_list("ticket_id", flat=True)
    )
    return [Match(found[key], share, is_of, key in linked) for share, is_of, key in best if key in found]
