"""Rules on one event of one ticket, carried out by the worker in the order of the ticket's events.

What is asked is the state right after the event, with what earlier firings have changed since. Where a person
has changed the same column since, the rule is overtaken and does nothing: people go before rules.

Loops end. A rule fires once an occasion, and the occasion of every event in a chain is the event at its root:
so within a chain each rule fires at most once on a ticket, and a chain has a limit besides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from accounts.prepared import Prepared
from escalation import events
from escalation.models import Arming, Firing
from escalation.rules.actions import TYPES
from escalation.rules.book import Live, rules_in_force
from escalation.rules.explaining import explain
from escalation.rules.spec import Action
from escalation.rules.triggers import FIRING, triggers_of
from sla.book import LazyFacts
from tickets import events as ticket_events
from tickets.events import Quiet
from tickets.models import Event, Ticket
from tickets.refusals import Refused
from tickets.state import State, fold, read_column
from tickets.vocabulary import Facts, holds

LONGEST_CHAIN = 10
RULE, ROOT, DEPTH = "rule", "root", "depth"
"""In the data of every event that a rule caused, beside its firing."""


@dataclass(frozen=True)
class Waited:
    """It has been so since this moment, by this column, for so many minutes of this calendar."""

    column: str
    since: datetime
    minutes: int
    calendar: int | None

    def explained(self) -> dict[str, Any]:
        """As a row of `Firing.why`."""
        return {
            "field": self.column,
            "op": "since",
            "value": [str(self.minutes), *([str(self.calendar)] if self.calendar is not None else [])],
            "found": self.since.isoformat(),
            "held": True,
        }


@dataclass(frozen=True)
class Occasion:
    """What sets rules off: an event in its chain, or (root None) a span of time that has passed."""

    ticket_id: int
    event: Event | None
    root: int | None
    depth: int
    name: str
    waited: Waited | None = None
    """For a span of time: what it was measured from."""


def occasion_of(event: Event) -> Occasion:
    root = event.data.get(ROOT, event.pk)
    return Occasion(event.ticket_id, event, root, event.data.get(DEPTH, 0) + 1, f"event:{root}")


def occasion_of_waiting(rule: Live, ticket_id: int, *, since: datetime, depth: int = 1) -> Occasion:
    """For a rule that waits: what it was measured from. It fires once for each such moment.

    `depth` counts how often it has fired there since a person did anything: two rules that wait, and undo each
    other, end by it.
    """
    time = rule.spec.time
    if time is None:
        raise ValueError(f"“{rule.name}” does not wait for time to pass.")
    waited = Waited(time.since, since, time.minutes, time.calendar)
    return Occasion(ticket_id, None, None, depth, since_name(since), waited)


def since_name(since: datetime) -> str:
    """How an arming names the moment; `escalation.rules.waiting` writes the same in SQL."""
    return since.astimezone(UTC).strftime("since:%Y-%m-%dT%H:%M:%S.%fZ")


def evaluate(event: Event, *, at: datetime) -> list[Firing]:
    """Ask every rule that this event sets off, and carry out those that hold. May run twice: the second does nothing.

    Most events concern no rule in the end, and those take no lock.
    """
    rules = rules_in_force().set_off_by(triggers_of(event.kind, event.changes, event.data))
    if not rules:
        return []
    state, facts = state_after(event, _history(ticket=event.ticket_id)), LazyFacts.of(event.ticket)
    if not any(_holds(rule, state, event, facts) for rule in rules):
        return []
    return _carry_out_all(rules, event, at=at)


@transaction.atomic
def _carry_out_all(rules: Sequence[Live], event: Event, *, at: datetime) -> list[Firing]:
    """Each rule in its order with what the ones before it did, under the ticket's lock."""
    ticket = ticket_events.lock(event.ticket_id)
    if Firing.objects.filter(ticket=ticket, event=event).exists():
        return []  # all of it was done, in one transaction
    occasion, history, facts = occasion_of(event), _history(ticket=ticket.pk), LazyFacts.of(ticket)
    state, firings = state_after(event, history), []
    for rule in rules:
        if not _holds(rule, state, event, facts):
            continue
        firing = fire(rule, ticket, occasion, state=state, facts=facts, history=history, at=at)
        if firing is None:
            continue
        firings.append(firing)
        if firing.state == Firing.State.DONE:
            ticket = ticket_events.lock(event.ticket_id)
            state = with_effects(state, effects_of(ticket.pk, after=history[-1].pk if history else 0))
            facts = LazyFacts.of(ticket)
        if rule.spec.stops or firing.state == Firing.State.LIMITED:
            break
    return firings


_history = Prepared(lambda ticket: Event.objects.filter(ticket=ticket).order_by("id"), "ticket")


def _holds(rule: Live, state: State, event: Event, facts: Facts) -> bool:
    return rule.when is not None and holds(rule.when, state, at=event.at, facts=facts)


