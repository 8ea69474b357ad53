"""What the upper tiers have solved: which tickets, what each has cost, and the words that it is known by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import F
from django.db.models.functions import Left

from insights.alike import MOST_READ
from insights.cuts import Period
from insights.models import HandFact, TicketFact, Who
from tickets.models import Audience, Kind, Message, MessageKind, ResolutionCode, Ticket

LEVELS = (2, 3)
MOST = 20_000
"""Resolutions that are compared, the newest: as many are worked out within a minute or two."""
BATCH = 1_000
NOT_SOLVED = (ResolutionCode.DUPLICATE, ResolutionCode.NO_ANSWER)


@dataclass(frozen=True)
class Resolution:
    """A ticket that was solved with the work of L2 or L3, whoever told the requester."""

    ticket: int
    team: int
    """Of the upper tiers, that had it in work longest."""
    level: int
    minutes: int
    """That somebody wrote down."""
    seconds: int
    """That it lay in work on the upper tiers, in their hours."""

    @property
    def is_logged(self) -> bool:
        return self.minutes > 0

    @property
    def cost(self) -> int:
        """In seconds: what was written down, else what it lay in work."""
        return self.minutes * 60 if self.is_logged else self.seconds


def resolutions(period: Period) -> tuple[list[Resolution], bool]:
    """Tickets resolved on these days that L2 or L3 worked on, the newest first; and whether there were more than are
    read. Where L2 stays behind L1, it is L1 that resolves: what counts is whose work it took.

    Restricted ones are left out, what was no solution, what only passed through, and problems: they are what should
    come of it.
    """
    rows = (
        TicketFact.objects.filter(
            is_counted=True,
            resolved_on__range=(period.first, period.last),
            highest_level__in=LEVELS,
            ticket__is_restricted=False,
        )
        .exclude(kind=Kind.PROBLEM)
        .exclude(resolution_code__in=NOT_SOLVED)
        .order_by("-resolved_on", "-ticket_id")
        .values_list("ticket_id", "team_id", "level", "minutes_worked")
    )
    found = list(rows[: MOST + 1])
    kept = found[:MOST]
    work = _work([key for key, *_rest in kept])
    made = []
    for key, team, level, minutes in kept:
        if key in work or level in LEVELS:
            had = work.get(key, _Work(team, level, 0))
            made.append(Resolution(key, had.team, had.level, minutes, had.seconds))
    return made, len(found) > MOST


def texts_of(keys: Sequence[int]) -> dict[int, str]:
    """By ticket its subject, how its description begins, and how its resolution does.

    What is marked for a higher tier, shared with a vendor or was emptied is not read.
    """
    texts: dict[int, str] = {}
    for batch in _batches(keys):
        said: dict[int, dict[str, str]] = {key: {} for key in batch}
        rows = (
            Message.objects.filter(
                ticket__in=batch,
                kind__in=(MessageKind.DESCRIPTION, MessageKind.RESOLUTION),
                audience__in=(Audience.PUBLIC, Audience.INTERNAL),
                min_tier=0,
                redacted_at=None,
            )
            .order_by("ticket_id", "at", "pk")
            .values_list("ticket_id", "kind", Left(F("body"), MOST_READ))
        )
        for key, kind, body in rows:
            if (
                kind == MessageKind.RESOLUTION or kind not in said[key]
            ):  # the last solution, the first description
                said[key][kind] = body
        for key, subject in Ticket.objects.filter(pk__in=batch).order_by().values_list("pk", "subject"):
            texts[key] = "\n".join([subject, *said[key].values()])
    return texts


# --- below ---


class _Work(NamedTuple):
    """Of the upper tiers on one ticket."""

    team: int
    level: int
    seconds: int


def _work(keys: Sequence[int]) -> dict[int, _Work]:
    """Who of them had each ticket in work longest, and how long all of them had."""
    found: dict[int, _Work] = {}
    for batch in _batches(keys):
        rows = HandFact.objects.filter(ticket__in=batch, who=Who.TIER, level__in=LEVELS, seconds__gt=0)
        columns = ("ticket_id", "team_id", "level", "business_seconds")
        for key, team, level, seconds in rows.order_by("ticket_id", "-seconds", "team_id").values_list(
            *columns
        ):
            known = found.get(key)
            found[key] = (
                known._replace(seconds=known.seconds + seconds) if known else _Work(team, level, seconds)
            )
    return found


def _batches(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    return (keys[at : at + BATCH] for at in range(0, len(keys), BATCH))
