"""Where a hand-over would go, without making it: for the dialog that asks, and for simulations."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Team, Tier
from escalation.queries import first_team, next_tier
from escalation.queries.cover import Rota, covering, read_rota


def landing(here: int, *, tier: int | None, team: int | None) -> Team | None:
    """The team that a hand-over from this tier would be meant for; None where it would be refused."""
    kept, key = _kept.get(), (here, tier, team)
    if kept is None:
        return _landing(here, tier=tier, team=team)
    if key not in kept.landings:
        kept.landings[key] = _landing(here, tier=tier, team=team)
    return kept.landings[key]


def receiving(
    here: int, *, tier: int | None, team: int | None, sender: int, is_restricted: bool, at: datetime
) -> Team | None:
    """Who would get it at this time, for a simulation: the team that is meant, or who covers it then."""
    meant, kept = landing(here, tier=tier, team=team), _kept.get()
    if meant is None:
        return None
    covered = covering(
        meant,
        at=at,
        sender=sender,
        is_restricted=is_restricted,
        known=kept.rota if kept is not None else None,
        fetch=lambda key: landing(0, tier=None, team=key),
    )
    return covered.team if covered is not None else meant


@dataclass(frozen=True)
class _Kept:
    """Teams as they are now: what a simulation asks of them for each of its tickets."""

    rota: Rota
    landings: dict[tuple[int, int | None, int | None], Team | None]


_kept: ContextVar[_Kept | None] = ContextVar("escalation_landings", default=None)


@contextmanager
def keeping_landings() -> Iterator[None]:
    """Inside, each landing is looked up once: teams are as they are now, however many tickets are played through."""
    token = _kept.set(_Kept(read_rota(), {}))
    try:
        yield
    finally:
        _kept.reset(token)


def _landing(here: int, *, tier: int | None, team: int | None) -> Team | None:
    if team is not None:
        return Team.objects.in_use().select_related("tier").filter(pk=team).first()
    wanted = Tier.objects.filter(level=tier).first() if tier is not None else None
    if wanted is None:
        return None
    found = first_team(wanted.level) if wanted.is_enabled else None
    if found is None:
        instead = next_tier(wanted.level, upwards=wanted.level > here)
        found = first_team(instead.level) if instead else None
    return found
