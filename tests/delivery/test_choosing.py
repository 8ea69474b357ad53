"""When somebody is told, by their own clock."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.choosing import Preferences
from delivery.vocabulary import ByMail, NoticeKind, kind_called

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = NoticeKind(code="plain", label="", group="")
FIXED = NoticeKind(code="fixed", label="", group="", is_fixed=True)
URGENT = NoticeKind(code="urgent", label="", group="", is_urgent=True)
NIGHT: dict[str, Any] = {"quiet_from": time(22), "quiet_until": time(7)}


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def leaves(at: str, kind: NoticeKind = PLAIN, *, is_urgent: bool = False, **chosen: Any) -> str:
    moment = Preferences(BERLIN, **chosen).leaves_at(kind, berlin(at).astimezone(UTC), is_urgent=is_urgent)
    return moment.astimezone(BERLIN).strftime("%a %d %H:%M")


@pytest.mark.parametrize(
    ("at", "chosen", "expected"),
    [
        ("2026-11-23T12:00", {}, "Mon 23 12:00"),
        ("2026-11-23T12:00", NIGHT, "Mon 23 12:00"),
        ("2026-11-23T23:00", NIGHT, "Tue 24 07:00"),
        ("2026-11-24T03:00", NIGHT, "Tue 24 07:00"),
        ("2026-11-23T07:00", NIGHT, "Mon 23 07:00"),
        ("2026-11-23T12:30", {"quiet_from": time(12), "quiet_until": time(13)}, "Mon 23 13:00"),
        # Friday's night, the weekend and Sunday's night are one.
        ("2026-11-27T23:00", {**NIGHT, "quiet_weekends": True}, "Mon 30 07:00"),
        ("2026-11-28T12:00", {"quiet_weekends": True}, "Mon 30 00:00"),
        ("2026-11-23T12:10", {"choices": {"plain": {"mail": "hourly"}}}, "Mon 23 13:00"),
        ("2026-11-23T07:59", {"choices": {"plain": {"mail": "daily"}}}, "Mon 23 08:00"),
        ("2026-11-23T08:00", {"choices": {"plain": {"mail": "daily"}}}, "Tue 24 08:00"),
        ("2026-11-23T12:00", {"choices": {"plain": {"mail": "daily"}}, "digest_hour": 17}, "Mon 23 17:00"),
        # A digest that falls into quiet hours waits for their end.
        ("2026-11-23T21:30", {**NIGHT, "choices": {"plain": {"mail": "hourly"}}}, "Tue 24 07:00"),
        # The clock is set forward at two on this Sunday: seven o'clock is still seven o'clock.
        ("2027-03-27T23:30", NIGHT, "Sun 28 07:00"),
    ],
)
def test_a_mail_leaves_when_its_reader_wants_it(at: str, chosen: dict[str, Any], expected: str) -> None:
    assert leaves(at, **chosen) == expected


def test_what_is_urgent_breaks_the_night_unless_somebody_wants_even_that_quiet() -> None:
    night = "2026-11-23T23:00"
    assert leaves(night, URGENT, **NIGHT) == "Mon 23 23:00"
    assert leaves(night, PLAIN, is_urgent=True, **NIGHT) == "Mon 23 23:00"
    assert leaves(night, URGENT, urgent_anyway=False, **NIGHT) == "Tue 24 07:00"


def test_what_cannot_be_switched_off_comes_at_once_whatever_was_chosen() -> None:
    chosen: dict[str, Any] = {"choices": {"fixed": {"mail": "off", "inside": False}}, **NIGHT}
    assert leaves("2026-11-23T23:00", FIXED, **chosen) == "Mon 23 23:00"
    assert Preferences(BERLIN, **chosen).choice(FIXED).mail == ByMail.NOW


@pytest.mark.parametrize("kept", [{"mail": "never"}, {"mail": None, "inside": "yes"}, {}])
def test_nonsense_among_the_choices_is_the_default(kept: dict[str, Any]) -> None:
    choice = Preferences(BERLIN, choices={"plain": kept}).choice(PLAIN)
    assert (choice.mail, choice.inside) == (ByMail.NOW, True)


@given(
    st.integers(min_value=0, max_value=2 * 365 * 24 * 60).map(lambda n: NEW_YEAR + timedelta(minutes=n)),
    st.times(),
    st.times(),
    st.booleans(),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "UTC"]),
)
def test_no_choice_holds_a_mail_for_longer_than_a_weekend_and_its_nights(
    at: datetime, begin: time, end: time, weekends: bool, zone: str
) -> None:
    chosen = Preferences(ZoneInfo(zone), quiet_from=begin, quiet_until=end, quiet_weekends=weekends)
    moment = chosen.leaves_at(PLAIN, at)

    assert at <= moment
    assert (moment - at).total_seconds() <= 5 * 24 * 3600
    assert chosen.end_of_quiet(moment) == moment


def test_every_kind_of_a_letter_is_known_and_says_why_it_is_fixed() -> None:
    assert kind_called("receipt").is_fixed
    assert kind_called("receipt").why_fixed
