"""Which open tickets a known error may be behind: by the words of its symptom, and by category."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from accounts.models import User
from accounts.prepared import any_of, ask
from knowledgebase.models import Article, ArticleVersion, LinkRole, TicketArticle
from knowledgebase.words import LAST_LETTER, dictionary_of
from tickets.indexing import query_of
from tickets.models import Kind, Ticket
from tickets.queries.beside import with_names
from tickets.queries.visible import PreparedFor
from tickets.words import tokens

MOST_WORDS = 16
MOST_WITH_THEM = 10_000
"""Tickets with any of the words that are looked through, open ones and others, the newest where there are more."""
UNCOUNTED = 50_000
"""The newest tickets that are looked through while nobody has counted how many have a word."""
OPEN, CANDIDATES = 4_000, 2_000
"""Open ones of them, the newest; and those that the person sees, which are weighed."""
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

    They have at least one of the rarer words, which are read from their index, so that it costs the same however many
    tickets are open. A word is worth more the fewer of the candidates have it. Problems are left out: they have
    incidents of their own.
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


@dataclass(frozen=True)
class _Asked:
    """The words by which tickets are looked for, and the key above which they are."""

    words: list[str]
    above: int


def _asked(words: Sequence[str]) -> _Asked:
    """The rarest of these words, as many as few enough tickets have; of a word that very many have the newest tickets.

    Words are counted each night among the newest tickets. What nobody has costs nothing to ask for.
    """
    rows = ask(
        """
        SELECT word,
            coalesce((SELECT sum(tickets) FROM knowledgebase_lexeme WHERE text ~>=~ word AND text ~<~ until), 0),
            coalesce((SELECT lexeme_texts FROM knowledgebase_suggestionsettings), 0),
            (SELECT reltuples FROM pg_class WHERE oid = 'tickets_tickettext'::regclass),
            coalesce((SELECT max(ticket_id) FROM tickets_tickettext), 0)
        FROM unnest((SELECT %s::text[]), (SELECT %s::text[])) AS row (word, until)
        """,
        list(words),
        [word + LAST_LETTER for word in words],
    )
    _word, _with_it, counted, about, newest = rows[0]
    if not counted:
        return _Asked(list(words), max(0, newest - UNCOUNTED))
    tickets = max(float(about), counted)
    asked, expected = [], 0.0
    for word, with_it, *_same in sorted(rows, key=lambda row: (row[1], row[0])):
        more = float(with_it) * tickets / counted
        if expected and expected + more > MOST_WITH_THEM:
            break
        asked.append(word)
        expected += more
    window = tickets * MOST_WITH_THEM / expected if expected > MOST_WITH_THEM else newest
    return _Asked(asked, max(0, newest - int(window)))


def _candidates(words: Sequence[str], user: User) -> list[tuple[int, int | None, tuple[bool, ...]]]:
    """By key the category of each ticket, and which of the words it has.

    One question after the other: all of it as one query goes through every open ticket to look whether it has a word.
    """
    found = _open(keys=_with_any(_asked(words)), user=user)
    has = _has(words, [key for key, _category in found])
    return [(key, category, has[key]) for key, category in found if key in has]


def _with_any(asked: _Asked) -> list[int]:
    """The newest open tickets that have any of the words."""
    has_any = " OR ".join(["public @@ %s::tsquery"] * len(asked.words))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH hit AS MATERIALIZED (
                SELECT ticket_id FROM tickets_tickettext WHERE ({has_any}) AND ticket_id > %s
            )
            SELECT ticket_id FROM hit CROSS JOIN LATERAL (
                SELECT in_queue FROM tickets_ticket WHERE id = hit.ticket_id OFFSET 0
            ) AS ticket
            WHERE in_queue ORDER BY ticket_id DESC LIMIT {OPEN}
            """,
            [*(query_of([word]) for word in asked.words), asked.above],
        )
        return [key for (key,) in cursor.fetchall()]


def _open(user: User, keys: list[int]) -> list[tuple[int, int | None]]:
    """Those that this person sees, the newest first, each with its category."""
    return _seen(user, keys=keys)[:CANDIDATES] if keys else []


_seen: PreparedFor[tuple[int, int | None]] = PreparedFor(
    lambda user, keys: (
        Ticket.objects.visible_to(user)
        .open()
        .exclude(kind=Kind.PROBLEM)
        .filter(any_of("pk", keys))
        .order_by("-created_at", "-id")
        .values_list("pk", "category_id")
    ),
    "keys",
)


def _has(words: Sequence[str], keys: list[int]) -> dict[int, tuple[bool, ...]]:
    flags = ", ".join(["public @@ %s::tsquery"] * len(words))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ticket_id, {flags} FROM tickets_tickettext WHERE ticket_id = ANY(%s)",
            [*(query_of([word]) for word in words), keys],
        )
        return {key: tuple(flags) for key, *flags in cursor.fetchall()}


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
