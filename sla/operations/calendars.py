"""Calendars: published in versions, renamed, deleted, and given the public holidays of one more year each year.

A version's rows are written once. The public holidays in them come from a library whose data changes, so they are
asked for when a version is saved; clocks and replays read rows.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import may_administer
from sla.calendar_spec import CalendarSpec, SpecialDay, check, special_days, tidied
from sla.holiday_rows import public_holidays
from sla.models import Book, Calendar, CalendarDay, CalendarVersion, Clock
from sla.operations import recomputing
from sla.queries.calendars import policies_by_calendar, spec_of, users_elsewhere, uses_of
from tickets.refusals import Invalid, NotAllowed, Refused

YEARS_BACK, YEARS_AHEAD = 12, 5
"""For which years around the one in which it is saved a version knows the public holidays."""
LONGEST_NAME = 80
DAY = timedelta(days=1)


class CalendarInUse(Refused):
    """Policies promise in it, or clocks were counted in it."""

    code = "calendar_in_use"


class CalendarChanged(Refused):
    """Somebody else published a version since the page was opened."""

    code = "calendar_changed"


@transaction.atomic
def create_calendar(*, name: str, spec: CalendarSpec, by: User | None, at: datetime) -> Calendar:
    """A calendar with its first version. Nothing counts in it until a policy names it.

    Raises:
        NotAllowed: `by` is no administrator.
        Invalid: the name or what it says cannot be used; names the field.
    """
    _require_administrator(by)
    spec = _checked(spec)
    calendar = Calendar.objects.create(name=_free_name(name))
    _publish(calendar, spec, number=1, by=by, at=at)
    _give_another_stamp()
    return calendar


@transaction.atomic
def publish_version(
    calendar: Calendar,
    *,
    spec: CalendarSpec,
    by: User | None,
    at: datetime,
    name: str | None = None,
    seen: int | None = None,
) -> Calendar:
    """Let a calendar say something else from now on, and judge the open clocks anew where policies name it.

    Publishing what is in force already makes no version, unless the library knows other holidays now.

    Args:
        name: another name, in the same act.
        seen: the number of the version that was edited; refused where it is not in force any more.

    Raises:
        NotAllowed: `by` is no administrator.
        Invalid: the name or what it says cannot be used; names the field.
        CalendarChanged: `seen` is not in force any more.
    """
    _require_administrator(by)
    spec = _checked(spec)
    _lock_book()
    calendar = _locked(calendar)
    current = calendar.current
    if seen is not None and current is not None and seen != current.number:
        raise CalendarChanged(
            _("%(calendar)s has been changed since you opened it: version %(number)d is in force.")
            % {"calendar": calendar.name, "number": current.number},
            now=current.number,
        )
    if name is not None:
        _rename(calendar, name)
    if current is None or _says_something_else(current, spec, at):
        version = _publish(calendar, spec, number=_next_number(calendar), by=by, at=at)
        _hold_from_now_on(version, by=by, at=at)
    return calendar


@transaction.atomic
def rename_calendar(calendar: Calendar, *, name: str, by: User | None, at: datetime) -> Calendar:
    """Another name. Policies know a calendar by its key, so nothing moves.

    Raises:
        NotAllowed: `by` is no administrator.
        Invalid: the name is empty, too long or taken.
    """
    _require_administrator(by)
    calendar = _locked(calendar)
    _rename(calendar, name)
    return calendar


@transaction.atomic
def delete_calendar(calendar: Calendar, *, by: User | None, at: datetime) -> None:
    """Delete a calendar that nothing has used.

    Raises:
        NotAllowed: `by` is no administrator.
        CalendarInUse: policies in force or clocks would miss it; names them.
    """
    _require_administrator(by)
    _lock_book()
    calendar = _locked(calendar)
    uses = uses_of(calendar)
    if uses.policies:
        raise CalendarInUse(
            _("%(calendar)s is used by %(uses)s. Choose another calendar there first.")
            % {"calendar": calendar.name, "uses": uses}
        )
    if uses:
        raise CalendarInUse(
            _("Clocks were counted in %(calendar)s (%(n)d of them), so it stays. No policy needs to name it.")
            % {"calendar": calendar.name, "n": uses.clocks}
        )
    if others := users_elsewhere(calendar):
        raise CalendarInUse(
            _("%(calendar)s is used by %(uses)s. Choose another calendar there first.")
            % {"calendar": calendar.name, "uses": get_text_list(others[:5], _("and"))}
        )
    Calendar.objects.filter(pk=calendar.pk).update(current=None)
    CalendarVersion.objects.filter(calendar=calendar).delete()
    calendar.delete()
    _give_another_stamp()


@transaction.atomic
def extend_holidays(*, at: datetime) -> int:
    """Add to the versions in force the public holidays of years to come, so that five are known. For a daily task.

    They lie years ahead of what clocks count towards. Where a clock is due so late that they would move it, a
    version is published instead, and the clock is told. Answers how many calendars were seen to.
    """
    last = _last_day(at)
    behind = CalendarVersion.objects.filter(
        pk__in=Calendar.objects.values("current"), country__gt="", days_until__lt=last
    )
    if not behind.exists():
        return 0
    _lock_book()
    versions = list(behind.select_for_update().select_related("calendar").order_by("pk"))
    appended = False
    for version in versions:
        if _counts_beyond(version):
            published = _publish(
                version.calendar, spec_of(version), number=_next_number(version.calendar), by=None, at=at
            )
            _hold_from_now_on(published, by=None, at=at)
        else:
            _append_days(version, last)
            appended = True
    if appended:
        _give_another_stamp()
    return len(versions)


# --- below ---


def _require_administrator(by: User | None) -> None:
    if not may_administer(by):
        raise NotAllowed(_("Only administrators can change calendars."))


def _lock_book() -> None:
    """One act on what is promised after the other, policies too: none names a calendar that goes meanwhile."""
    Book.objects.select_for_update().get(pk=1)


def _locked(calendar: Calendar) -> Calendar:
    return Calendar.objects.select_for_update(of=("self",)).select_related("current").get(pk=calendar.pk)


def _checked(spec: CalendarSpec) -> CalendarSpec:
    check(spec)
    return tidied(spec)


def _free_name(name: str, but: Calendar | None = None) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise Invalid(_("Give the calendar a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(_("A name has at most %(n)d characters.") % {"n": LONGEST_NAME}, field="name")
    others = Calendar.objects.filter(name__iexact=name)
    if but is not None:
        others = others.exclude(pk=but.pk)
    if others.exists():
        raise Invalid(_("There is a calendar of this name already."), field="name")
    return name


def _rename(calendar: Calendar, name: str) -> None:
    name = _free_name(name, but=calendar)
    if name != calendar.name:
        calendar.name = name
        calendar.save(update_fields=["name"])


def _next_number(calendar: Calendar) -> int:
    newest = calendar.versions.order_by("-number").values_list("number", flat=True).first()
    return (newest or 0) + 1


def _publish(
    calendar: Calendar, spec: CalendarSpec, *, number: int, by: User | None, at: datetime
) -> CalendarVersion:
    """Write a version with its days and put it in force."""
    first, last = _first_day(at), _last_day(at)
    version = CalendarVersion.objects.create(
        calendar=calendar,
        number=number,
        zone=spec.zone,
        is_always_open=spec.is_always_open,
        weekly=[[list(interval) for interval in day] for day in spec.weekly],
        country=spec.country,
        subdivision=spec.subdivision,
        days_from=first,
        days_until=last,
        at=at,
        by=by,
    )
    _write_days(version, special_days(spec, range(first.year, last.year + 1)))
    calendar.current = version
    calendar.save(update_fields=["current"])
    return version


def _write_days(version: CalendarVersion, days: Sequence[SpecialDay]) -> None:
    CalendarDay.objects.bulk_create(
        CalendarDay(
            version=version,
            date=day.date,
            kind=CalendarDay.Kind.OWN if day.is_own else CalendarDay.Kind.HOLIDAY,
            name=day.name,
            intervals=[list(interval) for interval in day.intervals],
        )
        for day in days
    )


def _hold_from_now_on(version: CalendarVersion, *, by: User | None, at: datetime) -> None:
    """What is in force has changed: the open clocks are judged anew, unless no policy in use counts in it."""
    users = policies_by_calendar().get(version.calendar_id, [])
    if any(policy.is_enabled for policy in users):
        reason = _("calendar %(name)s, version %(number)d")
        recomputing.ask(
            reason=reason % {"name": version.calendar.name, "number": version.number}, by=by, at=at
        )
    else:
        _give_another_stamp()


def _give_another_stamp() -> None:
    """Every process reads the book and the hours of calendars anew before it judges again."""
    Book.objects.filter(pk=1).update(stamp=uuid.uuid4())


def _says_something_else(current: CalendarVersion, spec: CalendarSpec, at: datetime) -> bool:
    """Whether another version is needed, be it because the library has learned of other holidays."""
    if spec_of(current) != spec:
        return True
    first, last = max(current.days_from, _first_day(at)), min(current.days_until, _last_day(at))
    known = {
        day: name
        for day, name in public_holidays(
            spec.country, spec.subdivision, range(first.year, last.year + 1)
        ).items()
        if first <= day <= last
    }
    for own in spec.own_days:
        known.pop(own.date, None)
    stored = current.days.filter(kind=CalendarDay.Kind.HOLIDAY, date__range=(first, last))
    return dict(stored.values_list("date", "name")) != known


def _counts_beyond(version: CalendarVersion) -> bool:
    """Whether a clock runs in it towards a time for which its holidays are not known."""
    known_until = (
        datetime.combine(version.days_until, time(0), UTC) - DAY
    )  # its last day begins there earlier
    return Clock.objects.filter(calendar=version, state=Clock.State.RUNNING, due_at__gte=known_until).exists()


def _append_days(version: CalendarVersion, last: date) -> None:
    taken = set(version.days.values_list("date", flat=True))
    years = range(version.days_until.year, last.year + 1)
    found = public_holidays(version.country, version.subdivision, years)
    _write_days(
        version,
        [
            SpecialDay(day, False, name)
            for day, name in found.items()
            if version.days_until < day <= last and day not in taken
        ],
    )
    version.days_until = last
    version.save(update_fields=["days_until"])


def _first_day(at: datetime) -> date:
    return date(at.year - YEARS_BACK, 1, 1)


def _last_day(at: datetime) -> date:
    return date(at.year + YEARS_AHEAD, 12, 31)
