"""Search over tickets: number and subject hits first, then the newest."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_
from time import monotonic
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, Case, F, Lookup, Q, QuerySet, Value, When
from django.db.models.sql.compiler import SQLCompiler

from accounts.models import User
from accounts.prepared import Prepared, any_of, time_at
from tickets.indexing import query_of
from tickets.models import NUMBER_PREFIX, Ticket, TicketQuerySet, TicketText
from tickets.models.querysets import sees_everything
from tickets.queries.beside import with_names
from tickets.queries.tied import tied_to
from tickets.queries.visible import PreparedFor
from tickets.words import tokens

CANDIDATES = 1_000
"""A word in a third of all tickets finds too many to rank; the newest of them are looked at."""
MOST_FOUND = 1_000
"""Hits of a search that goes on page by page."""
MANY = 10_000
"""Candidates where many of them may lie outside what the reader sees or the filter lets through."""
NEWEST = 2_000
"""Tickets among which a common word is looked for first."""
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


@dataclass(frozen=True)
class _Place:
    """Stands for a term whose words are parameters of a query that is written once."""

    anywhere: Any
    in_subject: Any
    excluded: bool = False

    def query(self, weights: str = "") -> Any:
        return self.in_subject if weights else self.anywhere


@SearchVectorField.register_lookup
class Has(Lookup[Any]):
    """`vector @@ query`, with a query that is written already (Django's own would parse it once more)."""

    lookup_name = "has"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (value,)

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}::tsquery", (*left_params, *right_params)


def search(user: User, words: str, *, limit: int = 50, within: Q | None = None) -> list[Ticket]:
    """Tickets that this person may open and that have every word, at most `limit`, in five queries.

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
    keys: list[int] = []
    if wanted:
        is_narrow = within is not None or len(wanted) < len(terms)
        keys = _ranked(visible, terms, user, limit=limit, is_narrow=is_narrow)[:limit]
    found = {ticket.pk: ticket for ticket in _by_keys(keys=keys)} if keys else {}
    if number is not None and number not in found:
        found |= visible.in_bulk([number])
    with_names([*found.values()])
    order = [number, *(key for key in keys if key != number)] if number in found else keys
    return [found[key] for key in order if key in found][:limit]


def found_keys(user: User, words: str, within: TicketQuerySet) -> list[int]:
    """The keys of what `search` finds among these rows (which the person may open), ranked, `MOST_FOUND` at most.

    For lists that go on page by page: each page reads its own rows.
    """
    number = _number(words)
    terms = parse(words)
    keys: list[int] = []
    if any(not term.excluded for term in terms):
        keys = _ranked(within, terms, user, limit=MOST_FOUND, is_narrow=True)[:MOST_FOUND]
    if number is not None and within.filter(pk=number).exists():
        keys = [number, *(key for key in keys if key != number)]
    return keys


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


def _ranked(
    visible: TicketQuerySet, terms: list[Term], user: User, *, limit: int, is_narrow: bool
) -> list[int]:
    """The keys of the newest candidates, those with every wanted word in the subject first.

    The road is not left to the planner, which guesses badly how many tickets have what begins with a
    word, and then reads all of them. A common word is found among the newest tickets already; one that
    is not is rare enough for the index of words. Requesters and vendors' guests have few tickets: those are
    read first.
    """
    if not user.uses_desk or user.is_vendor_guest:
        return _rank(visible.filter(tied_to(user)), terms, user)
    since = _since()
    if since is None:
        return _rank(visible, terms, user)
    if is_narrow or len(terms) > len(_usual):
        found = _rank(visible.filter(created_at__gte=since), terms, user)
    else:
        asked = {name: value for at, term in enumerate(terms) for name, value in _asked(at, term)}
        found = _in_order(_usual[len(terms) - 1](user, since=since, **asked))
    if len(found) >= limit:
        return found
    wanted = reduce(and_, (_has(term, user) for term in terms if not term.excluded))
    most = MANY if is_narrow or not sees_everything(user) else CANDIDATES
    # Without "+ 0" the planner may walk the primary key backwards through every text.
    matching = TicketText.objects.filter(wanted).order_by((F("pk") + 0).desc()).values("pk")[:most]
    return _rank(visible.filter(pk__in=matching), terms, user)


_kept: tuple[float, datetime | None] | None = None


def _since() -> datetime | None:
    """Since when the newest were filed, none where there are fewer; a few more of them do not matter for seconds."""
    global _kept  # noqa: PLW0603 (one time for the whole process; threads may both read it)
    now = monotonic()
    if _kept is None or now - _kept[0] >= settings.DESK_CACHE_SECONDS:
        times = Ticket.objects.order_by("-created_at").values_list("created_at", flat=True)
        _kept = (now, times[NEWEST : NEWEST + 1].first())
    return _kept[1]


def _rank(rows: TicketQuerySet, terms: list[Term], user: User) -> list[int]:
    return _in_order(_candidates(rows, terms, user))


def _in_order(candidates: Iterable[tuple[int, bool]]) -> list[int]:
    rows = list(candidates)
    return [key for key, is_hit in rows if is_hit] + [key for key, is_hit in rows if not is_hit]


def _candidates(
    rows: TicketQuerySet, terms: Iterable[Term | _Place], user: User
) -> "QuerySet[Any, tuple[int, bool]]":
    """The newest that have the words, each with whether all of them stand in its subject."""
    found, in_subject = Q(), Q()
    for term in terms:
        has = _has(term, user, prefix="text__")
        found &= ~has if term.excluded else has
        if not term.excluded:
            in_subject &= Q(text__public__has=term.query("A"))
    hit = Case(When(in_subject, then=Value(True)), default=Value(False), output_field=BooleanField())
    ordered = rows.filter(found).annotate(hit=hit).order_by("-created_at", "-id")
    return ordered.values_list("pk", "hit")[:CANDIDATES]


def _asked(at: int, term: Term) -> list[tuple[str, str]]:
    return [(f"anywhere {at}", term.query()), (f"in_subject {at}", term.query("A"))]


def _usual_search(number: int) -> PreparedFor[tuple[int, bool]]:
    """The newest tickets that have so many words, as text: which plan is best depends on the words."""
    ats = range(number)

    def build(person: User, since: Any, **places: Any) -> "QuerySet[Any, tuple[int, bool]]":
        newest = Ticket.objects.visible_to(person).filter(created_at__gte=time_at(since))
        terms = [_Place(places[f"anywhere {at}"], places[f"in_subject {at}"]) for at in ats]
        return _candidates(newest, terms, person)

    names = [name for at in ats for name in (f"anywhere {at}", f"in_subject {at}")]
    return PreparedFor(build, "since", *names, keeps_plan=False)


_usual = tuple(_usual_search(number) for number in (1, 2, 3))
_by_keys: Prepared[Ticket] = Prepared(
    lambda keys: Ticket.objects.filter(any_of("pk", keys)).order_by(), "keys"
)
"""Of keys that were just found among what the reader may open."""


def _has(term: Term | _Place, user: User, prefix: str = "") -> Q:
    public = Q(**{f"{prefix}public__has": term.query()})
    if user.is_vendor_guest:
        return Q(**{f"{prefix}public__has": term.query("A")})
    is_desk = user.is_technician or user.is_manager or user.is_administrator
    if is_desk and user.clearance >= 1:
        return public | Q(**{f"{prefix}internal__has": term.query()})
    return public
