"""Who is here: not away, and within their own working hours. Who has no hours is on duty around the clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import User
from accounts.prepared import Prepared, any_of
from escalation.models import Availability
from sla.cycles import MICROSECOND
from sla.queries.hours import hours_of
from tickets.models import FAR, Event


@dataclass(frozen=True)
class Presence:
    """Whether somebody is here. For who is not: since when, and when they are back, where that is known."""

    is_present: bool = True
    since: datetime | None = None
    back_at: datetime | None = None


HERE = Presence()


def presences(people: Iterable[int], *, at: datetime) -> dict[int, Presence]:
    """By person; one query for all."""
    found = dict.fromkeys(people, HERE)
    rows = Availability.objects.filter(user__in=found).select_related("hours")
    return found | {row.user_id: presence(row, at=at) for row in rows}


def presence_of(user: User, *, at: datetime) -> Presence:
    """Of one person; somebody who is deactivated does not come back."""
    return presences([user.pk], at=at)[user.pk] if user.is_active else Presence(is_present=False)


def absent(*, at: datetime) -> dict[int, Presence]:
    """All who are away or off shift now; people who can be neither cost nothing."""
    may_be = Availability.objects.filter(Q(is_away=True) | Q(hours__isnull=False), user__is_active=True)
    known = {row.user_id: presence(row, at=at) for row in may_be.select_related("hours").order_by("user_id")}
    return {key: found for key, found in known.items() if not found.is_present}


def presence(row: Availability, *, at: datetime) -> Presence:
    version = row.hours.current_id if row.hours is not None else None
    return presence_by(row.is_away, row.away_until, version, since=row.away_since, at=at)


def presence_by(
    away: bool, until: datetime | None, version: int | None, *, since: datetime | None = None, at: datetime
) -> Presence:
    """By what is kept of a person, where it was read with something else.

    Args:
        away, until, since: what they, or their lead, have said.
        version: of the calendar of their working hours; None is around the clock.
    """
    hours = hours_of(version) if version is not None else None
    if away and (until is None or until > at):
        back = until
        if back is not None and hours is not None:
            back = _known(hours.next_opening(back))
        return Presence(is_present=False, since=since, back_at=back)
    if hours is None or hours.is_open(at):
        return HERE
    return Presence(
        is_present=False,
        since=hours.subtract_working_time(at, MICROSECOND) + MICROSECOND,
        back_at=_known(hours.next_opening(at)),
    )


def _known(back: datetime) -> datetime | None:
    return back if back < FAR else None


@dataclass(frozen=True)
class PutBack:
    """Somebody had it, and is not here until then."""

    name: str
    back_at: datetime | None


def put_back(keys: Iterable[int]) -> dict[int, PutBack]:
    """By ticket, of those that lie in a queue because somebody is not here; what was given on since is absent."""
    found = {key: data for key, data in _last_given(tickets=list(keys)) if "away" in data}
    people = User.objects.in_bulk({data["away"] for data in found.values()}) if found else {}
    return {
        key: PutBack(
            people[data["away"]].first_name,
            datetime.fromisoformat(data["back"]) if data.get("back") else None,
        )
        for key, data in found.items()
    }


_last_given = Prepared(
    lambda tickets: (
        Event.objects.filter(any_of("ticket_id", tickets), changes__has_key="assignee_id")
        .order_by("ticket_id", "-id")
        .distinct("ticket_id")
        .values_list("ticket_id", "data")
    ),
    "tickets",
)
