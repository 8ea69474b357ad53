"""What would have become of past tickets, had something else been promised: a replay of their history.

Each ticket is folded event by event, and the very engine that keeps the clocks live is run with another book.
Nothing is written. What it was is read from the clocks where a ticket has them, else replayed by the book in
force. What stands around a ticket (tags, plan, VIP) is read as it is now.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sla.book import Rules
from sla.cycles import Cycle, HoursOf
from sla.drafts import Proposal
from sla.engine import Change, react
from sla.models import Clock
from sla.operations.judging import facts_for
from sla.operations.keeping import COLUMNS, judged_by, keep_clocks
from sla.queries.hours import hours_of
from sla.verdicts import Judged, Verdict, by_metric, verdicts
from tickets import events as ticket_events
from tickets.models import NUMBER_PREFIX, Event, Ticket, TicketQuerySet
from tickets.state import State, states
from tickets.vocabulary import Facts

BATCH = 250
MOST_LISTED = 2_000
"""Changed verdicts that are kept for reading; all are counted."""
WAS, WOULD_BE = "was", "would_be"
EVERYTHING, PRIORITY, TIER = "all", "priority", "tier"
Life = Sequence[tuple[Event, State]]
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Question:
    """The book in force, the book with the proposal in it, and now: until then open tickets are followed."""

    rules: Rules
    proposed: Rules
    proposed_hours: HoursOf
    at: datetime

    @classmethod
    def of(cls, proposal: Proposal, rules: Rules, *, since: datetime, at: datetime) -> "Question":
        years = range(since.year - 1, at.year + 3)
        return cls(rules, proposal.rules(rules), proposal.hours_of(years), at)


@dataclass
class Answer:
    """What has been found so far; can be written down and gone on with."""

    tickets: int = 0
    recorded: int = 0
    """Tickets whose clocks say what it was; the others are replayed by the book in force."""
    last_ticket: int = 0
    counts: Counter[tuple[str, str, str, str, str]] = field(default_factory=Counter)
    """Tickets by group, its key, metric, side (was or would be) and verdict."""
    changed: list[dict[str, Any]] = field(default_factory=list)
    changed_total: int = 0
    """Clocks with another verdict."""

    def to_json(self) -> dict[str, Any]:
        counts = [[*key, number] for key, number in self.counts.items()]
        return {**self.__dict__, "counts": counts}

    @classmethod
    def from_json(cls, json: dict[str, Any]) -> "Answer":
        counts = Counter({tuple(row[:-1]): row[-1] for row in json["counts"]})
        return cls(**{**json, "counts": counts})

    def report(self) -> dict[str, Any]:
        """The figures as programs read them: shares in percent of what is decided, spans in minutes."""
        found: dict[str, Any] = {"tickets": self.tickets, "recorded": self.recorded}
        for group, name in ((EVERYTHING, "metrics"), (PRIORITY, "priorities"), (TIER, "tiers")):
            rows = self._rows(group)
            found[name] = rows.get("", {}) if group == EVERYTHING else rows
        return {**found, "changed_total": self.changed_total, "changed": self.changed}

    def _rows(self, group: str) -> dict[str, dict[str, Any]]:
        wanted = sorted({key[1:3] for key in self.counts if key[0] == group})
        rows: dict[str, dict[str, Any]] = defaultdict(dict)
        for key, metric in wanted:
            rows[key][metric] = {side: self._side(group, key, metric, side) for side in (WAS, WOULD_BE)}
        return dict(rows)

    def _side(self, group: str, key: str, metric: str, side: str) -> dict[str, Any]:
        numbers = {
            str(verdict): self.counts[group, key, metric, side, str(verdict)]
            for verdict in (Verdict.MET, Verdict.BREACHED, Verdict.RUNNING)
        }
        decided = numbers["met"] + numbers["breached"]
        return {**numbers, "percent": round(100 * numbers["met"] / decided, 1) if decided else None}


def tickets_of(since: datetime, until: datetime) -> TicketQuerySet:
    """Those that were created from `since` to before `until`; noise and spam count in no figure."""
    return Ticket.objects.countable().filter(created_at__gte=since, created_at__lt=until)


def ask(
    question: Question,
    tickets: TicketQuerySet,
    answer: Answer,
    *,
    goes_on: Callable[[Answer], bool] = lambda _answer: True,
) -> bool:
    """Go through tickets by id, from where the answer stands; say whether it came to their end.

    Args:
        goes_on: asked after each batch; it shows progress, and may stop the work until later.
    """
    while batch := list(tickets.filter(pk__gt=answer.last_ticket).order_by("pk")[:BATCH]):
        _look_at(batch, question, answer)
        answer.last_ticket = batch[-1].pk
        if not goes_on(answer):
            return False
    return True


def _look_at(batch: Sequence[Ticket], question: Question, answer: Answer) -> None:
    keys = [ticket.pk for ticket in batch]
    histories, recorded = lives(keys), _recorded(keys)
    facts = facts_for(keys, question.proposed)
    would_be = Replay(question.proposed, question.proposed_hours, question.at)
    was = Replay(question.rules, hours_of, question.at)
    for ticket in batch:
        life = histories.get(ticket.pk, [])
        answer.tickets += 1
        answer.recorded += ticket.pk in recorded
        known = recorded.get(ticket.pk) or was.cycles(ticket.pk, life, facts[ticket.pk])
        other = would_be.cycles(ticket.pk, life, facts[ticket.pk])
        _count(
            answer,
            ticket,
            verdicts(known, at=question.at, hours_of=hours_of),
            verdicts(other, at=question.at, hours_of=question.proposed_hours),
        )


def _count(
    answer: Answer,
    ticket: Ticket,
    was: dict[tuple[str, int], Judged],
    would_be: dict[tuple[str, int], Judged],
) -> None:
    for side, found in ((WAS, was), (WOULD_BE, would_be)):
        for metric, verdict in by_metric(found).items():
            for group, key in ((EVERYTHING, ""), (PRIORITY, ticket.priority), (TIER, ticket.tier_id)):
                answer.counts[group, str(key), metric, side, str(verdict)] += 1
    for clock in sorted(was.keys() | would_be.keys()):
        before, after = was.get(clock), would_be.get(clock)
        if (before and before.verdict) != (after and after.verdict):
            answer.changed_total += 1
            if len(answer.changed) < MOST_LISTED:
                answer.changed.append(_changed(ticket, clock, before, after))


def _changed(
    ticket: Ticket, key: tuple[str, int], before: Judged | None, after: Judged | None
) -> dict[str, Any]:
    """`by_minutes` is how far beyond its target it would be, negative where time would be left."""
    return {
        "ticket": f"{NUMBER_PREFIX}{ticket.pk}",
        "priority": ticket.priority,
        "tier": ticket.tier_id,
        "clock": key[0],
        "scope": key[1],
        WAS: str(before.verdict) if before else None,
        WOULD_BE: str(after.verdict) if after else None,
        "was_by_minutes": _minutes(before.over) if before else None,
        "by_minutes": _minutes(after.over) if after else None,
        "target_minutes": _minutes(after.target) if after else None,
        "used_minutes": _minutes(after.used) if after else None,
    }


def _minutes(span: timedelta) -> float:
    return round(span / MINUTE, 1)


# --- replaying ---


class Replay:
    """The clocks that tickets would have had by one book. Reads only the tickets that were merged into others."""

    def __init__(self, rules: Rules, hours: HoursOf, until: datetime) -> None:
        self.rules, self.hours, self.until = rules, hours, until

    def cycles(self, ticket_id: int, life: Life, facts: Facts) -> list[Cycle]:
        """The ticket's cycles at the end of its history; what is open is followed until now."""
        cycles = self._live(ticket_id, life, facts)
        for cycle in cycles:
            if cycle.is_open:
                cycle.pass_thresholds(self.until, self.hours)
        return cycles

    def _live(self, ticket_id: int, life: Life, facts: Facts) -> list[Cycle]:
        """As `sla.operations.keeping.keep_clocks` does it, event by event."""
        cycles: list[Cycle] = []
        for place, (event, state) in enumerate(life):
            if not ticket_events.reacts(keep_clocks, event.kind):
                continue
            before = life[place - 1][1] if place else None
            change = Change(event.kind, event.at, event.by_id, before, state, event.data)
            judgement, rejudges = judged_by(change, cycles, self.rules, facts)
            if judgement is None:
                continue
            told = react(
                cycles,
                change,
                judgement,
                self.hours,
                rejudges=rejudges,
                others=lambda other, before=event.pk: self._other(other, before),  # type: ignore[misc]
                past=lambda place=place: [  # type: ignore[misc]
                    (earlier.at, then) for earlier, then in life[:place]
                ],
            )
            for item in told:
                item.cycle.ticket_id = ticket_id
        return cycles

    def _other(self, ticket_id: int, before: int) -> list[Cycle]:
        """The clocks of a ticket that was merged, as they stood by then."""
        life = [(event, state) for event, state in lives([ticket_id]).get(ticket_id, []) if event.pk < before]
        return self._live(ticket_id, life, facts_for([ticket_id], self.rules)[ticket_id])


def lives(keys: Collection[int]) -> dict[int, list[tuple[Event, State]]]:
    """The histories of tickets: each event that changed something, with the state that it left. One query."""
    rows = (
        Event.objects.filter(ticket_id__in=keys, is_quiet=False)
        .order_by("ticket_id", "id")
        .only("ticket_id", "kind", "at", "by_id", "changes", "data", "is_quiet")
    )
    return {key: list(states(group)) for key, group in groupby(rows, key=lambda event: event.ticket_id)}


def _recorded(keys: Collection[int]) -> dict[int, list[Cycle]]:
    rows: Iterable[tuple[Any, ...]] = (
        Clock.objects.filter(ticket_id__in=keys).order_by().values_list(*COLUMNS)
    )
    found: dict[int, list[Cycle]] = defaultdict(list)
    for cycle in _cycles(rows):
        found[cycle.ticket_id].append(cycle)
    return found


def _cycles(rows: Iterable[tuple[Any, ...]]) -> Iterator[Cycle]:
    return (Cycle(*row) for row in rows)
