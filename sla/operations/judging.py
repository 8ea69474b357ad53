"""Judging the clocks of many tickets by the book in force: a few statements for the whole batch."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from itertools import groupby

from sla.book import Rules
from sla.cycles import Cycle, Told
from sla.engine import Change, Past, begin, react
from sla.models import Clock, ClockEvent
from sla.operations.keeping import COLUMNS, has_clocks, next_due, tell, write
from sla.queries.hours import hours_of
from tickets.models import Event, Ticket
from tickets.operations import set_due_of_many
from tickets.state import State, states
from tickets.vocabulary import Facts, facts_of

JUDGED_ANEW = "sla.judged_anew"
"""Stands for the event where no ticket has changed, only what is promised of it. No timeline holds it."""
NO_FACTS = Facts()


@dataclass
class Tally:
    """What became of a batch."""

    tickets: int = 0
    moved: int = 0
    """Clocks whose due time is another now."""
    breached: int = 0
    """Clocks that are over their target by it."""
    started: int = 0


def judge_all(
    tickets: Sequence[Ticket], rules: Rules, *, at: datetime, starts_missing: bool = False
) -> Tally:
    """Measure every open clock of these tickets by the book, and write what that changes.

    The tickets' rows are locked by the caller, in a transaction.

    Args:
        starts_missing: also begin the clocks of open tickets that never had any.
    """
    keys = [ticket.pk for ticket in tickets]
    cycles, facts, pasts = _locked_cycles(keys), facts_for(keys, rules), _Pasts(keys)
    told: list[Told] = []
    for ticket in tickets:
        own = cycles[ticket.pk]
        if has_clocks(own):
            told += rejudge(
                own, State.of(ticket), facts[ticket.pk], rules, at, past=partial(pasts.of, ticket.pk)
            )
        elif starts_missing and ticket.is_open:
            started, begun = begin_clocks(State.of(ticket), facts[ticket.pk], rules, at, ticket.pk)
            own += started
            told += begun
    write(told)
    _note_revision(keys, rules.revision)
    tell(told, written=at)
    set_due_of_many({key: next_due(own) for key, own in cycles.items() if own})
    return _tally(tickets, told)


def rejudge(
    cycles: list[Cycle], state: State, facts: Facts, rules: Rules, at: datetime, *, past: Past
) -> list[Told]:
    """What the book changes in the clocks of a ticket that has them; in place, as `sla.engine.react`."""
    rule = rules.match(state, facts, at=at)
    if rule is None:
        return []
    change = Change(JUDGED_ANEW, at, None, state, state)
    return react(cycles, change, rules.judgement(rule), hours_of, rejudges=True, past=past)


def begin_clocks(
    state: State, facts: Facts, rules: Rules, at: datetime, ticket_id: int
) -> tuple[list[Cycle], list[Told]]:
    """The clocks of an open ticket that has none, and what happens as they begin; nothing without a policy."""
    rule = rules.match(state, facts, at=at)
    if rule is None:
        return [], []
    return begin(state, rules.judgement(rule), hours_of, at, ticket_id)


def facts_for(keys: Collection[int], rules: Rules) -> dict[int, Facts]:
    """What stands around these tickets, in one query; in none where no policy asks."""
    if all(rule.is_default for rule in rules.rules):
        return dict.fromkeys(keys, NO_FACTS)
    return facts_of(keys)


class _Pasts:
    """The earlier states of a batch's tickets: read in one query, and only when something is promised late."""

    def __init__(self, keys: Collection[int]) -> None:
        self._keys = keys

    def of(self, ticket_id: int) -> Sequence[tuple[datetime, State]]:
        return self._all.get(ticket_id, ())

    @cached_property
    def _all(self) -> dict[int, list[tuple[datetime, State]]]:
        rows = Event.objects.filter(ticket_id__in=self._keys, is_quiet=False).order_by("ticket_id", "id")
        return {
            key: [(event.at, state) for event, state in states(group)]
            for key, group in groupby(rows, key=lambda event: event.ticket_id)
        }


def _locked_cycles(keys: Collection[int]) -> dict[int, list[Cycle]]:
    """All cycles of these tickets, locked until the transaction ends."""
    rows = (
        Clock.objects.filter(ticket_id__in=keys)
        .select_for_update(no_key=True)
        .order_by("ticket_id", "metric", "scope", "cycle")
        .values_list(*COLUMNS)
    )
    found: dict[int, list[Cycle]] = defaultdict(list)
    for row in rows:
        cycle = Cycle(*row)
        found[cycle.ticket_id].append(cycle)
    return found


def _note_revision(keys: Collection[int], revision: int) -> None:
    """Also on the clocks that the book leaves as they are: what still bears an older one nobody has judged yet."""
    rows = Clock.objects.filter(ticket_id__in=keys, revision__lt=revision)
    rows.exclude(state=Clock.State.ENDED).update(revision=revision)


def _tally(tickets: Sequence[Ticket], told: Iterable[Told]) -> Tally:
    """A breach counts that the judgement brought about, not one that time had brought already."""
    tally, touched = Tally(tickets=len(tickets)), set[int]()
    for item in told:
        match item.kind:
            case ClockEvent.Kind.RETARGETED:
                tally.moved += item.data["due"] != item.data["due_was"]
                touched.add(id(item.cycle))
            case ClockEvent.Kind.STARTED:
                tally.started += 1
                touched.add(id(item.cycle))
            case ClockEvent.Kind.BREACHED:
                tally.breached += id(item.cycle) in touched
    return tally
