"""Who has what arrives at a team outside its hours: the team that covers it, or whoever covers that one then.

A chain ends with the first team that works at that moment; a team without hours works around the clock. Where no
team of the chain works, it waits with the team that was asked. Teams that cover one another in a ring (the sun is
followed that way) are asked once each.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from time import monotonic
from typing import Any

from django.conf import settings

from accounts.models import Team
from escalation.models import TeamWork
from sla.business_time import WorkingTime
from sla.cycles import MICROSECOND
from sla.queries.hours import hours_of
from tickets.models import FAR


@dataclass(frozen=True)
class Watch:
    """When a team works, and who covers it otherwise (a team's key; none where it waits)."""

    hours: WorkingTime
    covered_by: int | None = None


@dataclass(frozen=True)
class Span:
    """Who has what arrives from `since` to `until`; no team where nobody works, and it waits."""

    since: datetime
    until: datetime
    team: int | None


@dataclass(frozen=True)
class Rota:
    """The teams that have hours, by key. All others work around the clock."""

    watches: Mapping[int, Watch] = field(default_factory=dict)

    def works(self, team: int, at: datetime) -> bool:
        watch = self.watches.get(team)
        return watch is None or watch.hours.is_open(at)

    def on_duty(self, team: int, at: datetime) -> int | None:
        """The key of the team that has what arrives at this one; None where nobody works."""
        for each in self.chain(team):
            if self.works(each, at):
                return each
        return None

    def chain(self, team: int) -> list[int]:
        """The team, who covers it, who covers that one ... each once."""
        found: dict[int, None] = {}
        here: int | None = team
        while here is not None and here not in found:
            found[here] = None
            watch = self.watches.get(here)
            here = watch.covered_by if watch is not None else None
        return list(found)

    def is_ring(self, team: int) -> bool:
        """Whether whoever covers for the last one of its chain is the team itself."""
        last = self.watches.get(self.chain(team)[-1])
        return last is not None and last.covered_by == team

    def back_at(self, team: int, at: datetime) -> datetime | None:
        """When a team works again; None where that is not known."""
        watch = self.watches.get(team)
        opening = watch.hours.next_opening(at) if watch is not None else at
        return opening if opening < FAR else None

    def closed_since(self, team: int, at: datetime) -> datetime:
        """When a team that does not work has last stopped."""
        return self.watches[team].hours.subtract_working_time(at, MICROSECOND) + MICROSECOND

    def spans(self, team: int, *, since: datetime, until: datetime) -> list[Span]:
        """Who has what arrives, one span after the other, cut at both ends."""
        found: list[Span] = []
        moments = self._changes(self.chain(team), since, until)
        for start, end in pairwise(moments):
            who = self.on_duty(team, start)
            if found and found[-1].team == who:
                found[-1] = replace(found[-1], until=end)
            else:
                found.append(Span(start, end, who))
        return found

    def with_watch(self, team: int, watch: Watch | None) -> "Rota":
        """As it would be with this team's hours so; None for around the clock."""
        others = {key: each for key, each in self.watches.items() if key != team}
        return Rota(others if watch is None else others | {team: watch})

    def _changes(self, teams: Iterable[int], since: datetime, until: datetime) -> list[datetime]:
        """The moments at which one of them begins or stops."""
        watches = [self.watches[team] for team in teams if team in self.watches]
        ends = [
            end for each in watches for pair in each.hours.intervals_between(since, until) for end in pair
        ]
        return sorted({since, until, *ends})


_kept: tuple[float, Rota] | None = None


def rota() -> Rota:
    """As it stood at most `DESK_CACHE_SECONDS` ago: every filing and every hand-over asks."""
    global _kept  # noqa: PLW0603 (one rota for the whole process; threads may both read it)
    now = monotonic()
    if _kept is None or now - _kept[0] >= settings.DESK_CACHE_SECONDS:
        _kept = now, read_rota()
    return _kept[1]


def forget() -> None:
    """Read the rota anew when it is asked for next."""
    global _kept  # noqa: PLW0603
    _kept = None


def read_rota() -> Rota:
    """As it stands. A team that is out of use covers nobody."""
    rows = TeamWork.objects.filter(hours__isnull=False).values_list(
        "pk", "hours__current", "covered_by", "covered_by__is_active", "covered_by__tier__is_enabled"
    )
    return Rota(
        {
            key: Watch(hours_of(hours), by if is_active and is_enabled else None)
            for key, hours, by, is_active, is_enabled in rows
        }
    )


@dataclass(frozen=True)
class Covered:
    """A team has it because another one, which was asked, is out of hours."""

    team: Team
    instead_of: Team
    back_at: datetime | None
    """When the team that was asked works again, where that is known."""

    @property
    def facts(self) -> dict[str, Any]:
        """For the data of the event that says so."""
        return {COVERS: self.instead_of.pk, COVERED_UNTIL: self.back_at}


COVERS, COVERED_UNTIL = "covers", "covered_until"
Fetch = Callable[[int], Team | None]


def in_use(key: int) -> Team | None:
    return Team.objects.in_use().select_related("tier").filter(pk=key).first()


def covering(
    team: Team,
    *,
    at: datetime,
    sender: int | None = None,
    is_restricted: bool = False,
    known: Rota | None = None,
    fetch: Fetch = in_use,
) -> Covered | None:
    """Who gets it instead of a team that is out of hours; None where that team gets it.

    Args:
        sender: the key of the team that hands it over: nothing comes back to whoever sends it.
        is_restricted: what few may know of goes to the team that was meant, and waits there.
        known: the rota, where the caller has it at hand.
        fetch: how a team that is in use is read by its key.
    """
    known = rota() if known is None else known
    if is_restricted or known.works(team.pk, at):
        return None
    found = known.on_duty(team.pk, at)
    to = fetch(found) if found is not None and found not in (team.pk, sender) else None
    return Covered(to, team, known.back_at(team.pk, at)) if to is not None else None
