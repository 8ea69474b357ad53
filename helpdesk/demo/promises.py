"""What the demo's desk promises: calendars of two places, a policy for each customer, one for everybody else.

Made before the first ticket, so that every clock of the story is started, paused and met as it is played.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from escalation.rules.asking import asked_at_once
from helpdesk.demo.texts import DATA, read
from sla import exchange
from sla.calendar_spec import CalendarSpec, Intervals, OwnDay
from sla.models import Firing, Policy, Recompute
from sla.operations import recomputing
from sla.operations.calendars import create_calendar
from sla.operations.firing import fire_due
from sla.operations.policies import create_policy, publish

STANDARD = "standard.yml"


def make(*, at: datetime) -> None:
    """Publish it all, and have the desk judged by it at once: there is no ticket yet."""
    for row in read(DATA / "calendars.yml"):
        create_calendar(name=row["name"], spec=_calendar(row, at.year), by=None, at=at)
    for path in sorted((DATA / "policies").glob("*.yml")):
        draft = exchange.read(path.read_text(encoding="utf-8"))
        if path.name == STANDARD:
            publish(Policy.objects.get(is_default=True), spec=draft.spec, name=draft.name, by=None, at=at)
        else:
            create_policy(name=draft.name, spec=draft.spec, by=None, at=at)
    for job in Recompute.objects.filter(state__in=recomputing.UNFINISHED).order_by("pk"):
        while recomputing.step(job.pk, at=at):
            pass


def catch_up(*, now: datetime) -> None:
    """Fire what has come due since the last act of each ticket, with the times at which it was due.

    Nobody gets a mail about the past, and the page of timers does not show how late this looks. Rules are asked.
    """
    with asked_at_once(now):
        while fire_due(at=now):
            pass
    Firing.objects.filter(at=now).delete()


def _calendar(row: Mapping[str, Any], year: int) -> CalendarSpec:
    hours = _intervals(row["weekdays"])
    own = [
        OwnDay(date(each, day["month"], day["day"]), _intervals(day.get("hours", ())), day["name"])
        for each in (year, year + 1)
        for day in row["own_days"]
    ]
    return CalendarSpec(
        zone=row["zone"],
        weekly=(hours,) * 5 + ((), ()),
        country=row["country"],
        subdivision=row["subdivision"],
        own_days=tuple(own),
    )


def _intervals(said: Iterable[str]) -> Intervals:
    """ "8:00-17:30" in minutes after midnight."""
    return tuple(
        (_minutes(begin), _minutes(end)) for begin, _dash, end in (text.partition("-") for text in said)
    )


def _minutes(text: str) -> int:
    hours, _colon, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
