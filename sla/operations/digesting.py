"""The managers' daily digest is due at seven of the desk's clock, on days on which the desk works."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from delivery.operations import enqueue
from sla.business_time import NOTHING
from sla.queries.staffed import desk_hours

KIND = "sla.digest"
SENT_AT = time(7)
LONGEST_BREAK = 14
"""Days between two digests at most: after longer holidays the figures and reports tell the rest."""


def ask_for_digest(*, at: datetime) -> bool:
    """Write the digest of today down for the worker, once; says whether today has one that is due."""
    today = at.astimezone(_zone()).date()
    if at < sending(today) or not _works_on(today):
        return False
    enqueue(KIND, {"date": today.isoformat()}, dedupe_key=f"{KIND}:{today}", at=at)
    return True


def told_since(day: date) -> datetime:
    """When the digest before that of `day` was sent: what it could not tell begins there."""
    for back in range(1, LONGEST_BREAK + 1):
        if _works_on(day - timedelta(days=back)):
            return sending(day - timedelta(days=back))
    return sending(day - timedelta(days=LONGEST_BREAK))


def sending(day: date) -> datetime:
    return datetime.combine(day, SENT_AT, _zone()).astimezone(UTC)


def _works_on(day: date) -> bool:
    start, end = (datetime.combine(each, time(0), _zone()) for each in (day, day + timedelta(days=1)))
    return desk_hours().working_time_between(start.astimezone(UTC), end.astimezone(UTC)) > NOTHING


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)
