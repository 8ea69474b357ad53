"""The desk's own row and its tiers, kept in the process for a few seconds: every page shows them."""

from time import monotonic
from typing import Any

from django.conf import settings

from accounts.models import Branding, Desk, Tier

LATELY = 10
"""Seconds."""

_kept: tuple[float, Desk] | None = None
_kept_tiers: tuple[float, list[Tier]] | None = None
_kept_brandings: tuple[float, list[Branding]] | None = None


def current_desk() -> Desk:
    """As stored at most `DESK_CACHE_SECONDS` ago. What is to be changed is read with `Desk.load()`."""
    global _kept  # noqa: PLW0603 (a cache of one row for the whole process; threads may both fill it)
    now = monotonic()
    if _kept is None or now - _kept[0] >= settings.DESK_CACHE_SECONDS:
        _kept = (now, Desk.load())
    return _kept[1]


def statuses_of_desk() -> dict[str, Any]:
    """Names and colours of statuses as the desk was read lately, by whichever page: lists ask for each row."""
    lately = _kept is not None and monotonic() - _kept[0] < LATELY
    desk = _kept[1] if _kept and lately else current_desk()
    names: dict[str, Any] = desk.statuses
    return names


def current_tiers() -> list[Tier]:
    """Those in use, from the lowest up; for reading only."""
    global _kept_tiers  # noqa: PLW0603
    now = monotonic()
    if _kept_tiers is None or now - _kept_tiers[0] >= settings.DESK_CACHE_SECONDS:
        _kept_tiers = (now, list(Tier.objects.enabled()))
    return _kept_tiers[1]


def current_brandings() -> list[Branding]:
    """How the portal looks to whom; for reading only."""
    global _kept_brandings  # noqa: PLW0603
    now = monotonic()
    if _kept_brandings is None or now - _kept_brandings[0] >= settings.DESK_CACHE_SECONDS:
        _kept_brandings = (now, list(Branding.objects.select_related("organisation")))
    return _kept_brandings[1]


def forget() -> None:
    """Whoever saved the settings sees them on the next page; other processes within seconds."""
    global _kept, _kept_tiers, _kept_brandings  # noqa: PLW0603
    _kept = _kept_tiers = _kept_brandings = None