def fire(
    rule: Live,
    ticket: Ticket,
    occasion: Occasion,
    *,
    state: State,
    facts: Facts,
    history: Sequence[Event],
    at: datetime,
) -> Firing | None:
    """Carry out a rule whose condition holds, once an occasion. None where it has fired on this one already."""
    if not _arm(rule, occasion, at):
        return None
    moment = occasion.event.at if occasion.event else at
    firing = Firing(
        version_id=rule.version,
        ticket=ticket,
        event=occasion.event,
        root_id=occasion.root,
        depth=occasion.depth,
        at=at,
        state=Firing.State.DONE,
        why=_why(rule, occasion, state, facts, moment),
    )
    if occasion.depth > LONGEST_CHAIN:
        return _stopped(rule, firing, Firing.State.LIMITED, [], at)
    overtaken = overtaken_columns(rule, occasion, history)
    if overtaken:
        return _stopped(rule, firing, Firing.State.OVERTAKEN, [{"columns": sorted(overtaken)}], at)
    firing.save()
    _carry_out(rule, ticket, firing, at)
    return firing


def _why(
    rule: Live, occasion: Occasion, state: State, facts: Facts, moment: datetime
) -> list[dict[str, Any]]:
    waited = [occasion.waited.explained()] if occasion.waited is not None else []
    return [*waited, *(explain(rule.when, state, facts, at=moment) if rule.when is not None else [])]


def _arm(rule: Live, occasion: Occasion, at: datetime) -> bool:
    """Whether this is the first time on this occasion. The ticket is locked, the unique row is the proof."""
    _row, is_first = Arming.objects.get_or_create(
        rule_id=rule.rule, ticket_id=occasion.ticket_id, occasion=occasion.name, defaults={"at": at}
    )
    return is_first


def _stopped(rule: Live, firing: Firing, state: str, effects: list[dict[str, Any]], at: datetime) -> Firing:
    firing.state, firing.effects = state, effects
    firing.save()
    kind = events.CHAIN_STOPPED if state == Firing.State.LIMITED else events.RULE_OVERTAKEN
    told = {FIRING: firing.pk, RULE: rule.rule}
    ticket_events.tell([Quiet(firing.ticket_id, kind, at, told)], written=at)
    return firing


def _carry_out(rule: Live, ticket: Ticket, firing: Firing, at: datetime) -> None:
    """Each action in its own savepoint: one that is refused is told, the others are done."""
    effects: list[dict[str, Any]] = []
    cause = {FIRING: firing.pk, RULE: rule.rule, DEPTH: firing.depth}
    with ticket_events.because(**cause, **({ROOT: firing.root_id} if firing.root_id else {})):
        for action in rule.spec.actions:
            effects.append({"do": action.do, **_act(action, ticket, firing, rule, at)})
            ticket = ticket_events.lock(ticket.pk)
    firing.effects = effects
    if not any(effect["done"] for effect in effects):
        firing.state = Firing.State.FAILED
    firing.save(update_fields=["effects", "state"])


def _act(action: Action, ticket: Ticket, firing: Firing, rule: Live, at: datetime) -> dict[str, Any]:
    """What came of one action: done with what it says of itself, or a code that tells why not."""
    if action.do not in TYPES:
        return {"done": False, "code": "unknown"}
    try:
        with transaction.atomic():
            said = TYPES[action.do].carry_out(ticket, action.args, firing=firing, rule=rule, at=at)
    except Refused as refused:
        return {"done": False, "code": refused.code}
    except ObjectDoesNotExist:
        return {
            "done": False,
            "code": "gone",
        }  # a team, a person, a category that was there when it was written
    return {"done": True, **(said or {})}


def overtaken_columns(rule: Live, occasion: Occasion, history: Iterable[Event]) -> set[str]:
    """The columns that the rule would write and a person has changed since the event."""
    if occasion.event is None:
        return set()
    known = [action for action in rule.spec.actions if action.do in TYPES]
    wanted = {column for action in known for column in TYPES[action.do].columns(action.args)}
    since = [event for event in history if event.pk > occasion.event.pk and event.by_id is not None]
    return wanted & {column for event in since for column in event.changes}


def state_after(event: Event, history: Sequence[Event]) -> State:
    """The state right after the event, with what firings of earlier events have changed since."""
    state = fold(history, until=event.pk)
    later = [
        row
        for row in history
        if row.pk > event.pk and FIRING in row.data and row.data.get(ROOT, 0) < event.pk
    ]
    return with_effects(state, later)


def effects_of(ticket_id: int, *, after: int) -> list[Event]:
    return list(Event.objects.filter(ticket_id=ticket_id, id__gt=after).order_by("id"))


def with_effects(state: State, events_: Iterable[Event]) -> State:
    """The state with what these events changed."""
    changed = {
        column: read_column(column, now) for row in events_ for column, (_was, now) in row.changes.items()
    }
    return replace(state, **changed) if changed else state
