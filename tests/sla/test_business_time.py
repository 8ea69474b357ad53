"""Business time, by named cases and against the oracle that walks minute by minute."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla.business_time import BEGINNING, AlwaysOpen, WorkingTime
from sla.expansion import Hours, working_time
from tests.sla.oracle import Wall, utc
from tickets.models import FAR

NINE_TO_FIVE = [(540, 1020)]
WORKWEEK = [NINE_TO_FIVE] * 5 + [[], []]
NIGHTS = [[(1320, 1800)]] * 7
"""22:00 to 06:00."""


def desk(zone: str = "UTC", weekly: Any = WORKWEEK, special: Any = None) -> WorkingTime:
    return working_time(Hours(zone, weekly, special or {}))


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def on_the_wall(zone: str, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold)  # type: ignore[arg-type, misc]


def every_day(*intervals: tuple[int, int]) -> list[list[tuple[int, int]]]:
    return [list(intervals)] * 7


# --- plain days ---


def test_a_span_goes_on_after_the_weekend() -> None:
    friday = utc(2026, 11, 20, 16, 0)
    assert desk().add_working_time(friday, hours(2)) == utc(2026, 11, 23, 10, 0)


def test_a_span_that_fills_the_day_ends_with_it_and_not_the_next_morning() -> None:
    assert desk().add_working_time(utc(2026, 11, 23, 9, 0), hours(8)) == utc(2026, 11, 23, 17, 0)


def test_a_ticket_created_outside_hours_begins_to_count_at_the_next_opening() -> None:
    for at in (utc(2026, 11, 21, 3, 0), utc(2026, 11, 20, 17, 0), utc(2026, 11, 23, 9, 0)):
        assert desk().add_working_time(at, hours(1)) == utc(2026, 11, 23, 10, 0)
    assert desk().working_time_between(utc(2026, 11, 21, 3, 0), utc(2026, 11, 23, 9, 30)) == hours(0.5)


def test_a_span_of_nothing_stays_where_it_is() -> None:
    saturday = utc(2026, 11, 21, 3, 0)
    assert desk().add_working_time(saturday, hours(0)) == saturday
    assert desk().subtract_working_time(saturday, hours(0)) == saturday


def test_nothing_lies_between_a_later_and_an_earlier_time() -> None:
    assert desk().working_time_between(utc(2026, 11, 23, 12), utc(2026, 11, 23, 10)) == hours(0)
    assert AlwaysOpen().working_time_between(utc(2026, 11, 23, 12), utc(2026, 11, 23, 10)) == hours(0)


def test_the_lunch_break_does_not_count() -> None:
    split = desk(weekly=every_day((480, 720), (780, 1050)))
    assert split.add_working_time(utc(2026, 11, 23, 11, 0), hours(2)) == utc(2026, 11, 23, 14, 0)
    assert split.subtract_working_time(utc(2026, 11, 23, 14, 0), hours(2)) == utc(2026, 11, 23, 11, 0)


def test_subtracting_answers_the_last_moment_from_which_so_much_is_worked() -> None:
    monday, friday = utc(2026, 11, 23, 9, 0), utc(2026, 11, 20, 16, 0)
    assert desk().subtract_working_time(monday, hours(1)) == friday
    assert desk().subtract_working_time(utc(2026, 11, 23, 17, 0), hours(8)) == monday


def test_spans_are_exact_to_the_microsecond() -> None:
    tick = timedelta(microseconds=1)
    at = utc(2026, 11, 20, 16, 59, 59, 999_999)
    assert desk().add_working_time(at, 2 * tick) == utc(2026, 11, 23, 9, 0) + tick
    assert desk().working_time_between(at, utc(2026, 11, 23, 9, 0) + tick) == 2 * tick


def test_a_night_shift_ends_on_the_next_day() -> None:
    nights = desk(weekly=NIGHTS)
    assert nights.add_working_time(utc(2026, 11, 23, 23, 0), hours(7)) == utc(2026, 11, 24, 6, 0)
    assert nights.add_working_time(utc(2026, 11, 23, 23, 0), hours(8)) == utc(2026, 11, 24, 23, 0)
    assert nights.is_open(utc(2026, 11, 24, 5, 59))
    assert not nights.is_open(utc(2026, 11, 24, 6, 0))


def test_hours_that_touch_or_overlap_are_one_stretch() -> None:
    seamless = desk(weekly=every_day((0, 720), (720, 1440)))
    begin, end = utc(2026, 11, 23), utc(2026, 11, 26)
    assert seamless.intervals_between(begin, end) == [(begin, end)]
    nights_and_mornings = desk(weekly=every_day((1320, 1800), (300, 480)))
    assert nights_and_mornings.working_time_between(begin, begin + timedelta(days=1)) == hours(10)


def test_an_interval_of_zero_length_is_no_working_time() -> None:
    assert desk(weekly=every_day((600, 600), (660, 720))).intervals_between(
        utc(2026, 11, 23), utc(2026, 11, 24)
    ) == [(utc(2026, 11, 23, 11), utc(2026, 11, 23, 12))]


def test_the_29th_of_february_is_a_day_like_others() -> None:
    daily = desk(weekly=every_day((540, 600)))
    assert daily.add_working_time(utc(2028, 2, 28, 9), hours(3)) == utc(2028, 3, 1, 10)
    assert daily.add_working_time(utc(2027, 2, 28, 9), hours(3)) == utc(2027, 3, 2, 10)
    leap = desk(weekly=every_day((540, 600)), special={date(2028, 2, 29): []})
    assert leap.add_working_time(utc(2028, 2, 28, 9), hours(2)) == utc(2028, 3, 1, 10)


# --- special days ---


def test_a_holiday_is_closed_all_day() -> None:
    closed = desk(special={date(2026, 11, 24): []})
    assert closed.add_working_time(utc(2026, 11, 23, 16, 0), hours(2)) == utc(2026, 11, 25, 10, 0)


def test_a_short_day_has_its_own_hours_and_a_holiday_on_a_half_day_none() -> None:
    short = desk(special={date(2026, 12, 24): [(540, 720)], date(2026, 12, 25): []})
    assert short.add_working_time(utc(2026, 12, 24, 11, 0), hours(2)) == utc(2026, 12, 28, 10, 0)
    half_days = [[(540, 720)]] * 7
    assert desk(weekly=half_days, special={date(2026, 11, 24): []}).working_time_between(
        utc(2026, 11, 23), utc(2026, 11, 26)
    ) == hours(6)


def test_the_night_before_a_holiday_runs_on_into_it_and_the_holidays_own_night_is_off() -> None:
    nights = desk(weekly=NIGHTS, special={date(2026, 11, 24): []})
    assert nights.intervals_between(utc(2026, 11, 23, 12), utc(2026, 11, 25, 23)) == [
        (utc(2026, 11, 23, 22), utc(2026, 11, 24, 6)),
        (utc(2026, 11, 25, 22), utc(2026, 11, 25, 23)),
    ]


def test_an_own_day_can_open_a_day_that_is_closed_else() -> None:
    inventory = desk(special={date(2026, 11, 21): [(600, 660)]})
    assert inventory.add_working_time(utc(2026, 11, 20, 16, 30), hours(1)) == utc(2026, 11, 21, 10, 30)


# --- changes of the clock ---


def test_berlin_in_spring_skips_an_hour_of_the_night_shift() -> None:
    berlin = desk("Europe/Berlin", NIGHTS)
    begin, end = on_the_wall("Europe/Berlin", 2026, 3, 28, 22), on_the_wall("Europe/Berlin", 2026, 3, 29, 6)
    assert berlin.working_time_between(begin, end) == hours(7)
    assert berlin.add_working_time(begin, hours(7)) == end
    assert berlin.subtract_working_time(end, hours(7)) == begin


def test_berlin_in_autumn_works_the_hour_that_comes_twice_twice() -> None:
    berlin = desk("Europe/Berlin", NIGHTS)
    begin, end = on_the_wall("Europe/Berlin", 2026, 10, 24, 22), on_the_wall("Europe/Berlin", 2026, 10, 25, 6)
    assert berlin.working_time_between(begin, end) == hours(9)
    assert berlin.add_working_time(begin, hours(9)) == end


def test_new_york_at_both_changes() -> None:
    new_york = desk("America/New_York", every_day((60, 240)))
    spring, autumn = date(2026, 3, 8), date(2026, 11, 1)
    for day, wanted in ((spring, 2), (autumn, 4), (date(2026, 6, 1), 3)):
        begin = on_the_wall("America/New_York", day.year, day.month, day.day)
        assert new_york.working_time_between(begin, begin + timedelta(days=1)) == hours(wanted)
    assert new_york.add_working_time(utc(2026, 3, 8, 5, 0), hours(2)) == utc(2026, 3, 8, 8, 0)


def test_days_away_from_the_night_keep_their_length_on_both_sides_of_a_change() -> None:
    berlin = desk("Europe/Berlin")
    friday = on_the_wall("Europe/Berlin", 2026, 3, 27, 16)
    monday = on_the_wall("Europe/Berlin", 2026, 3, 30, 10)
    assert berlin.add_working_time(friday, hours(2)) == monday
    assert monday.astimezone(UTC).hour == 8


def test_lord_howe_changes_by_half_an_hour() -> None:
    lord_howe = desk("Australia/Lord_Howe", every_day((60, 180)))
    spring, autumn = utc(2026, 10, 3, 13), utc(2026, 4, 4, 13)
    assert lord_howe.working_time_between(spring, spring + timedelta(hours=12)) == hours(1.5)
    assert lord_howe.working_time_between(autumn, autumn + timedelta(hours=12)) == hours(2.5)


def test_kolkata_opens_at_half_past_in_utc() -> None:
    kolkata = desk("Asia/Kolkata")
    assert kolkata.next_opening(utc(2026, 11, 23, 0, 0)) == utc(2026, 11, 23, 3, 30)
    assert kolkata.add_working_time(utc(2026, 11, 23, 0, 0), hours(8)) == utc(2026, 11, 23, 11, 30)


def test_apia_had_no_30_december_2011_and_worked_no_hour_of_it() -> None:
    apia = desk("Pacific/Apia", every_day((540, 1020)))
    thursday = on_the_wall("Pacific/Apia", 2011, 12, 29, 16)
    assert apia.add_working_time(thursday, hours(2)) == on_the_wall("Pacific/Apia", 2011, 12, 31, 10)
    assert apia.working_time_between(utc(2011, 12, 29), utc(2012, 1, 1)) == hours(24)
    nights = desk("Pacific/Apia", NIGHTS)
    assert nights.working_time_between(
        on_the_wall("Pacific/Apia", 2011, 12, 29, 12), on_the_wall("Pacific/Apia", 2011, 12, 31, 12)
    ) == hours(8)


def test_hours_that_begin_in_the_gap_begin_after_it_and_those_within_it_are_none() -> None:
    begin, end = utc(2026, 3, 28, 23), utc(2026, 3, 29, 22)
    opens_in_it = desk("Europe/Berlin", every_day((150, 300)))
    assert opens_in_it.intervals_between(begin, end) == [(utc(2026, 3, 29, 1), utc(2026, 3, 29, 3))]
    closes_in_it = desk("Europe/Berlin", every_day((60, 150)))
    assert closes_in_it.intervals_between(begin, end) == [(utc(2026, 3, 29, 0), utc(2026, 3, 29, 1))]
    within_it = desk("Europe/Berlin", every_day((130, 170)))
    assert within_it.intervals_between(begin, end) == []


def test_hours_that_begin_or_end_in_the_repeated_hour_are_kept_both_times() -> None:
    begin, end = utc(2026, 10, 24, 22), utc(2026, 10, 25, 22)
    opens_in_it = desk("Europe/Berlin", every_day((150, 300)))
    assert opens_in_it.intervals_between(begin, end) == [
        (utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 0)),
        (utc(2026, 10, 25, 1, 30), utc(2026, 10, 25, 4, 0)),
    ]
    closes_in_it = desk("Europe/Berlin", every_day((60, 150)))
    assert closes_in_it.intervals_between(begin, end) == [
        (utc(2026, 10, 24, 23, 0), utc(2026, 10, 25, 0, 30)),
        (utc(2026, 10, 25, 1, 0), utc(2026, 10, 25, 1, 30)),
    ]


def test_times_of_one_zone_are_measured_as_they_passed_and_not_as_the_wall_shows_them() -> None:
    first, second = (on_the_wall("Europe/Berlin", 2026, 10, 25, 2, 30, fold=fold) for fold in (0, 1))
    midnight, noon = (on_the_wall("Europe/Berlin", 2026, 10, 25, hour) for hour in (0, 12))
    around = desk("Europe/Berlin", every_day((0, 1440)))
    for clock in (around, AlwaysOpen()):
        assert clock.working_time_between(first, second) == hours(1)
        assert clock.working_time_between(midnight, noon) == hours(13)
        assert clock.add_working_time(midnight, hours(13)) == noon
        assert clock.subtract_working_time(noon, hours(13)) == midnight


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 23, 9)  # noqa: DTZ001 (the point of it)
    with pytest.raises(ValueError, match="has no time zone"):
        desk().add_working_time(naive, hours(1))


# --- far and near ---


def test_tickets_of_2016_count_after_those_of_today() -> None:
    here = desk("Europe/Berlin")
    assert here.add_working_time(utc(2026, 11, 23, 8), hours(1)) == utc(2026, 11, 23, 9)
    assert here.add_working_time(utc(2016, 2, 29, 15), hours(2)) == utc(2016, 3, 1, 9)
    assert here.working_time_between(utc(2016, 1, 1), utc(2026, 1, 1)) == hours(8 * workdays(2016, 2026))


def test_a_span_of_many_years_is_found() -> None:
    assert desk().add_working_time(utc(2026, 1, 1), hours(8 * workdays(2026, 2066))) == utc(2065, 12, 31, 17)
    assert desk().subtract_working_time(utc(2026, 1, 1), hours(8 * workdays(1990, 2026))) == utc(
        1990, 1, 1, 9
    )


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    at, span = utc(2026, 11, 20, 16, 30), hours(123.25)
    fresh = desk("Europe/Berlin", NIGHTS).add_working_time(at, span)
    travelled = desk("Europe/Berlin", NIGHTS)
    for far in (utc(1950, 1, 1), utc(2150, 1, 1), utc(2026, 11, 20)):
        travelled.is_open(far)
    assert travelled.add_working_time(at, span) == fresh


def test_a_calendar_that_never_opens_is_never_due() -> None:
    never = desk(weekly=[[]] * 7)
    at = utc(2026, 11, 23, 9)
    assert never.add_working_time(at, hours(1)) == FAR
    assert never.next_opening(at) == FAR
    assert never.subtract_working_time(at, hours(1)) == BEGINNING
    assert never.working_time_between(utc(2020, 1, 1), at) == hours(0)
    assert not never.is_open(at)


def test_times_beyond_all_calendars_are_answered() -> None:
    assert desk().add_working_time(FAR, hours(1)) == FAR
    assert desk().working_time_between(utc(2200, 1, 1), FAR) == hours(0)
    assert desk().subtract_working_time(FAR, hours(1)) == utc(2199, 12, 31, 16)
    assert desk().add_working_time(utc(1, 1, 1), hours(1)) == utc(1900, 1, 1, 10)


def test_when_it_opens_next() -> None:
    assert desk().next_opening(utc(2026, 11, 20, 17, 0)) == utc(2026, 11, 23, 9, 0)
    assert desk().next_opening(utc(2026, 11, 23, 9, 0)) == utc(2026, 11, 23, 9, 0)
    assert AlwaysOpen().next_opening(utc(2026, 11, 21)) == utc(2026, 11, 21)


def test_around_the_clock_is_elapsed_time() -> None:
    at = utc(2026, 11, 21, 3)
    assert AlwaysOpen().add_working_time(at, hours(48)) == at + hours(48)
    assert AlwaysOpen().is_open(at)
    assert AlwaysOpen().intervals_between(at, at + hours(1)) == [(at, at + hours(1))]
    assert AlwaysOpen().intervals_between(at, at) == []


def workdays(first: int, last: int) -> int:
    days = (
        date(first, 1, 1) + timedelta(days=day) for day in range((date(last, 1, 1) - date(first, 1, 1)).days)
    )
    return sum(day.weekday() < 5 for day in days)


# --- against the oracle ---

CHANGES = {
    "Europe/Berlin": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "Pacific/Apia": [date(2011, 12, 30), date(2012, 4, 1)],
    "Asia/Kolkata": [date(2026, 5, 1)],
    "America/St_Johns": [date(2010, 11, 7), date(2026, 3, 8)],
    "Africa/Casablanca": [date(2026, 2, 15), date(2026, 3, 22)],
    "Antarctica/Troll": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/Sao_Paulo": [date(2018, 11, 4), date(2018, 2, 18)],
    "UTC": [date(2028, 2, 29)],
}
"""Zones, and days near which something happens to their clocks. Sao Paulo and Apia change at midnight."""

minutes = st.one_of(st.integers(0, 1439), st.sampled_from([0, 60, 90, 120, 150, 180, 1439]))
lengths = st.one_of(st.integers(0, 720), st.sampled_from([0, 1, 30, 60, 1440]))
intervals = st.builds(lambda start, length: (start, start + length), minutes, lengths)
days = st.lists(intervals, max_size=3)
weeks = st.lists(days, min_size=7, max_size=7)


@st.composite
def desks(draw: st.DrawFn) -> tuple[str, Any, Any, datetime]:
    """A zone, weekly hours, special days, and a time near which something may happen."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    near = draw(st.sampled_from(CHANGES[zone]))
    special = draw(
        st.dictionaries(st.integers(-3, 3).map(lambda n: near + timedelta(days=n)), days, max_size=3)
    )
    at = utc(near.year, near.month, near.day) + timedelta(minutes=draw(st.integers(-3000, 3000)))
    return zone, draw(weeks), special, at


