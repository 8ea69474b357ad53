"""The desk's own row, kept in the process for a few seconds: every page shows the desk's name and hours."""

from time import monotonic

from django.conf import settings

from accounts.models import Desk

_kept: tuple[float, Desk] | None = None


def current_desk() -> Desk:
    """As stored at most `DESK_CACHE_SECONDS` ago. What is to be changed is read with `Desk.load()`."""
    global _kept  # noqa: PLW0603 (a cache of one row for the whole process; threads may both fill it)
    now = monotonic()
    if _kept is None or now - _kept[0] >= settings.DESK_CACHE_SECONDS:
        _kept = (now, Desk.load())
    return _kept[1]


def forget() -> None:
    """Whoever saved the settings sees them on the next page; other processes within seconds."""
    global _kept  # noqa: PLW0603
    _kept = None
