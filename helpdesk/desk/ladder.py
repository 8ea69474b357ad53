"""The ladder: how long a ticket has stood on each rung, and who had it there, told from its history."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Tier
from helpdesk import spans
from tickets.models import OPEN_STATUSES, Event, Ticket


@dataclass(frozen=True)
class Rung:
    """One tier, as components/_ladder.html draws it."""

    tier: Tier
    label: str
    span: str
    is_now: bool
    was_here: bool


def ladder(ticket: Ticket, events: Sequence[Event], tiers: Iterable[Tier], *, at: datetime) -> list[Rung]:
    """The rungs from the top down; the tier that has it now carries its team and person."""
    spent = time_on_tiers(events, until=at)
    rungs = []
    for tier in sorted(tiers, key=lambda each: -each.level):
        is_now = tier.level == ticket.tier_id and ticket.is_open
        label = tier.name
        if tier.level == ticket.tier_id:
            who = ticket.assignee.first_name if ticket.assignee else ""
            label = " · ".join(filter(None, [ticket.team.name, who]))
        was_here = tier.level in spent
        span = spans.spell(spent[tier.level]) if was_here else ""
        rungs.append(Rung(tier, label, span, is_now, was_here))
    return rungs


def time_on_tiers(events: Iterable[Event], *, until: datetime) -> dict[int, timedelta]:
    """By level how long the ticket was open there. What is resolved or closed stands on no rung."""
    spent: dict[int, timedelta] = defaultdict(timedelta)
    level: int | None = None
    is_open, since = True, until
    for event in events:
        moved, status = event.changes.get("tier_id"), event.changes.get("status")
        if moved is None and status is None:
            continue
        if level is not None and is_open:
            spent[level] += max(event.at - since, timedelta(0))
        since = event.at
        level = moved[1] if moved else level
        is_open = status[1] in OPEN_STATUSES if status else is_open
    if level is not None and is_open:
        spent[level] += max(until - since, timedelta(0))
    return spent
