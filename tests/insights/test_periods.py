"""Periods and cuts as they are asked for: what is wrong is named by its field, with what to do instead."""

from datetime import UTC, date, datetime, timedelta

import pytest

from insights.cuts import NONE, Cut, Period, Scope
from insights.periods import NAMED, between, named, said_of
from insights.queries.asked import cut_asked, dimension_asked
from insights.queries.figures import arrivals, backlog, figures
from insights.queries.narrowing import moments
from tests.insights.world import follow
from tickets.refusals import Invalid

TODAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("7", "2026-03-25", "2026-03-31"),
        ("30", "2026-03-02", "2026-03-31"),
        ("90", "2026-01-01", "2026-03-31"),
        ("365", "2025-04-01", "2026-03-31"),
        ("month", "2026-03-01", "2026-03-31"),
        ("last-month", "2026-02-01", "2026-02-28"),
        ("year", "2026-01-01", "2026-03-31"),
        ("last-year", "2025-01-01", "2025-12-31"),
        ("12-months", "2025-03-01", "2026-02-28"),
    ],
)
def test_what_a_period_is_called(name, first, last):
    period = named(name, today=TODAY)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)


def test_every_name_holds_on_every_day_of_four_years():
    for number in range(4 * 366):
        today = date(2024, 1, 1) + timedelta(days=number)
        for name in NAMED:
            period = named(name, today=today)
            assert period.first <= period.last <= today


@pytest.mark.parametrize(
    ("first", "last", "field", "words"),
    [
        ("", "2026-03-31", "from", "Give this day"),
        ("2026-03-31", "", "to", "Give this day"),
        ("2026-02-30", "2026-03-31", "from", "“2026-02-30” is no day"),
        ("2026-03-01", "tomorrow", "to", "“tomorrow” is no day"),
        ("20260301", "2026-03-31", "from", "is no day"),
        ("2026-03-31", "2026-03-30", "to", "The last day is before the first"),
        ("2006-03-31", "2026-03-31", "from", "That is 20 years. A period has 10 years at most"),
    ],
)
def test_bad_days_are_refused_at_their_field(first, last, field, words):
    with pytest.raises(Invalid) as refused:
        between(first, last)
    assert refused.value.field == field
    assert words in str(refused.value)


def test_one_day_and_ten_years_are_periods():
    assert between("2026-03-31", "2026-03-31").days == 1
    assert between("2016-03-31", "2026-03-31").days == 3653


def test_an_unknown_name_is_answered_with_those_that_there_are():
    with pytest.raises(
        Invalid, match=r"There is no period “fortnight”\. Choose one of: 7, 30, 90"
    ) as refused:
        named("fortnight", today=TODAY)
    assert refused.value.field == "period"


def test_a_period_to_come_is_empty_and_says_so(db):
    period = Period(TODAY + timedelta(days=1), TODAY + timedelta(days=9))
    assert "nothing can be counted yet" in said_of(period, today=TODAY)
    assert "not over" in said_of(Period(TODAY, TODAY + timedelta(days=1)), today=TODAY)
    assert said_of(Period(TODAY, TODAY), today=TODAY) == ""
    found = figures(Cut(period))
    assert {value.n for value in found.values()} == {0}
    assert found["first_contact"].value is None


@pytest.fixture
def in_berlin(settings):
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_a_day_is_a_day_also_where_the_clock_changes(in_berlin, day, hours):
    since, until = moments(between(day, day))
    assert (until.astimezone(UTC) - since.astimezone(UTC)) == timedelta(hours=hours)


def test_tickets_of_both_hours_that_are_called_two_o_clock_count_on_that_day(in_berlin, open_ticket):
    """The clock goes back from three to two on 25 October 2026, at 01:00 UTC."""
    for moment in (
        "2026-10-24 21:59",
        "2026-10-24 22:00",
        "2026-10-25 00:30",
        "2026-10-25 01:30",
        "2026-10-25 22:59",
    ):
        open_ticket(at=datetime.fromisoformat(f"{moment}+00:00"))
    open_ticket(at=datetime(2026, 10, 25, 23, 0, tzinfo=UTC))
    follow(datetime(2026, 10, 26, 9, 0, tzinfo=UTC))
    cut = Cut(between("2026-10-25", "2026-10-25"))
    assert figures(cut)["opened"].n == 4
    sunday = arrivals(cut)[6]
    assert {hour: n for hour, n in enumerate(sunday) if n} == {0: 1, 2: 2, 23: 1}
    assert backlog(Cut(between("2026-10-24", "2026-10-26"))) == [
        (date(2026, 10, 24), 1),
        (date(2026, 10, 25), 5),
        (date(2026, 10, 26), 6),
    ]


# --- cuts ---


def asked(scope=Scope(), **words):  # noqa: B008  (frozen)
    return cut_asked(words, scope=scope, today=TODAY)


def test_a_cut_is_asked_for_in_the_words_of_an_address(network, northwind, vpn):
    cut = asked(
        period="last-month",
        kind="incident",
        priority="2",
        tier="0",
        team=str(network.pk),
        organisation=str(northwind.pk),
        category=str(vpn.pk),
        alone="1",
        channel="mail",
        policy="none",
    )
    assert cut == Cut(
        Period(date(2026, 2, 1), date(2026, 2, 28)),
        kind="incident",
        priority=2,
        level=0,
        team=network.pk,
        organisation=northwind.pk,
        category=vpn.pk,
        category_alone=True,
        channel="mail",
        policy=NONE,
    )
    assert asked() == Cut(Period(date(2026, 3, 2), TODAY))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("kind", "complaint"),
        ("priority", "5"),
        ("tier", "7"),
        ("tier", "none"),
        ("team", "999999"),
        ("team", "-4"),
        ("organisation", "Northwind"),
        ("category", "99999999999999999999"),
        ("channel", "fax"),
        ("policy", "0"),
    ],
)
def test_what_is_not_there_is_refused_at_its_field(db, name, text):
    with pytest.raises(Invalid) as refused:
        asked(**{name: text})
    assert refused.value.field == name


def test_a_team_that_was_deleted_is_said_to_be_gone_and_one_that_was_retired_is_still_told(network):
    key = str(network.pk)
    network.is_active = False
    network.save()
    assert asked(team=key).team == int(key)
    network.delete()
    with pytest.raises(
        Invalid, match=f"There is no team {key}, or not any more. Choose another one, or leave it out."
    ):
        asked(team=key)


def test_a_lead_who_asks_for_another_team_hears_what_is_said_of_one_that_does_not_exist(
    network, service_desk
):
    scope = Scope(teams=frozenset({service_desk.pk}))
    assert asked(scope, team=str(service_desk.pk)).team == service_desk.pk
    with pytest.raises(Invalid, match=f"There is no team {network.pk}, or not any more"):
        asked(scope, team=str(network.pk))


@pytest.mark.parametrize("name", ["tier", "team", "organisation", "channel", "policy"])
def test_an_organisation_s_manager_does_not_ask_how_the_desk_is_built(northwind, name):
    with pytest.raises(Invalid) as refused:
        asked(Scope(organisation=northwind.pk), **{name: "1"})
    assert refused.value.field == name
    with pytest.raises(Invalid, match="Choose one of: kind, priority, category"):
        dimension_asked(name, scope=Scope(organisation=northwind.pk))
