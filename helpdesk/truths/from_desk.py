"""The same numbers as the desk tells them: from the history of the imported tickets, and their facts."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import Team, User
from insights.course import EventRow
from insights.models import TicketFact
from insights.queries.records import records
from insights.record import TicketRecord, work_out
from tickets import events
from tickets.models import Category, Event, ExternalReference, Status, Ticket

Number = int | float | str | None
AT_ONCE = 500
LEVELS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Source:
    """Of which tool the tickets are, and what the import wrote into their notes or had no name for."""

    system: str
    remarks: Mapping[str, str]
    """Label in the note: column of the file."""
    nobody: str
    no_group: str


@dataclass
class Counted:
    """Numbers by name, and what each is made of by the key in the other tool."""

    numbers: dict[str, Number] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed_here: set[str] = field(default_factory=set)
    """Keys of tickets that somebody has changed since they were imported."""


@dataclass
class _Ticket:
    """What is read of one ticket."""

    fact: TicketFact
    path: list[str]
    priorities: int
    reassigned: int
    reopened: int
    is_confirmed: bool
    teams: set[int]
    people: set[int]
    closed_at: datetime | None
    is_changed_here: bool
    remarks: dict[str, str] = field(default_factory=dict)


def imported(system: str, keys: Iterable[str]) -> dict[str, int]:
    """The tickets of these keys, as far as they are here."""
    found = ExternalReference.objects.filter(system=system, key__in=list(keys))
    return dict(found.values_list("key", "ticket_id"))


def count(source: Source, tickets: Mapping[str, int]) -> Counted:
    """Count these tickets (by key) as the desk's figures do; facts are worked out anew from history."""
    found = _read(tickets, source)
    told = _Telling(source, {key: found[ticket] for key, ticket in tickets.items() if ticket in found})
    told.all()
    return told.counted


def _read(tickets: Mapping[str, int], source: Source) -> dict[int, _Ticket]:
    ids, found = sorted(set(tickets.values())), dict[int, _Ticket]()
    zone = ZoneInfo(settings.TIME_ZONE)
    for begin in range(0, len(ids), AT_ONCE):
        for record in records(ids[begin : begin + AT_ONCE]):
            fact = work_out(record, zone=zone, usual_calendar=None).ticket
            found[record.ticket_id] = _of(record, fact)
    closed = Ticket.objects.filter(pk__in=ids, status=Status.CLOSED).values_list("pk", "closed_at")
    for key, at in closed:
        found[key].closed_at = at
    notes = Event.objects.filter(ticket__in=ids, kind=events.IMPORTED).values_list(
        "ticket_id", "message__body"
    )
    for key, body in notes:
        found[key].remarks = _remarks(body or "", source.remarks)
    return found


def _of(record: TicketRecord, fact: TicketFact) -> _Ticket:
    return _Ticket(
        fact=fact,
        path=_path(record.events),
        priorities=sum("priority" in row.changes for row in record.events[1:]),
        reassigned=fact.handoffs_up + fact.handoffs_down + fact.handoffs_sideways,
        reopened=sum(row.kind == events.REOPENED for row in record.events),
        is_confirmed=bool(_last(record.events, "priority_confirmed")),
        teams=set(_ever(record.events, "team_id")),
        people=set(_ever(record.events, "assignee_id")),
        closed_at=None,
        is_changed_here=any(not row.data.get("imported") for row in record.events),
    )


def _path(rows: Iterable[EventRow]) -> list[str]:
    """The states that it went through, in their order: `open`, `on_hold:problem`."""
    path: list[str] = []
    status = reason = ""
    for row in rows:
        status = row.changes["status"][1] if "status" in row.changes else status
        reason = row.changes["hold_reason"][1] if "hold_reason" in row.changes else reason
        state = f"{status}:{reason}" if status == Status.ON_HOLD and reason else status
        if not path or path[-1] != state:
            path.append(state)
    return path


def _ever(rows: Iterable[EventRow], column: str) -> list[int]:
    told = (row.changes[column][1] for row in rows if column in row.changes)
    return [value for value in told if value is not None]


def _last(rows: Iterable[EventRow], column: str) -> Any:
    told = [row.changes[column][1] for row in rows if column in row.changes]
    return told[-1] if told else None


def _remarks(body: str, labels: Mapping[str, str]) -> dict[str, str]:
    """The lines of the import's note, by label."""
    lines = (line.removeprefix("- ").partition(": ") for line in body.splitlines())
    return {label: value for label, _colon, value in lines if label in labels}


