"""The desk's own row, its tiers and its looks, kept in the process for a few seconds: every page shows them."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Generic, TypeVar

from django.conf import settings

from accounts.models import Branding, Desk, Tier

LATELY = 10
"""Seconds."""

T = TypeVar("T")


class _Kept(Generic[T]):
    """What was read, for the whole process; two threads may both read it."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._found: tuple[float, T] | None = None

    def get(self, *, at_least: float = 0) -> T:
        """As stored at most `DESK_CACHE_SECONDS` ago, or `at_least` so many where that is longer."""
        now, found = monotonic(), self._found
        if found is None or now - found[0] >= max(settings.DESK_CACHE_SECONDS, at_least):
            found = self._found = (now, self._read())
        return found[1]

    def forget(self) -> None:
        self._found = None


_desk = _Kept(Desk.load)
_tiers = _Kept(lambda: list(Tier.objects.enabled()))
_brandings = _Kept(lambda: list(Branding.objects.select_related("organisation")))


def current_desk() -> Desk:
    """What is to be changed is read with `Desk.load()`."""
    return _desk.get()


def statuses_of_desk() -> dict[str, Any]:
    """Names and colours of statuses as the desk was read lately, by whichever page: lists ask for each row."""
    names: dict[str, Any] = _desk.get(at_least=LATELY).statuses
    return names


def current_tiers() -> list[Tier]:
    """Those in use, from the lowest up; for reading only."""
    return _tiers.get()


def current_brandings() -> list[Branding]:
    """How the portal looks to whom; for reading only."""
    return _brandings.get()


def forget() -> None:
    """Whoever saved the settings sees them on the next page; other processes within seconds."""
    for kept in (_desk, _tiers, _brandings):
        kept.forget()