def agree(drawn: tuple[str, Any, Any, datetime], span: int, window: int) -> None:
    """The product and the oracle say the same about one desk."""
    zone, weekly, special, at = drawn
    wall, counted = Wall(zone, weekly, special), desk(zone, weekly, special)
    until, since = at + timedelta(days=3), at - timedelta(days=3)
    end = at + timedelta(minutes=window)
    assert counted.is_open(at) == wall.is_open(at)
    assert counted.working_time_between(at, end) == wall.between(at, end)
    same(counted.next_opening(at), wall.next_opening(at, limit=until), before=until)
    same(counted.add_working_time(at, timedelta(minutes=span)), wall.add(at, span, limit=until), before=until)
    begun = counted.subtract_working_time(at, timedelta(minutes=span))
    wanted = wall.subtract(at, span, limit=since)
    assert begun == wanted if wanted is not None else begun < since


def same(found: datetime, wanted: datetime | None, *, before: datetime) -> None:
    assert found == wanted if wanted is not None else found >= before


examples = given(desks(), st.integers(1, 2000), st.integers(0, 3000))


@examples
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_business_time_agrees_with_the_oracle(drawn: Any, span: int, window: int) -> None:
    agree(drawn, span, window)


@pytest.mark.long
@examples
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_business_time_agrees_with_the_oracle_whole(drawn: Any, span: int, window: int) -> None:
    agree(drawn, span, window)


ZONES_OF_NOTE: Iterable[str] = sorted(CHANGES)


@pytest.mark.parametrize("zone", ZONES_OF_NOTE)
def test_adding_and_measuring_agree(zone: str) -> None:
    """What was added is what lies between; one less is earlier. Every hour of the days around each change."""
    here = desk(zone, every_day((150, 300), (1290, 1590)))
    for near in CHANGES[zone]:
        for hour in range(-30, 54):
            at = utc(near.year, near.month, near.day) + hours(hour)
            due = here.add_working_time(at, hours(7.5))
            assert here.working_time_between(at, due) == hours(7.5)
            assert here.working_time_between(here.subtract_working_time(at, hours(7.5)), at) == hours(7.5)
            assert here.add_working_time(at, hours(7.5) - timedelta(microseconds=1)) < due
