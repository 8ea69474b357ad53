"""Search over tickets: number and subject hits first, then the newest."""

import re
from dataclasses import dataclass

from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, Case, Lookup, Q, Value, When
from django.db.models.sql.compiler import SQLCompiler

from accounts.models import User
from tickets.indexing import query_of
from tickets.models import NUMBER_PREFIX, Ticket, TicketQuerySet
from tickets.words import tokens

CANDIDATES = 1_000
"""A word in a third of all tickets finds too many to rank; the newest of them are looked at."""
MOST_TERMS = 12
LONGEST_QUERY = 1_000
TERM = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
NUMBER = re.compile(rf"(?:{NUMBER_PREFIX}|#)?(\d{{1,15}})", re.IGNORECASE)


@dataclass(frozen=True)
class Term:
    """Words that stand together: one word, or a phrase. `excluded` tickets that have it are left out."""

    words: tuple[str, ...]
    excluded: bool = False
    is_phrase: bool = False

    def query(self, weights: str = "") -> str:
        return query_of(self.words, weights=weights, is_whole=self.is_phrase)


@SearchVectorField.register_lookup
class Has(Lookup[str]):
    """`vector @@ query`, with a query that is written already (Django's own would parse it once more)."""

    lookup_name = "has"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: str, connection: object) -> tuple[str, list[str]]:
        return "%s", [value]

    def as_sql(self, compiler: SQLCompiler, connection: object) -> tuple[str, list[str]]:  # type: ignore[override]
        left, left_params = self.process_lhs(compiler, connection)  # type: ignore[arg-type]
        right, right_params = self.process_rhs(compiler, connection)  # type: ignore[arg-type]
        return f"{left} @@ {right}::tsquery", [*left_params, *right_params]


def search(user: User, words: str, *, limit: int = 50, within: Q | None = None) -> list[Ticket]:
    """Tickets that this person may open and that have every word, at most `limit`, in two queries.

    A word finds what begins with it; "two words" in quotes a phrase; -word leaves out. Requesters
    search subjects and public messages, the desk its notes too, a vendor's guests subjects only.

    Args:
        within: a further condition, such as `as_q(tree)` or a queue's.
    """
    visible = Ticket.objects.visible_to(user)
    if within is not None:
        visible = visible.filter(within)
    number = _number(words)
    terms = parse(words)
    wanted = [term for term in terms if not term.excluded]
    if number is None and not wanted:
        return []
    keys = _ranked(visible, terms, user)[:limit] if wanted else []
    found = visible.with_people().in_bulk([*keys, *([number] if number else [])])
    order = [number, *(key for key in keys if key != number)] if number in found else keys
    return [found[key] for key in order if key in found][:limit]


def parse(words: str) -> list[Term]:
    """What was typed, as terms. Punctuation alone is nothing; what is too long is cut."""
    terms: list[Term] = []
    for minus, phrase, word in TERM.findall(words[:LONGEST_QUERY]):
        parts = tuple(tokens(phrase or word))
        if parts:
            terms.append(Term(parts, excluded=bool(minus), is_phrase=bool(phrase)))
    return terms[:MOST_TERMS]


def _number(words: str) -> int | None:
    match = NUMBER.fullmatch(words.strip())
    return int(match[1]) if match else None


def _ranked(visible: TicketQuerySet, terms: list[Term], user: User) -> list[int]:
    """The keys of the newest candidates, those with every wanted word in the subject first."""
    found, in_subject = Q(), Q()
    for term in terms:
        if term.excluded:
            found &= ~_has(term, user)
        else:
            found &= _has(term, user)
            in_subject &= Q(text__public__has=term.query("A"))
    hit = Case(When(in_subject, then=Value(True)), default=Value(False), output_field=BooleanField())
    rows = visible.filter(found).annotate(hit=hit).order_by("-created_at", "-id")
    candidates = list(rows.values_list("pk", "hit")[:CANDIDATES])
    return [key for key, is_hit in candidates if is_hit] + [key for key, is_hit in candidates if not is_hit]


def _has(term: Term, user: User) -> Q:
    if user.is_technician or user.is_manager or user.is_administrator:
        public = Q(text__public__has=term.query())
        return public | Q(text__internal__has=term.query()) if user.clearance >= 1 else public
    if user.is_vendor_guest:
        return Q(text__public__has=term.query("A"))
    return Q(text__public__has=term.query())
