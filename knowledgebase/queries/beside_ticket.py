"""Articles for a ticket: by its words, its category, and by what resolved tickets like it."""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection

from accounts.models import User
from accounts.prepared import Prepared, any_of, ask
from knowledgebase.models import Article, LinkRole, TicketArticle
from knowledgebase.queries.searching import Hit, Ranked, hits_of, ranked
from knowledgebase.queries.suggesting import sections_near
from knowledgebase.queries.wording import Visible, terms_of, visible_to
from knowledgebase.words import cut
from tickets.models import Message, MessageKind, Status, Ticket
from tickets.queries.visible import PreparedFor
from tickets.words import tokens

FOUND = 5
LOOKED_AT = 40
MOST_READ = 4_000
"""Characters of a ticket that are read for words."""
MOST_WORDS = 60
CORRECTED = 8
"""Words of the subject that are corrected where no article has them; a whole description would cost too much."""
MOST_ASKED = 8
"""Words that articles are asked for: the ones that tell most."""
RAREST = 6
"""Words by which tickets are alike."""
MOST_WITH_THEM = 40_000
"""Tickets that have any of them. Words that more have together say too little, and cost too much."""
CANDIDATES = 2_000
LIKEST, LIKE = 600, 100
"""The most alike of the candidates: of so many it is asked whether they are resolved, of so many solutions count."""
MARGIN = 1.2
USUAL, FEWEST_USUAL = 0.001, 20
"""The share of tickets that have a word, and how many at least, from which it is no typing error."""
LONGEST_WORD = 100
"""Characters of a word in the index of tickets."""
SHOWN_LIKE = 3
SHOWN = ("subject", "status", "resolution_code", "resolved_at")
"""Columns of tickets that are like it."""
NEAR = 1.3
"""What an article of a section for the ticket's category is worth beside others."""
SOLVES = {LinkRole.SOLUTION: 1.0, LinkRole.KNOWN_ERROR: 0.8, LinkRole.INSERTED: 0.5}
"""What it tells of an article that it is linked so with a ticket that is like this one."""
HALF = 1.0
"""Solutions of tickets like this one that are worth as much as half of the best words."""


@dataclass(frozen=True)
class Suggested:
    hit: Hit
    solved_like: int
    """Tickets like this one that it resolved."""

    @property
    def article(self) -> Article:
        return self.hit.article


@dataclass(frozen=True)
class Suggestions:
    articles: list[Suggested] = field(default_factory=list)
    like: list[Ticket] = field(default_factory=list)
    """Resolved tickets that are like it, the most alike first; all that this person may open."""


@dataclass(frozen=True)
class Evidence:
    """What tickets like it say for an article."""

    worth: float = 0.0
    solved: int = 0


def for_ticket(ticket: Ticket, user: User, *, language: str = "en", limit: int = FOUND) -> Suggestions:
    """The best articles for a ticket among those that this person may read, at most `limit`.

    Words that nobody writes are taken for the likest that stands in an article. Tickets are alike by the rarest words
    that they share.

    Args:
        language: of the reader.
    """
    text = f"{ticket.subject}\n{_description(ticket)}"[:MOST_READ]
    words = tuple(dict.fromkeys(cut(text)))[:MOST_WORDS]
    if not words:
        return Suggestions()
    visible, said = visible_to(user), tokens(text)
    counts = counts_of({*said, *words})
    terms = terms_of(words, visible, language=language, joined=_as_typed(ticket, words, counts))
    known = sorted((term for term in terms if term.words), key=lambda term: -term.rarity)[:MOST_ASKED]
    by_words = ranked(known, visible, language=language, most=LOOKED_AT)[0] if known else []
    corrected = [term.corrected for term in terms if term.corrected]
    like = tickets_like(ticket, user, counts_of({*said, *corrected}) if corrected else counts)
    evidence = _evidence(like)
    rows = _with_solutions(by_words, evidence, visible, language)
    best = _best(rows, evidence, ticket)[:limit]
    hits = hits_of(best, known)
    return Suggestions(
        [Suggested(hit, evidence.get(_family(hit.article), Evidence()).solved) for hit in hits],
        [each.ticket for each in like[:SHOWN_LIKE]],
    )


