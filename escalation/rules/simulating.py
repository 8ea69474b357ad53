"""Rules tried on the past: what they would have done to tickets, beside what really happened. Nothing is written.

Each ticket is played through with the draft rules (`escalation.rules.playing`), and every change that they would
have made is compared with what really came of the ticket.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from escalation.queries.landings import keeping_landings
from escalation.rules.book import Live
from escalation.rules.exchange import Draft
from escalation.rules.outcomes import (
    CHANGED,
    FIRED,
    GONE,
    IDLE,
    LATER,
    LIMITED,
    MOVED,
    MOVES_IN,
    MOVES_OUT,
    NEVER,
    OPEN,
    REALLY,
    SAME,
    Outcome,
)
from escalation.rules.pasts import Pasts
from escalation.rules.playing import Book, Change, Fired, Life, Lived, Real
from tickets.events import plain
from tickets.models import NUMBER_PREFIX, Ticket, TicketQuerySet
from tickets.vocabulary import Unreadable, parse

BATCH = 500


@dataclass(frozen=True)
class Question:
    """Draft rules in their order, the period in which they are tried, and now."""

    rules: tuple[Live, ...]
    since: datetime
    until: datetime
    """The end of the period; not after now."""

    @classmethod
    def of(cls, drafts: Iterable[Draft], *, since: datetime, until: datetime, at: datetime) -> "Question":
        """The drafts that are meant to be in use."""
        used = [draft for draft in drafts if draft.is_enabled]
        return cls(tuple(_live(n, draft) for n, draft in enumerate(used)), since, min(until, at))


def _live(number: int, draft: Draft) -> Live:
    try:
        when = parse(dict(draft.spec.when))
    except Unreadable:
        when = None
    return Live(number, number, 1, draft.name, draft.spec, when)


def tickets_of(since: datetime, until: datetime) -> TicketQuerySet:
    """Those that were there in the period, as far as anything happened on them then or they were still open."""
    there = Ticket.objects.filter(created_at__lt=until)
    return there.filter(changed_at__gte=since) | there.filter(in_queue=True)


def ask(
    question: Question,
    tickets: TicketQuerySet,
    outcome: Outcome,
    *,
    goes_on: Callable[[Outcome], bool] = lambda _outcome: True,
) -> bool:
    """Go through tickets by id, from where the outcome stands; say whether it came to their end.

    Args:
        goes_on: asked after each batch; it shows progress, and may stop the work until later.
    """
    for rule in question.rules:
        outcome.rule(rule.name)
    book = Book(question.rules, since=question.since, until=question.until)
    with keeping_landings():
        while keys := _next_keys(tickets, outcome):
            pasts = Pasts(keys)
            for key, rows in pasts.histories():
                life = Life(key, book, pasts).lived(rows)
                _compare(life.fired, life.real)
                _tell(life, outcome)
            outcome.tickets += len(keys)
            outcome.last_ticket = keys[-1]
            if not goes_on(outcome):
                return False
    return True


def _next_keys(tickets: TicketQuerySet, outcome: Outcome) -> list[int]:
    rows = tickets.filter(pk__gt=outcome.last_ticket).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BATCH])


def _compare(fired: Iterable[Fired], real: Sequence[Real]) -> None:
    """Say of each change what really came of it: by a rule in the same chain, else later by whoever it was."""
    taken: set[tuple[int, str]] = set()
    for each in fired:
        for change in each.changes:
            found = next((one for one in real if _is_same(one, each, change, taken)), None)
            if found is not None:
                taken.add((found.id, found.column))
                change.really = SAME
            else:
                found = next((one for one in real if _is_later(one, each, change)), None)
                change.really = LATER if found is not None else NEVER
            if found is not None:
                change.really_at, change.really_by = found.at, "rule" if found.rule is not None else "person"


def _is_same(one: Real, fired: Fired, change: Change, taken: set[tuple[int, str]]) -> bool:
    """By event in the same chain; by time, the first that is not spoken for."""
    is_there = (one.column, one.now) == (change.column, plain(change.now)) and one.rule is not None
    in_chain = one.root == fired.root if fired.root is None or fired.root > 0 else (one.root or 0) > 0
    return is_there and in_chain and one.at >= fired.at and (one.id, one.column) not in taken


def _is_later(one: Real, fired: Fired, change: Change) -> bool:
    return (one.column, one.now) == (change.column, plain(change.now)) and one.at >= fired.at


# --- counting ---


def _tell(life: Lived, outcome: Outcome) -> None:
    outcome.changed_tickets += bool(life.fired)
    outcome.returns += life.returns
    outcome.avoided += life.avoided
    for team, name in zip(life.team, (OPEN, REALLY + OPEN), strict=True):
        if team is not None:
            outcome.team(team)[name] += 1
    for column, path, rules, at in life.cycles:
        outcome.add_cycle(column, [plain(value) for value in path], rules, life.ticket, plain(at))
    for fired in life.fired:
        _count(fired, outcome)
        for change in fired.changes:
            outcome.add_row(_row(life.ticket, fired, change))
    for real in life.real[: life.real_until]:
        if real.column == "team_id" and real.was is not None:
            outcome.team(real.now)[REALLY + MOVES_IN] += 1
            outcome.team(real.was)[REALLY + MOVES_OUT] += 1
    for gone in _gone(life):
        outcome.add_row(gone)


def _count(fired: Fired, outcome: Outcome) -> None:
    counts = outcome.rule(fired.rule)
    counts[FIRED] += 1
    counts[LIMITED] += fired.is_limited
    counts[IDLE] += fired.is_idle
    for change in fired.changes:
        counts[MOVED if change.column == "team_id" else CHANGED] += 1
        counts[change.really] += 1
        if change.column == "team_id":
            outcome.team(change.now)[MOVES_IN] += 1
            outcome.team(change.was)[MOVES_OUT] += 1


def _row(ticket: int, fired: Fired, change: Change) -> dict[str, Any]:
    return {
        "ticket": f"{NUMBER_PREFIX}{ticket}",
        "rule": fired.rule,
        "at": plain(fired.at),
        "event": fired.root if fired.root is not None and fired.root > 0 else None,
        "column": change.column,
        "from": plain(change.was),
        "to": plain(change.now),
        "really": change.really,
        "really_at": plain(change.really_at),
        "really_by": change.really_by,
    }


def _gone(life: Lived) -> list[dict[str, Any]]:
    """What rules really did in the period, and the draft does not."""
    told = Counter(
        (change.column, plain(change.now), change.really_at)
        for fired in life.fired
        for change in fired.changes
        if change.really == SAME
    )
    found = []
    for real in life.real[: life.real_until]:
        key = (real.column, real.now, real.at)
        if real.rule is None:
            continue
        if told[key]:
            told[key] -= 1
            continue
        found.append(
            {
                "ticket": f"{NUMBER_PREFIX}{life.ticket}",
                "rule": None,
                "really_rule": real.rule,
                "at": plain(real.at),
                "event": real.root,
                "column": real.column,
                "from": real.was,
                "to": real.now,
                "really": GONE,
                "really_at": plain(real.at),
                "really_by": "rule",
            }
        )
    return found
