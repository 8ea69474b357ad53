"""What administrators do with calendars, what is refused, and what stays when the library of holidays changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from sla.book import rules_in_force
from sla.calendar_changes import differences
from sla.calendar_spec import CalendarSpec, OwnDay
from sla.expansion import working_time
from sla.holiday_rows import countries, public_holidays, subdivisions
from sla.hours_text import parse_day, parse_own_days, spell_day, spell_own_days, spell_week
from sla.models import Book, Calendar, CalendarDay, CalendarVersion, Clock, Recompute
from sla.operations.calendars import (
    CalendarChanged,
    CalendarInUse,
    create_calendar,
    delete_calendar,
    extend_holidays,
    publish_version,
    rename_calendar,
)
from sla.preview import preview
from sla.queries.calendars import preview_of, preview_of_draft, spec_of, uses_of
from sla.queries.hours import hours_of
from tests.sla.conftest import policy
from tickets import operations
from tickets.models import Ticket
from tickets.refusals import Invalid, NotAllowed

DAY = ((480, 720), (780, 1050))
WEEK = (*[DAY] * 5, (), ())
BERLIN = CalendarSpec("Europe/Berlin", WEEK, country="DE", subdivision="BE")
CHRISTMAS_EVE = OwnDay(date(2026, 12, 24), ((540, 720),), "Christmas Eve")


def version_of(calendar: Calendar) -> CalendarVersion:
    calendar.refresh_from_db()
    assert calendar.current is not None
    return calendar.current


@pytest.fixture
def berlin(ada: User, at: datetime) -> Calendar:
    return create_calendar(name="Berlin", spec=BERLIN, by=ada, at=at)


# --- publishing ---


def test_a_calendar_begins_with_its_first_version_and_its_holidays_as_rows(
    berlin: Calendar, ada: User, at: datetime
) -> None:
    version = version_of(berlin)
    assert (version.number, version.by, version.at) == (1, ada, at)
    assert version.weekly == [[[480, 720], [780, 1050]]] * 5 + [[], []]
    assert (version.days_from, version.days_until) == (date(2014, 1, 1), date(2031, 12, 31))
    unity = CalendarDay.objects.get(version=version, date=date(2026, 10, 3))
    assert (unity.kind, unity.name, unity.intervals) == ("holiday", "German Unity Day", [])
    years = sorted({row.date.year for row in version.days.all()})
    assert years == list(range(2014, 2032))


def test_an_own_day_takes_the_place_of_a_holiday(ada: User, at: datetime) -> None:
    open_anyway = OwnDay(date(2026, 12, 25), ((540, 600),), "Stocktaking")
    made = create_calendar(name="Shop", spec=replace(BERLIN, own_days=(open_anyway,)), by=ada, at=at)
    row = CalendarDay.objects.get(version=version_of(made), date=date(2026, 12, 25))
    assert (row.kind, row.name, row.intervals) == ("own", "Stocktaking", [[540, 600]])


def test_publishing_writes_another_version_and_leaves_the_first_as_it_is(
    berlin: Calendar, ada: User, later: Callable[..., datetime]
) -> None:
    first = version_of(berlin)
    longer = replace(BERLIN, own_days=(CHRISTMAS_EVE,))
    publish_version(berlin, spec=longer, by=ada, at=later(hours=1))
    second = version_of(berlin)
    assert (second.number, second.at) == (2, later(hours=1))
    first.refresh_from_db()
    assert spec_of(first) == BERLIN
    assert spec_of(second) == longer


def test_publishing_what_is_in_force_makes_no_version(
    berlin: Calendar, ada: User, later: Callable[..., datetime]
) -> None:
    publish_version(berlin, spec=BERLIN, by=ada, at=later(days=400))
    assert [row.number for row in berlin.versions.all()] == [1]


def test_publishing_again_takes_up_what_the_library_has_learned(
    berlin: Calendar, ada: User, later: Callable[..., datetime]
) -> None:
    CalendarDay.objects.get(version=version_of(berlin), date=date(2026, 12, 25)).delete()
    publish_version(berlin, spec=BERLIN, by=ada, at=later(hours=1))
    assert version_of(berlin).number == 2
    assert CalendarDay.objects.filter(version=version_of(berlin), date=date(2026, 12, 25)).exists()


def test_a_published_calendar_holds_at_once_and_the_open_clocks_are_judged_anew(
    berlin: Calendar, ada: User, later: Callable[..., datetime]
) -> None:
    policy(resolution=240, calendar=berlin)
    before = rules_in_force()
    publish_version(berlin, spec=replace(BERLIN, zone="Asia/Kolkata"), by=ada, at=later(hours=1))
    after = rules_in_force()
    assert after.versions[berlin.pk] == version_of(berlin).pk
    assert (after.revision, after.stamp != before.stamp) == (before.revision + 1, True)
    job = Recompute.objects.get()
    assert (job.reason, job.by, job.revision) == ("calendar Berlin, version 2", ada, after.revision)


def test_a_calendar_that_no_policy_names_moves_no_clock(
    berlin: Calendar, ada: User, later: Callable[..., datetime]
) -> None:
    before = rules_in_force()
    publish_version(berlin, spec=replace(BERLIN, zone="Asia/Kolkata"), by=ada, at=later(hours=1))
    after = rules_in_force()
    assert after.versions[berlin.pk] == version_of(berlin).pk
    assert after.revision == before.revision
    assert not Recompute.objects.exists()


def test_around_the_clock_needs_no_hours_and_keeps_none(ada: User, at: datetime) -> None:
    always = create_calendar(name="Always", spec=replace(BERLIN, is_always_open=True), by=ada, at=at)
    assert spec_of(version_of(always)) == CalendarSpec("Europe/Berlin", is_always_open=True)
    assert not version_of(always).days.exists()
    assert hours_of(version_of(always).pk).is_open(at + timedelta(days=5))


def test_two_administrators_do_not_overwrite_each_other(
    berlin: Calendar, ada: User, later: Callable[..., datetime]
) -> None:
    publish_version(
        berlin, spec=replace(BERLIN, country="", subdivision=""), seen=1, by=ada, at=later(hours=1)
    )
    with pytest.raises(CalendarChanged, match="version 2 is in force"):
        publish_version(berlin, spec=replace(BERLIN, zone="UTC"), seen=1, by=ada, at=later(hours=2))
    assert version_of(berlin).zone == "Europe/Berlin"


def test_a_calendar_is_renamed_without_another_version(berlin: Calendar, ada: User, at: datetime) -> None:
    rename_calendar(berlin, name="  Berlin   office ", by=ada, at=at)
    assert (version_of(berlin).number, berlin.name) == (1, "Berlin office")


def test_only_administrators_change_calendars(berlin: Calendar, lars: User, at: datetime) -> None:
    with pytest.raises(NotAllowed):
        create_calendar(name="Mine", spec=BERLIN, by=lars, at=at)
    with pytest.raises(NotAllowed):
        publish_version(berlin, spec=replace(BERLIN, zone="UTC"), by=lars, at=at)
    with pytest.raises(NotAllowed):
        rename_calendar(berlin, name="Mine", by=lars, at=at)
    with pytest.raises(NotAllowed):
        delete_calendar(berlin, by=lars, at=at)
    assert [row.number for row in Calendar.objects.get(name="Berlin").versions.all()] == [1]


# --- refusals ---

NIGHTS = (((1320, 1800),),) * 7


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        (replace(BERLIN, zone="Europe/Atlantis"), "zone", "no time zone “Europe/Atlantis”"),
        (replace(BERLIN, country="XX", subdivision=""), "country", "No public holidays are known for “XX”"),
        (replace(BERLIN, subdivision="ZZ"), "subdivision", "“ZZ” is no part of DE"),
        (replace(BERLIN, country=""), "country", "Choose the country first"),
        (replace(BERLIN, weekly=((),) * 7), "monday", "It would never be open"),
        (replace(BERLIN, weekly=((), ((600, 600),), *WEEK[2:])), "tuesday", "10:00-10:00 has no length"),
        (replace(BERLIN, weekly=(((600, 540),), *WEEK[1:])), "monday", "end later than they begin"),
        (replace(BERLIN, weekly=(((1500, 1560),), *WEEK[1:])), "monday", "begin on their day"),
        (replace(BERLIN, weekly=(((0, 1441),), *WEEK[1:])), "monday", "last a day at most"),
        (
            replace(BERLIN, weekly=((), (), ((480, 720), (700, 900)), *WEEK[3:])),
            "wednesday",
            "Wednesday 11:40-15:00 overlaps Wednesday 08:00-12:00",
        ),
        (
            replace(BERLIN, weekly=(*NIGHTS[:2], ((300, 480),), *NIGHTS[3:])),
            "wednesday",
            "Wednesday 05:00-08:00 overlaps Tuesday 22:00-06:00",
        ),
        (
            replace(BERLIN, weekly=(((300, 480),), (), (), (), (), (), ((1320, 1800),))),
            "monday",
            "Monday 05:00-08:00 overlaps Sunday 22:00-06:00",
        ),
        (replace(BERLIN, weekly=WEEK[:5]), "monday", "seven days"),
        (replace(BERLIN, own_days=(CHRISTMAS_EVE, CHRISTMAS_EVE)), "own_days", "2026-12-24 is there twice"),
        (replace(BERLIN, own_days=(OwnDay(date(2026, 1, 2), ((60, 60),)),)), "own_days", "has no length"),
        (
            replace(BERLIN, own_days=(OwnDay(date(2026, 1, 2), ((60, 120), (90, 150))),)),
            "own_days",
            "2026-01-02: 01:30-02:30 overlaps 01:00-02:00",
        ),
        (replace(BERLIN, own_days=(OwnDay(date(1850, 1, 2)),)), "own_days", "too far away"),
    ],
)
def test_what_cannot_be_counted_in_is_refused_by_its_field(
    ada: User, at: datetime, spec: CalendarSpec, field: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        create_calendar(name="New", spec=spec, by=ada, at=at)
    assert refused.value.field == field
    assert not Calendar.objects.filter(name="New").exists()


def test_nights_that_touch_or_meet_in_a_day_of_24_hours_are_no_overlap(ada: User, at: datetime) -> None:
    shifts = CalendarSpec("UTC", (((0, 480), (480, 960), (960, 1440)),) * 7)
    create_calendar(name="Shifts", spec=shifts, by=ada, at=at)
    create_calendar(name="Noons", spec=CalendarSpec("UTC", (((720, 2160),),) * 7), by=ada, at=at)


@pytest.mark.parametrize(
    ("name", "words"), [("  ", "a name"), ("x" * 81, "at most 80"), ("BERLIN", "already")]
)
def test_a_name_is_needed_short_and_free(
    berlin: Calendar, ada: User, at: datetime, name: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        create_calendar(name=name, spec=BERLIN, by=ada, at=at)
    assert refused.value.field == "name"


def test_a_calendar_in_use_is_not_deleted_and_says_by_what(
    berlin: Calendar, ada: User, at: datetime, open_ticket: Callable[..., Ticket]
) -> None:
    policy(resolution=240, calendar=berlin)
    with pytest.raises(CalendarInUse, match="used by the policy Standard"):
        delete_calendar(berlin, by=ada, at=at)
    open_ticket()
    policy(resolution=240)
    assert str(uses_of(berlin)) == "1 clock"
    with pytest.raises(CalendarInUse, match="Clocks were counted in Berlin"):
        delete_calendar(berlin, by=ada, at=at)
    assert version_of(berlin).number == 1


def test_a_calendar_that_clocks_once_counted_in_stays_for_their_replay(
    berlin: Calendar, ada: User, mira: User, at: datetime, ticket: Ticket
) -> None:
    policy(resolution=240, calendar=berlin)
    operations.take(ticket, by=mira, at=at + timedelta(hours=1))
    policy(resolution=240)
    operations.reply(ticket, text="Looking", by=mira, at=at + timedelta(hours=2))
    assert not Clock.objects.filter(calendar__calendar=berlin).exists()
    with pytest.raises(CalendarInUse, match="Clocks were counted in Berlin"):
        delete_calendar(berlin, by=ada, at=at)


def test_a_calendar_that_nothing_used_is_deleted_with_its_versions(
    berlin: Calendar, ada: User, later: Callable[..., datetime]
) -> None:
    publish_version(berlin, spec=replace(BERLIN, zone="UTC"), by=ada, at=later(hours=1))
    delete_calendar(berlin, by=ada, at=later(hours=2))
    assert not CalendarVersion.objects.filter(calendar=berlin.pk).exists()
    assert berlin.pk not in rules_in_force().versions


# --- years to come ---


def test_the_holidays_of_another_year_are_added_to_the_version_and_every_process_reads_them(
    berlin: Calendar, later: Callable[..., datetime]
) -> None:
    new_year = datetime(2032, 1, 1, 9, tzinfo=UTC)
    revision = rules_in_force().revision
    key = version_of(berlin).pk
    assert hours_of(key).is_open(new_year)
    assert extend_holidays(at=later(days=60)) == 1
    assert (version_of(berlin).pk, version_of(berlin).days_until) == (key, date(2032, 12, 31))
    assert CalendarDay.objects.filter(version=key, date=date(2032, 1, 1), kind="holiday").exists()
    assert rules_in_force().revision == revision
    assert not hours_of(key).is_open(new_year)
    assert extend_holidays(at=later(days=60)) == 0


def test_days_that_a_version_knows_already_stay_as_they_are(
    ada: User, at: datetime, later: Callable[..., datetime]
) -> None:
    far = OwnDay(date(2032, 1, 1), ((540, 600),), "Stocktaking")
    made = create_calendar(name="Shop", spec=replace(BERLIN, own_days=(far,)), by=ada, at=at)
    CalendarDay.objects.filter(version=version_of(made), date=date(2026, 12, 25)).delete()
    extend_holidays(at=later(days=60))
    assert version_of(made).days.get(date=far.date).name == "Stocktaking"
    assert not version_of(made).days.filter(date=date(2026, 12, 25)).exists()


def test_a_clock_that_is_due_beyond_the_known_holidays_gets_a_version_of_its_own(
    berlin: Calendar, open_ticket: Callable[..., Ticket], later: Callable[..., datetime]
) -> None:
    policy(resolution=60 * 9 * 250 * 6, calendar=berlin)
    clock = Clock.objects.get(ticket=open_ticket(), metric="resolution")
    assert clock.due_at is not None
    assert clock.due_at.year >= 2032
    first = version_of(berlin)
    assert extend_holidays(at=later(days=60)) == 1
    assert (version_of(berlin).number, version_of(berlin).by) == (2, None)
    first.refresh_from_db()
    assert first.days_until == date(2031, 12, 31)
    assert Recompute.objects.get().by is None


def test_calendars_without_public_holidays_need_no_more_years(
    ada: User, at: datetime, later: Callable[..., datetime]
) -> None:
    create_calendar(name="Plain", spec=CalendarSpec("UTC", WEEK), by=ada, at=at)
    stamp = Book.objects.get().stamp
    assert extend_holidays(at=later(days=800)) == 0
    assert Book.objects.get().stamp == stamp


# --- what is read and written ---


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("08:00-12:00, 13:00-17:30", [(480, 720), (780, 1050)]),
        ("8-12", [(480, 720)]),
        ("8.30 – 12", [(510, 720)]),
        ("22:00-06:00", [(1320, 1800)]),
        ("22:00-00:00", [(1320, 1440)]),
        ("00:00-24:00", [(0, 1440)]),
        ("", []),
        ("Closed", []),
    ],
)
def test_hours_are_read_as_people_type_them(text: str, minutes: list[Any]) -> None:
    assert parse_day(text, field="monday") == minutes
    assert parse_day(spell_day(minutes), field="monday") == minutes


@pytest.mark.parametrize(
    "text", ["8", "8:00", "8-25", "8:61-9", "24:00-06:00", "from nine to five", "8-12;13-17"]
)
def test_hours_that_cannot_be_read_are_refused_by_their_day(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_day(text, field="friday")
    assert refused.value.field == "friday"


def test_own_days_are_lines() -> None:
    text = "2026-12-24 09:00-12:00 Christmas Eve\n\n2026-12-31\n2027-01-02 8-10, 11-12 24 hours of Le Mans"
    days = [
        CHRISTMAS_EVE,
        OwnDay(date(2026, 12, 31)),
        OwnDay(date(2027, 1, 2), ((480, 600), (660, 720)), "24 hours of Le Mans"),
    ]
    assert parse_own_days(text, field="own_days") == days
    assert parse_own_days(spell_own_days(days), field="own_days") == days


@pytest.mark.parametrize(
    "line",
    ["24.12.2026", "2026-02-29", "2026-12-24 09:00-1200 Eve", "2026-12-24 09:00- Eve", "2026-12-24 9-25"],
)
def test_a_line_that_cannot_be_read_is_no_day_off_by_mistake(line: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_own_days(line, field="own_days")
    assert refused.value.field == "own_days"


def test_a_week_in_a_few_words() -> None:
    assert spell_week([[(480, 1080)]] * 4 + [[(480, 840)], [], [(1320, 1800)]]) == (
        "Mon–Thu 08:00-18:00; Fri 08:00-14:00; Sun 22:00-06:00"
    )


def test_what_a_version_says_otherwise_is_told_line_by_line() -> None:
    after = replace(BERLIN, weekly=(((1320, 1800),), *WEEK[1:]), subdivision="BY", own_days=(CHRISTMAS_EVE,))
    lines = [(line.what, line.was, line.is_now) for line in differences(BERLIN, after)]
    assert lines == [
        ("Monday", "08:00-12:00, 13:00-17:30", "22:00-06:00"),
        ("Public holidays", "DE BE", "DE BY"),
        ("24 Dec 2026", "like other days", "09:00-12:00 Christmas Eve"),
    ]
    assert differences(BERLIN, BERLIN) == []


def test_every_country_on_offer_has_holidays_with_names() -> None:
    for country, _name in countries():
        assert all(public_holidays(country, "", [2026]).values())
    assert ("BE", "Berlin (BE)") in subdivisions("DE")
    assert subdivisions("XX") == []


# --- the preview ---


def test_the_preview_names_holidays_and_counts_what_is_open(berlin: Calendar, at: datetime) -> None:
    shown = preview_of(version_of(berlin), at=at)
    days = {day.date: day for day in shown.days}
    assert len(shown.days) == 60
    assert min(days) == date(2026, 11, 23)
    assert days[date(2026, 11, 23)].open == ("08:00-12:00", "13:00-17:30")
    christmas = days[date(2026, 12, 25)]
    assert (christmas.open, christmas.special and christmas.special.name) == ((), "Christmas Day")
    workdays = sum(day.weekday() < 5 for day in days) - len({date(2026, 12, 25), date(2027, 1, 1)})
    assert (shown.open_days, shown.worked) == (workdays, workdays * timedelta(hours=8.5))
    assert preview_of_draft(BERLIN, at=at) == shown


def test_the_preview_marks_the_days_on_which_the_clock_changes() -> None:
    nights = CalendarSpec("Europe/Berlin", NIGHTS)
    shown = preview_of_draft(nights, at=datetime(2026, 3, 20, tzinfo=UTC))
    changed = [day for day in shown.days if day.change]
    assert [(day.date, day.hours, day.changed_by, day.is_forward) for day in changed] == [
        (date(2026, 3, 29), "7h", "1h", True)
    ]
    assert changed[0].open == ("00:00-06:00", "22:00-24:00")


def test_the_preview_of_a_date_that_did_not_exist_is_closed() -> None:
    from_apia = CalendarSpec("Pacific/Apia", (((540, 1020),),) * 7)
    hours = working_time(from_apia.hours([]))
    days = {
        day.date: day for day in preview(hours, "Pacific/Apia", {}, first=date(2011, 12, 28), count=5).days
    }
    assert (days[date(2011, 12, 30)].open, days[date(2011, 12, 30)].changed_by) == ((), "24h")
    assert days[date(2011, 12, 31)].open == ("09:00-17:00",)