@dataclass(frozen=True)
class Like:
    """A resolved ticket that is like another one."""

    row: tuple[Any, ...]
    """Its key, and the columns that are shown."""
    likeness: float
    """From 0 to 1."""

    @property
    def key(self) -> int:
        return int(self.row[0])

    @property
    def ticket(self) -> Ticket:
        """With nothing but what is shown."""
        return Ticket.from_db(DEFAULT_DB_ALIAS, ("id", *SHOWN), self.row)


def tickets_like(ticket: Ticket, user: User, counts: "Counts") -> list[Like]:
    """Resolved tickets that share the rarest of the counted words with it, of those that this person may open.

    The most alike first.
    """
    rarest = rarest_of(counts)
    found = _candidates(ticket, rarest, counts)
    if not found:
        return []
    total = sum(word.worth for word in rarest)
    rows = {row[0]: row for row in _open_to(user, keys=[key for key, _worth in found])}
    return [Like(rows[key], worth / total) for key, worth in found if key in rows]


_open_to: PreparedFor[tuple[Any, ...]] = PreparedFor(
    lambda user, keys: (
        Ticket.objects.visible_to(user).filter(any_of("pk", keys)).order_by().values_list("pk", *SHOWN)
    ),
    "keys",
)


@dataclass(frozen=True)
class Rare:
    text: str
    tickets: float
    """How many have it, of all: reckoned from the newest."""
    worth: float


@dataclass(frozen=True)
class Counts:
    tickets: float
    """About how many there are."""
    newest: int
    counted: int
    """Of how many the words are counted."""
    words: Mapping[str, int]
    """Of the words that were asked for those that are known, and how many of the counted have each."""

    def is_usual(self, word: str) -> bool:
        """So many tickets have it that it is no typing error, whether an article has it or not."""
        return self.words.get(word, 0) >= max(FEWEST_USUAL, self.counted * USUAL)


def counts_of(words: Collection[str]) -> Counts:
    """How many tickets have each of these words. One query."""
    given = list({word[:LONGEST_WORD] for word in words if len(word) > 1})
    ((about, newest, counted, known, tickets),) = ask(
        """
        SELECT (SELECT reltuples FROM pg_class WHERE oid = 'tickets_tickettext'::regclass),
            coalesce((SELECT max(ticket_id) FROM tickets_tickettext), 0),
            coalesce((SELECT lexeme_texts FROM knowledgebase_suggestionsettings), 0),
            coalesce(array_agg(text), '{}'), coalesce(array_agg(tickets), '{}')
        FROM knowledgebase_lexeme WHERE text = ANY((SELECT %s::text[])::text[])
        """,
        given,
    )
    return Counts(max(float(about), float(counted)), newest, counted, dict(zip(known, tickets, strict=True)))


def rarest_of(counts: Counts) -> list[Rare]:
    """The rarest of the counted words, each with what it tells; none that too many tickets have."""
    share = min(1.0, counts.counted / max(counts.tickets, 1.0)) or 1.0
    rarest: list[Rare] = []
    for text, tickets in sorted(counts.words.items(), key=lambda item: (item[1], item[0]))[:RAREST]:
        rarest.append(Rare(text, tickets / share, math.log(1 + counts.counted / tickets)))
        if sum(word.tickets for word in rarest) > MOST_WITH_THEM:
            return rarest[:-1]
    return rarest


# --- below ---


def _family(article: Article) -> int:
    return article.original_id or article.pk


def _as_typed(ticket: Ticket, words: Sequence[str], counts: Counts) -> frozenset[str]:
    """What is not corrected: all but the subject, and of that what others write too."""
    subject = list(dict.fromkeys(cut(ticket.subject)))[:CORRECTED]
    return frozenset(words).difference(word for word in subject if not counts.is_usual(word))


def _description(ticket: Ticket) -> str:
    found = _descriptions.first(key=ticket.pk)
    return str(found[0]) if found else ""


_descriptions: Prepared[tuple[Any, ...]] = Prepared(
    lambda key: (
        Message.objects.filter(ticket_id=key, kind=MessageKind.DESCRIPTION)
        .order_by("at", "id")
        .values_list("body")[:1]
    ),
    "key",
)


