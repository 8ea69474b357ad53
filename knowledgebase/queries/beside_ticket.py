"""Articles for a ticket: by its words, its category, and by what resolved tickets like it."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Q

from accounts.models import User
from accounts.prepared import any_of
from knowledgebase.models import Article, Lexeme, LinkRole, TicketArticle
from knowledgebase.queries.searching import Hit, Ranked, hits_of, ranked
from knowledgebase.queries.wording import terms_of, visible_to
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
    visible = visible_to(user)
    terms = terms_of(words, visible, language=language, joined=_as_typed(ticket, words))
    known = sorted((term for term in terms if term.words), key=lambda term: -term.rarity)[:MOST_ASKED]
    by_words = ranked(known, visible, language=language, most=LOOKED_AT)[0] if known else []
    like = tickets_like(ticket, user, [*tokens(text), *(term.corrected for term in terms if term.corrected)])
    evidence = _evidence(like)
    rows = _with_solutions(by_words, evidence, user, language)
    best = _best(rows, evidence, ticket)[:limit]
    hits = hits_of(best, known)
    return Suggestions(
        [Suggested(hit, evidence.get(_family(hit.article), Evidence()).solved) for hit in hits],
        list(like)[:SHOWN_LIKE],
    )


def tickets_like(ticket: Ticket, user: User, words: Iterable[str]) -> dict[Ticket, float]:
    """Resolved tickets that share the rarest of these words with it, of those that this person may open.

    The most alike first, each with its likeness from 0 to 1.
    """
    size = _size()
    rarest = rarest_of(words, size)
    found = _candidates(ticket, rarest, size)
    if not found:
        return {}
    total = sum(word.worth for word in rarest)
    rows = {row.pk: row for row in _open_to(user, keys=[key for key, _worth in found])}
    return {rows[key]: worth / total for key, worth in found if key in rows}


_open_to: PreparedFor[Ticket] = PreparedFor(
    lambda user, keys: Ticket.objects.visible_to(user).filter(any_of("pk", keys)).only(*SHOWN).order_by(),
    "keys",
)


@dataclass(frozen=True)
class Rare:
    text: str
    tickets: float
    """How many have it, of all: reckoned from the newest."""
    worth: float


@dataclass(frozen=True)
class Size:
    tickets: float
    """About how many there are."""
    newest: int
    counted: int
    """Of how many the words are counted."""


def rarest_of(words: Iterable[str], size: Size) -> list[Rare]:
    """The rarest of these words, each with what it tells; none that too many tickets have."""
    given = {word[:LONGEST_WORD] for word in words if len(word) > 1}
    share = min(1.0, size.counted / max(size.tickets, 1.0)) or 1.0
    rarest: list[Rare] = []
    for row in Lexeme.objects.filter(text__in=given).order_by("tickets", "text")[:RAREST]:
        rarest.append(Rare(row.text, row.tickets / share, math.log(1 + size.counted / row.tickets)))
        if sum(word.tickets for word in rarest) > MOST_WITH_THEM:
            return rarest[:-1]
    return rarest


# --- below ---


def _family(article: Article) -> int:
    return article.original_id or article.pk


def _as_typed(ticket: Ticket, words: Sequence[str]) -> frozenset[str]:
    """What is not corrected."""
    subject = list(dict.fromkeys(cut(ticket.subject)))[:CORRECTED]
    return frozenset(words).difference(subject)


def _description(ticket: Ticket) -> str:
    rows = Message.objects.filter(ticket=ticket, kind=MessageKind.DESCRIPTION).order_by("at", "id")
    return str(rows.values_list("body", flat=True).first() or "")


def _size() -> Size:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT reltuples FROM pg_class WHERE oid = 'tickets_tickettext'::regclass),"
            " coalesce((SELECT max(ticket_id) FROM tickets_tickettext), 0),"
            " coalesce((SELECT lexeme_texts FROM knowledgebase_suggestionsettings), 0)"
        )
        about, newest, counted = cursor.fetchone()
    return Size(max(float(about), float(counted)), int(newest), int(counted))


def _candidates(ticket: Ticket, rarest: Sequence[Rare], size: Size) -> list[tuple[int, float]]:
    """Of the newest tickets with any of these words the resolved ones, the most alike of them first.

    `ticket_id` is bounded from below where words are so common that the newest candidates are surely above the bound:
    PostgreSQL then reads the words from their index, and no text of a ticket that is too old to count.
    """
    if not rarest:
        return []
    expected = sum(word.tickets for word in rarest)
    window = CANDIDATES * size.tickets / expected * MARGIN
    worth = " + ".join(["CASE WHEN public @@ %s::tsquery THEN %s::real ELSE 0 END"] * len(rarest))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH hit AS MATERIALIZED (
                SELECT ticket_id, {worth} AS worth FROM tickets_tickettext
                WHERE public @@ %s::tsquery AND ticket_id > %s OFFSET 0
            ), likest AS (
                SELECT * FROM (SELECT * FROM hit ORDER BY ticket_id DESC LIMIT {CANDIDATES}) AS newest
                ORDER BY worth DESC, ticket_id DESC LIMIT {LIKEST}
            )
            SELECT ticket.id, likest.worth FROM likest JOIN tickets_ticket ticket ON ticket.id = likest.ticket_id
            WHERE ticket.status = ANY(%s) AND ticket.id <> %s
            ORDER BY likest.worth DESC, ticket.id DESC LIMIT {LIKE}
            """,
            [
                *(part for word in rarest for part in (f"'{word.text}'", word.worth)),
                " | ".join(f"'{word.text}'" for word in rarest),
                max(0, size.newest - int(window)) if window < size.tickets else 0,
                [str(Status.RESOLVED), str(Status.CLOSED)],
                ticket.pk,
            ],
        )
        return [(key, float(likeness)) for key, likeness in cursor.fetchall()]


