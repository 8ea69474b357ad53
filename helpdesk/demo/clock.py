"""Working time of the demo's desk: Monday to Friday, 8:00 to 17:30 in London."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/London")
OPENS, CLOSES = time(8), time(17, 30)
DAY = 570
"""Minutes of a working day."""


def forward(at: datetime, minutes: int) -> datetime:
    """So many working minutes after `at`. Both ends of an addition lie on one day, so no clock change falls in."""
    here, left = at.astimezone(ZONE), timedelta(minutes=minutes)
    if not _is_open(here):
        here = _next_opening(here)
    while left > (rest := here.replace(hour=17, minute=30, second=0) - here):
        left -= rest
        here = _next_opening(here)
    return (here + left).astimezone(UTC)


def back(at: datetime, minutes: int) -> datetime:
    """So many working minutes before `at`."""
    here, left = at.astimezone(ZONE), timedelta(minutes=minutes)
    if not _is_open(here):
        here = _last_closing(here)
    while left > (rest := here - here.replace(hour=8, minute=0, second=0)):
        left -= rest
        here = _last_closing(here)
    return (here - left).astimezone(UTC)


def _is_open(here: datetime) -> bool:
    return here.weekday() < 5 and OPENS <= here.time() <= CLOSES


def _next_opening(here: datetime) -> datetime:
    opening = here.replace(hour=8, minute=0, second=0)
    while opening <= here or opening.weekday() >= 5:
        opening += timedelta(days=1)
    return opening


def _last_closing(here: datetime) -> datetime:
    closing = here.replace(hour=17, minute=30, second=0)
    while closing >= here or closing.weekday() >= 5:
        closing -= timedelta(days=1)
    return closing
