"""Rules that wait for time to pass: what is due is found in batches, asked once more under its lock, and fired once.

A tick looks only at what is new since the last one. Some conditions come true without that: by time alone (those
rules are asked of all open tickets once a minute), or by what stands around a ticket (all others, now and then).
Nothing waits for a lock: what somebody works on is left for the next tick.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from escalation.models import Arming, Firing, TimePass
from escalation.rules.book import Live, rules_in_force
from escalation.rules.engine import RULE, fire, occasion_of_waiting
from escalation.rules.waiting import ages, due_since, due_tickets
from sla.book import LazyFacts
from tickets import events as ticket_events
from tickets.models import Event, Ticket
from tickets.state import State
from tickets.vocabulary import holds

logger = logging.getLogger(__name__)

BATCH = 200
"""Tickets for a rule in one tick."""
AGEING_EVERY, STEADY_EVERY = timedelta(minutes=1), timedelta(minutes=15)
"""How often a rule is asked of all open tickets: one whose condition comes true by time alone, and any other."""
SLICES = 12
"""In so many ticks every rule has its turn at the latest: a minute, at a tick each five seconds."""


@dataclass
class _Pass:
    """What came of one rule in one tick."""

    fired: int = 0
    is_complete: bool = True
    """Whether nothing was left for the next one: neither by a lock nor by the size of the batch."""


def tick(*, at: datetime, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Fire what has become due; any number of workers may run it at once. Returns how many rules fired.

    Args:
        goes_on: asked before each ticket; what is left then comes first in the next tick.
    """
    rules = rules_in_force().by_time
    if not rules:
        return 0
    passes = {row.rule_id: row for row in TimePass.objects.filter(rule__in=[rule.rule for rule in rules])}
    whole = _whole_ones(rules, passes, at)
    looks = [(rule, None if rule.rule in whole else passes[rule.rule].at) for rule in rules]
    due = due_tickets(looks, at=at)
    fired, looked = 0, []
    for rule in sorted(rules, key=lambda rule: passes[rule.rule].at if rule.rule in passes else at):
        if not goes_on():
            break
        done = _fire_all(rule, due.by_rule.get(rule.rule, []), at, goes_on)
        fired += done.fired
        if done.is_complete and due.is_complete:
            known = None if rule.rule in whole else passes[rule.rule]
            looked.append(_looked(rule, known, at))
    _note(looked)
    return fired


def _whole_ones(rules: Sequence[Live], passes: dict[int, TimePass], at: datetime) -> set[int]:
    """The rules that are asked of all tickets now: those that have changed, and some of those whose turn it is."""
    changed, aged = set(), []
    for rule in rules:
        known = passes.get(rule.rule)
        if known is None or known.version != rule.version:
            changed.add(rule.rule)
        elif known.whole_at <= at - (
            AGEING_EVERY if rule.when is not None and ages(rule.when) else STEADY_EVERY
        ):
            aged.append(known)
    aged.sort(key=lambda known: known.whole_at)
    share = -(-len(rules) // SLICES)
    return changed | {known.rule_id for known in aged[:share]}


def _fire_all(rule: Live, due: Sequence[int], at: datetime, goes_on: Callable[[], bool]) -> _Pass:
    done = _Pass(is_complete=len(due) <= BATCH)
    for key in due[:BATCH]:
        if not goes_on():
            done.is_complete = False
            break
        _fire_alone(rule, key, at, done)
    return done


def _fire_alone(rule: Live, key: int, at: datetime, done: _Pass) -> None:
    """One ticket in its own transaction; one that fails keeps no other from its turn."""
    try:
        with transaction.atomic():
            if not _is_free(key):
                done.is_complete = False
            elif fire_waiting(rule, key, at=at) is not None:
                done.fired += 1
    except Exception:  # the next whole pass tries it again, and the log says what is wrong with it
        logger.exception("the rule “%s” failed on ticket %s", rule.name, key)


def _is_free(key: int) -> bool:
    """Take the ticket's lock, unless somebody has it."""
    rows = Ticket.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=key).order_by()
    return rows.values_list("pk", flat=True).first() is not None


def fire_waiting(rule: Live, key: int, *, at: datetime) -> Firing | None:
    """Ask the rule of one ticket under its lock, and fire it where it is due. None where it is not, or not any more."""
    ticket = ticket_events.lock(key)
    time = rule.spec.time
    if time is None or rule.when is None or not ticket.is_open:
        return None
    since, until = getattr(ticket, time.since), due_since(time, at)
    if since is None or until is None or since > until:
        return None
    state, facts = State.of(ticket), LazyFacts.of(ticket)
    if not holds(rule.when, state, at=at, facts=facts):
        return None
    occasion = occasion_of_waiting(rule, key, since=since, depth=1 + _times_alone(rule, key))
    if is_own_doing(rule, key, time.since):
        Arming.objects.get_or_create(
            rule_id=rule.rule, ticket_id=key, occasion=occasion.name, defaults={"at": at}
        )
        return None
    return fire(rule, ticket, occasion, state=state, facts=facts, history=(), at=at)


def is_own_doing(rule: Live, ticket: int, column: str) -> bool:
    """Whether the rule itself has begun the span that it waits for: a reminder is no news that calls for another."""
    rows = Event.objects.filter(ticket=ticket, is_quiet=False)
    if column != "changed_at":
        rows = rows.filter(changes__has_key=column)
    last = rows.order_by("-id").values_list("data", flat=True).first()
    return last is not None and last.get(RULE) == rule.rule


def _times_alone(rule: Live, ticket: int) -> int:
    """How often the rule has fired there since a person did anything."""
    people = Event.objects.filter(ticket=ticket, by__isnull=False)
    last = people.order_by("-id").values_list("at", flat=True).first()
    firings = Firing.objects.filter(version__rule=rule.rule, ticket=ticket, event=None)
    return (firings.filter(at__gt=last) if last is not None else firings).count()


def _looked(rule: Live, known: TimePass | None, at: datetime) -> TimePass:
    """How far it was looked for the rule; `known` is None where it was at all tickets."""
    whole_at = at if known is None else known.whole_at
    return TimePass(rule_id=rule.rule, version=rule.version, at=at, whole_at=whole_at)


def _note(looked: Sequence[TimePass]) -> None:
    """One statement for all. A rule that was deleted meanwhile takes the others with it: they look again."""
    try:
        with transaction.atomic():
            TimePass.objects.bulk_create(
                looked,
                update_conflicts=True,
                unique_fields=["rule"],
                update_fields=["version", "at", "whole_at"],
            )
    except IntegrityError:
        logger.info("a rule was deleted during the tick")
