"""The settings pages of calendars, as administrators use them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from sla.calendar_spec import CalendarSpec
from sla.models import Calendar, Recompute
from sla.operations.calendars import create_calendar
from sla.queries.calendars import spec_of
from tests.answers import text_of
from tests.sla.conftest import policy

BERLIN = CalendarSpec("Europe/Berlin", (*[((480, 1080),)] * 5, (), ()), country="DE", subdivision="BE")


@pytest.fixture
def desk(signed_in: Callable[[User], Client], ada: User) -> Client:
    return signed_in(ada)


@pytest.fixture
def berlin(ada: User, at: Any) -> Calendar:
    return create_calendar(name="Berlin", spec=BERLIN, by=ada, at=at)


def typed(**changes: str) -> dict[str, str]:
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "08:00-18:00")
    return {
        "name": "Berlin",
        "zone": "Europe/Berlin",
        **week,
        "country": "DE",
        "subdivision": "BE",
        "own_days": "",
    } | changes


def says(calendar: Calendar) -> CalendarSpec:
    calendar.refresh_from_db()
    assert calendar.current is not None
    return spec_of(calendar.current)


def test_the_list_shows_the_week_and_who_promises_in_it(desk: Client, berlin: Calendar) -> None:
    policy(resolution=240, calendar=berlin)
    text = text_of(desk.get("/settings/calendars/"))
    assert "Mon–Fri 08:00-18:00" in text
    assert "Standard" in text
    assert "around the clock" in text


def test_a_calendar_is_added_by_typing_its_hours(desk: Client) -> None:
    answer = desk.post("/settings/calendars/new/", typed(own_days="2026-12-24 09:00-12:00 Christmas Eve"))
    made = Calendar.objects.get(name="Berlin")
    assert answer.headers["Location"] == f"/settings/calendars/{made.pk}/days/"
    assert says(made).weekly == BERLIN.weekly
    assert [day.name for day in says(made).own_days] == ["Christmas Eve"]
    assert "Christmas Eve" in text_of(desk.get(f"/settings/calendars/{made.pk}/days/"))


def test_the_form_shows_what_is_in_force_and_saving_it_unchanged_changes_nothing(
    desk: Client, berlin: Calendar
) -> None:
    address = f"/settings/calendars/{berlin.pk}/"
    form = desk.get(address).context["form"]
    values = {bound.name: bound.value() for bound in form if bound.value() not in (None, False)}
    assert values["monday"] == "08:00-18:00"
    answer = desk.post(address, values, follow=True)
    assert "The hours are as they were." in text_of(answer)
    assert berlin.versions.count() == 1


def test_a_look_says_what_a_save_would_change_and_saves_nothing(desk: Client, berlin: Calendar) -> None:
    policy(resolution=240, calendar=berlin)
    change = typed(monday="22:00-06:00", tuesday="", seen="1")
    text = text_of(desk.post(f"/settings/calendars/{berlin.pk}/", change | {"look": "1"}))
    assert "What saving changes" in text
    assert "22:00-06:00" in text
    assert "Open in the next 60 days: 420h until now, then" in text
    assert "0 open clocks count in this calendar" in text
    assert says(berlin) == BERLIN


def test_a_save_publishes_and_says_that_clocks_are_judged_anew(desk: Client, berlin: Calendar) -> None:
    policy(resolution=240, calendar=berlin)
    answer = desk.post(
        f"/settings/calendars/{berlin.pk}/",
        typed(name="Berlin nights", monday="22:00-06:00", seen="1"),
        follow=True,
    )
    assert "Version 2 holds" in text_of(answer)
    assert says(berlin).weekly[0] == ((1320, 1800),)
    assert berlin.name == "Berlin nights"
    assert Recompute.objects.get().reason == "calendar Berlin nights, version 2"
    history = text_of(desk.get(f"/settings/calendars/{berlin.pk}/versions/"))
    assert "Ada Root" in history
    assert "22:00-06:00" in history


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "This field is required"),
        ("zone", "Europe/Atlantis", "Select a valid choice"),
        ("country", "XX", "Select a valid choice"),
        ("subdivision", "ZZ", "Select a valid choice"),
        ("monday", "nine to five", "Write 08:00-12:00"),
        ("monday", "08:00-12:00, 11:00-13:00", "overlaps"),
        ("friday", "12:00-12:00", "has no length"),
        ("own_days", "24.12.2026 Christmas Eve", "does not begin with a date"),
    ],
)
def test_what_cannot_be_used_comes_back_at_its_field_with_what_was_typed(
    desk: Client, berlin: Calendar, field: str, value: str, words: str
) -> None:
    answer = desk.post(
        f"/settings/calendars/{berlin.pk}/", typed(subdivision="") | {field: value, "saturday": "10:00-11:00"}
    )
    assert answer.status_code == 422
    form = answer.context["form"]
    assert list(form.errors) == [field]
    assert words in form.errors[field][0]
    assert form["saturday"].value() == "10:00-11:00"
    assert says(berlin) == BERLIN


def test_a_calendar_without_hours_is_refused_unless_it_is_always_open(desk: Client) -> None:
    empty = typed(monday="", tuesday="", wednesday="", thursday="", friday="")
    answer = desk.post("/settings/calendars/new/", empty)
    assert "It would never be open." in answer.context["form"].errors["monday"][0]
    assert desk.post("/settings/calendars/new/", empty | {"is_always_open": "on"}).status_code == 302


def test_who_edits_an_old_version_is_told(desk: Client, berlin: Calendar) -> None:
    desk.post(f"/settings/calendars/{berlin.pk}/", typed(monday="09:00-10:00", seen="1"))
    answer = desk.post(f"/settings/calendars/{berlin.pk}/", typed(tuesday="09:00-10:00", seen="1"))
    assert answer.status_code == 422
    assert "version 2 is in force" in answer.context["form"].non_field_errors()[0]


def test_the_parts_of_a_country_come_when_it_is_chosen(desk: Client) -> None:
    german = desk.get("/settings/calendars/parts/", {"country": "DE"}).content.decode()
    assert '<option value="BY">Bayern (BY)</option>' in german
    nowhere = desk.get("/settings/calendars/parts/", {"country": "<script>"}).content.decode()
    assert nowhere.count("<option") == 1


def test_deleting_is_refused_with_what_uses_it(desk: Client, berlin: Calendar) -> None:
    policy(resolution=240, calendar=berlin)
    answer = desk.post(f"/settings/calendars/{berlin.pk}/delete/", follow=True)
    assert "used by the policy Standard" in text_of(answer)
    policy(resolution=240)
    desk.post(f"/settings/calendars/{berlin.pk}/delete/")
    assert not Calendar.objects.filter(pk=berlin.pk).exists()


def test_names_are_shown_as_words_and_not_as_markup(desk: Client) -> None:
    nasty = "<script>alert(1)</script>"
    desk.post("/settings/calendars/new/", typed(name=nasty, own_days=f"2026-12-01 {nasty}"))
    made = Calendar.objects.get(name=nasty)
    for page in ("", f"{made.pk}/", f"{made.pk}/days/", f"{made.pk}/versions/"):
        assert nasty not in desk.get(f"/settings/calendars/{page}").content.decode()


def test_lists_cost_the_same_however_many_calendars_there_are(
    desk: Client, berlin: Calendar, ada: User, at: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        create_calendar(name=f"Branch {number}", spec=BERLIN, by=ada, at=at)
    with django_assert_max_num_queries(6):
        desk.get("/settings/calendars/")
    with django_assert_max_num_queries(6):
        desk.get(f"/settings/calendars/{berlin.pk}/versions/")
