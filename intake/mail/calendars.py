"""Invitations: the first event of a calendar that came with a mail."""

from datetime import UTC, date, datetime, time

from icalendar import Calendar
from icalendar.cal import Component

from intake.mail.parsed import Invitation

LONGEST = 1_000_000
MOST_LINES = 20_000


def read(text: str, *, method: str = "") -> Invitation | None:
    """The first event, or task, of the calendar; None where there is none that can be read.

    `method` is what the part's header says; the calendar's own word goes before.
    """
    if len(text) > LONGEST or text.count("\n") > MOST_LINES:
        return None
    try:
        calendar = Calendar.from_ical(text.strip())
        event = next((part for part in calendar.walk() if part.name in ("VEVENT", "VTODO")), None)
        if event is None:
            return None
        return Invitation(
            method=(_text(calendar, "METHOD") or method).upper()[:30],
            summary=_text(event, "SUMMARY")[:500],
            starts=_moment(event, "DTSTART"),
            ends=_moment(event, "DTEND") or _moment(event, "DUE"),
            organiser=_text(event, "ORGANIZER").removeprefix("mailto:").removeprefix("MAILTO:")[:320],
            location=_text(event, "LOCATION")[:500],
        )
    except Exception:  # whatever a calendar that is broken makes of the library, the mail is read on
        return None


def _text(component: Component, name: str) -> str:
    value = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return "" if value is None else " ".join(str(value).split())


def _moment(component: Component, name: str) -> datetime | None:
    value = getattr(component.get(name), "dt", None)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=UTC)
    return None