class _Telling:
    def __init__(self, source: Source, tickets: Mapping[str, _Ticket]) -> None:
        self.source, self.tickets = source, tickets
        self.counted = Counted(changed_here={key for key, one in tickets.items() if one.is_changed_here})

    def all(self) -> None:
        self._add("incidents", lambda _one: 1)
        self._add("incidents still open", lambda one: int(one.fact.is_open))
        for level in LEVELS:
            of = {key: int(one.fact.priority == level) for key, one in self.tickets.items()}
            self.tell(f"incidents of P{level}", of, sum)
        self._add("reassignments (changes of group from row to row)", lambda one: one.reassigned)
        self._add("incidents reassigned at least once", lambda one: int(one.reassigned > 0))
        self._add("reassignments (by the log's own counter)", lambda one: one.reassigned)
        self._add("reopen count (from row to row)", lambda one: one.reopened)
        self._add("reopen count", lambda one: one.fact.reopened)
        self._add("incidents reopened at least once", lambda one: int(one.fact.reopened > 0))
        self._made_sla()
        self._times()
        self._states()
        self._names()
        self._remarks()

    def tell(self, name: str, parts: dict[str, Any], add_up: Callable[[Iterable[Any]], Number]) -> None:
        self.counted.parts[name] = parts
        self.counted.numbers[name] = add_up(parts.values())

    def each(self, of: Callable[[_Ticket], Any]) -> dict[str, Any]:
        """By key what each ticket says; those that say nothing (None) have no part."""
        found = ((key, of(one)) for key, one in self.tickets.items())
        return {key: value for key, value in found if value is not None}

    def _add(self, name: str, of: Callable[[_Ticket], Any]) -> None:
        self.tell(name, self.each(of), sum)

    def _made_sla(self) -> None:
        label = next((label for label, column in self.source.remarks.items() if column == "made_sla"), None)
        if label is None:
            return
        made = self.each(lambda one: _is_true(one.remarks.get(label)))
        self.tell("incidents that made their SLA", made, sum)
        self.tell("made_sla share", made, _share)
        for level in LEVELS:
            of = {key: value for key, value in made.items() if self.tickets[key].fact.priority == level}
            self.tell(f"made_sla share of P{level}", of, _share)

    def _times(self) -> None:
        spans = self.each(lambda one: one.fact.resolution_seconds)
        self._spans("resolution time", spans)
        for level in LEVELS:
            of = {key: value for key, value in spans.items() if self.tickets[key].fact.priority == level}
            self._spans(f"resolution time of P{level}", of)
        self._spans("time until it was closed", self.each(_until_closed))
        opened, resolved = (
            self.each(lambda one: one.fact.opened_at),
            self.each(lambda one: one.fact.resolved_at),
        )
        self.tell("first opening", opened, lambda found: _iso(min(found, default=None)))
        self.tell("last opening", opened, lambda found: _iso(max(found, default=None)))
        self.tell("last resolution", resolved, lambda found: _iso(max(found, default=None)))

    def _spans(self, name: str, spans: dict[str, int]) -> None:
        self.tell(f"{name}, median (seconds)", spans, lambda found: _quantile(found, 0.5))
        self.tell(f"{name}, 90th percentile (seconds)", spans, lambda found: _quantile(found, 0.9))

    def _states(self) -> None:
        names = sorted(set(chain.from_iterable(one.path for one in self.tickets.values())))
        for state in names:
            visited = {key: int(state in one.path) for key, one in self.tickets.items()}
            self.tell(f"incidents that were in state {state}", visited, sum)
            entered = {key: one.path.count(state) for key, one in self.tickets.items()}
            self.tell(f"times state {state} was entered", entered, sum)
        self.tell("states visited", self.each(lambda one: sorted(set(one.path))), _distinct)
        self._add("changes of state", lambda one: len(one.path) - 1)
        self._add("changes of priority", lambda one: one.priorities)
        self._add("incidents whose priority was confirmed", lambda one: int(one.is_confirmed))

    def _names(self) -> None:
        """What the file leaves unnamed stands here under a name of the mapping, which is not counted."""
        teams = set(Team.objects.filter(name=self.source.no_group).values_list("pk", flat=True))
        self._count("groups that have a name", lambda one: one.teams - teams)
        self._count("assignees that have a name", lambda one: one.people)
        nobody = set(User.objects.filter(name=self.source.nobody).values_list("pk", flat=True))
        self._count("callers that have a name", lambda one: {one.fact.requester_id} - nobody)
        roots = {row.pk: row.ancestry[0] for row in Category.objects.all() if row.ancestry}
        self._count(
            "main categories at the end",
            lambda one: {roots[one.fact.category_id]} if one.fact.category_id in roots else set(),
        )
        for channel in sorted({one.fact.channel for one in self.tickets.values()}):
            of = {key: int(one.fact.channel == channel) for key, one in self.tickets.items()}
            self.tell(f"incidents that came by {channel}", of, sum)

    def _count(self, name: str, of: Callable[[_Ticket], set[Any]]) -> None:
        """How many different ones there are. Here they have keys, in the file names: only the numbers compare."""
        self.counted.numbers[name] = len(set().union(*(of(one) for one in self.tickets.values())))

    def _remarks(self) -> None:
        for label, column in self.source.remarks.items():
            if column != "made_sla":
                said = {
                    key: [one.remarks[label]] if label in one.remarks else []
                    for key, one in self.tickets.items()
                }
                self.tell(f"incidents with “{label}”", {key: len(one) for key, one in said.items()}, sum)
                self.tell(f"different values of “{label}”", said, _distinct)


def _is_true(cell: str | None) -> int | None:
    return None if cell is None else int(cell.upper() == "TRUE")


def _until_closed(one: _Ticket) -> int | None:
    if one.closed_at is None:
        return None
    return max(0, (one.closed_at - one.fact.opened_at) // timedelta(seconds=1))


def _share(parts: Iterable[int]) -> float | None:
    found = list(parts)
    return round(sum(found) / len(found), 4) if found else None


def _distinct(parts: Iterable[list[str]]) -> int:
    return len(set(chain.from_iterable(parts)))


def _quantile(parts: Iterable[int], of: float) -> int | None:
    """As the figures have it (percentile_disc): a value that occurs."""
    found = sorted(parts)
    return found[math.ceil(of * len(found)) - 1] if found else None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