def _evidence(like: Mapping[Ticket, float]) -> dict[int, Evidence]:
    """By article, whatever its language, what it has to do with the tickets that are like this one."""
    if not like:
        return {}
    likeness = {ticket.pk: worth for ticket, worth in like.items()}
    links = TicketArticle.objects.filter(ticket__in=likeness, role__in=SOLVES).order_by()
    best: dict[int, dict[int, tuple[float, bool]]] = defaultdict(dict)
    for key, article, original, role in links.values_list(
        "ticket_id", "article_id", "article__original_id", "role"
    ):
        told = (likeness[key] * SOLVES[LinkRole(role)], role == LinkRole.SOLUTION)
        known = best[original or article]
        known[key] = max(known.get(key, (0.0, False)), told)
    return {
        family: Evidence(
            sum(worth for worth, _is in by.values()), sum(is_solved for _, is_solved in by.values())
        )
        for family, by in best.items()
    }


def _with_solutions(
    by_words: list[Ranked], evidence: Mapping[int, Evidence], user: User, language: str
) -> list[Ranked]:
    """What words have found, and what else resolved tickets like it: as far as they may read it now."""
    missing = evidence.keys() - {row.family for row in by_words}
    if not missing:
        return by_words
    further: dict[int, Ranked] = {}
    rows = Article.objects.visible_to(user).filter(Q(pk__in=missing) | Q(original__in=missing))
    columns = ("pk", "original_id", "language", "kind", "section_id")
    for pk, original, its_language, kind, section in rows.order_by("pk").values_list(*columns):
        row = Ranked(pk, original or pk, its_language, kind, section, rank=0.0)
        if row.family not in further or row.language == language:
            further[row.family] = row
    return [*by_words, *further.values()]


def _best(rows: list[Ranked], evidence: Mapping[int, Evidence], ticket: Ticket) -> list[Ranked]:
    """Words count up to one, of the best; so do solutions of tickets like it, the more the likelier."""
    most = max((row.rank for row in rows), default=0.0) or 1.0
    near = set()
    if ticket.category is not None:
        near = set(ticket.category.knowledge_sections.values_list("pk", flat=True))

    def worth(row: Ranked) -> float:
        solved = evidence.get(row.family, Evidence()).worth
        words = row.rank / most * (NEAR if row.section in near else 1.0)
        return words + solved / (solved + HALF)

    return sorted(rows, key=lambda row: (-worth(row), row.pk))
