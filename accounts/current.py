"""The desk's own row and its tiers, kept in the process for a few seconds: every page shows them."""

from time import monotonic

from django.conf import settings

from accounts.models import Desk, Tier

_kept: tuple[float, Desk] | None = None
_kept_tiers: tuple[float, list[Tier]] | None = None


def current_desk() -> Desk:
    """As stored at most `DESK_CACHE_SECONDS` ago. What is to be changed is read with `Desk.load()`."""
    global _kept  # noqa: PLW0603 (a cache of one row for the whole process; threads may both fill it)
    now = monotonic()
    if _kept is None or now - _kept[0] >= settings.DESK_CACHE_SECONDS:
        _kept = (now, Desk.load())
    return _kept[1]


def current_tiers() -> list[Tier]:
    """Those in use, from the lowest up; for reading only."""
    global _kept_tiers  # noqa: PLW0603
    now = monotonic()
    if _kept_tiers is None or now - _kept_tiers[0] >= settings.DESK_CACHE_SECONDS:
        _kept_tiers = (now, list(Tier.objects.enabled()))
    return _kept_tiers[1]


def forget() -> None:
    """Whoever saved the settings sees them on the next page; other processes within seconds."""
    global _kept, _kept_tiers  # noqa: PLW0603
    _kept = _kept_tiers = None