def _candidates(ticket: Ticket, rarest: Sequence[Rare], counts: Counts) -> list[tuple[int, float]]:
    """Of the newest tickets with any of these words the resolved ones, the most alike of them first.

    `ticket_id` is bounded from below where words are so common that the newest candidates are surely above the bound:
    PostgreSQL then reads the words from their index, and no text of a ticket that is too old to count. It does so
    word by word, which costs it two thirds of one query with all of them.
    """
    if not rarest:
        return []
    expected = sum(word.tickets for word in rarest)
    window = CANDIDATES * counts.tickets / expected * MARGIN
    worth = " + ".join(["CASE WHEN public @@ %s::tsquery THEN %s::real ELSE 0 END"] * len(rarest))
    has_any = " OR ".join(["public @@ %s::tsquery"] * len(rarest))
    queries = [f"'{word.text}'" for word in rarest]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH hit AS MATERIALIZED (
                SELECT ticket_id, {worth} AS worth FROM tickets_tickettext
                WHERE ({has_any}) AND ticket_id > %s OFFSET 0
            ), likest AS (
                SELECT * FROM (SELECT * FROM hit ORDER BY ticket_id DESC LIMIT {CANDIDATES}) AS newest
                ORDER BY worth DESC, ticket_id DESC LIMIT {LIKEST}
            )
            SELECT ticket.id, likest.worth FROM likest JOIN tickets_ticket ticket ON ticket.id = likest.ticket_id
            WHERE ticket.status = ANY(%s) AND ticket.id <> %s
            ORDER BY likest.worth DESC, ticket.id DESC LIMIT {LIKE}
            """,
            [
                *(part for query, word in zip(queries, rarest, strict=True) for part in (query, word.worth)),
                *queries,
                max(0, counts.newest - int(window)) if window < counts.tickets else 0,
                [str(Status.RESOLVED), str(Status.CLOSED)],
                ticket.pk,
            ],
        )
        return [(key, float(likeness)) for key, likeness in cursor.fetchall()]


def _evidence(like: Sequence[Like]) -> dict[int, Evidence]:
    """By article, whatever its language, what it has to do with the tickets that are like this one."""
    if not like:
        return {}
    likeness = {each.key: each.likeness for each in like}
    best: dict[int, dict[int, tuple[float, bool]]] = defaultdict(dict)
    for key, article, original, role in _solving(tickets=list(likeness)):
        told = (likeness[key] * SOLVES[LinkRole(role)], role == LinkRole.SOLUTION)
        known = best[original or article]
        known[key] = max(known.get(key, (0.0, False)), told)
    return {
        family: Evidence(
            sum(worth for worth, _is in by.values()), sum(is_solved for _, is_solved in by.values())
        )
        for family, by in best.items()
    }


_solving: Prepared[tuple[Any, ...]] = Prepared(
    lambda tickets: (
        TicketArticle.objects.filter(any_of("ticket_id", tickets), role__in=list(SOLVES))
        .order_by()
        .values_list("ticket_id", "article_id", "article__original_id", "role")
    ),
    "tickets",
)


def _with_solutions(
    by_words: list[Ranked], evidence: Mapping[int, Evidence], visible: Visible, language: str
) -> list[Ranked]:
    """What words have found, and what else resolved tickets like it: as far as they may read it now."""
    missing = list(evidence.keys() - {row.family for row in by_words})
    if not missing:
        return by_words
    further: dict[int, Ranked] = {}
    found = visible.ask(
        f"""
        SELECT a.id, coalesce(a.original_id, a.id), a.language, a.kind, a.section_id
        FROM knowledgebase_article a CROSS JOIN LATERAL (SELECT a.id AS article_id) AS o
        WHERE (a.id = ANY((SELECT %s::bigint[])::bigint[]) OR a.original_id = ANY((SELECT %s::bigint[])::bigint[]))
            AND {visible.has_article}
        ORDER BY a.id
        """,
        *(missing, missing, *visible.params),
    )
    for pk, family, its_language, kind, section in found:
        row = Ranked(pk, family, its_language, kind, section, 0.0)
        if row.family not in further or row.language == language:
            further[row.family] = row
    return [*by_words, *further.values()]


def _best(rows: list[Ranked], evidence: Mapping[int, Evidence], ticket: Ticket) -> list[Ranked]:
    """Words count up to one, of the best; so do solutions of tickets like it, the more the likelier."""
    most = max((row.rank for row in rows), default=0.0) or 1.0
    near = sections_near(ticket.category_id)

    def worth(row: Ranked) -> float:
        solved = evidence.get(row.family, Evidence()).worth
        words = row.rank / most * (NEAR if row.section in near else 1.0)
        return words + solved / (solved + HALF)

    return sorted(rows, key=lambda row: (-worth(row), row.pk))
