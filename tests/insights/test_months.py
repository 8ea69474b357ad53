"""Published months: frozen, with the tickets behind; what changes later stands beside them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from insights.models import Correction, PublishedMonth
from insights.operations.causes import agree_exception
from insights.operations.publishing import AlreadyPublished, compare, compare_due, last_told, publish_month
from sla.spec import Goal
from tests.conftest import MONDAY
from tests.insights.cast import Cast, world
from tests.insights.world import follow
from tests.sla.conftest import promise
from tickets import operations
from tickets.operations.retaining import purge
from tickets.refusals import Invalid, NotAllowed

OCTOBER = date(2026, 10, 1)
BEGIN = datetime(2026, 10, 5, 9, tzinfo=UTC)
"""A Monday of the month that is published; the tests live in November."""


@world
def october(cast: Cast):
    """Of Ines an incident in time and one too late, and a request; of Otto an incident in time."""
    promise(resolution=120, goals={4: Goal(90.0, "5 % of the fee")})
    found = {}
    lives = [
        ("kept", 1, {}),
        ("late", 4, {}),
        ("request", 1, {"kind": "request"}),
        ("otto", 1, {"requester": cast.otto}),
    ]
    for number, (name, hours, fields) in enumerate(lives):
        at = BEGIN + timedelta(days=number)
        ticket = operations.take(cast.open_ticket(name, at=at, **fields), by=cast.mira, at=at)
        end = at + timedelta(hours=hours)
        found[name] = operations.resolve(ticket, code="fixed", summary="x", by=cast.mira, at=end)
    follow(MONDAY)
    return found


@pytest.fixture
def published(october, max_):
    return publish_month(month=OCTOBER, by=max_, at=MONDAY)


def test_a_month_is_frozen_with_the_tickets_behind_each_figure(published, october):
    assert published.figures["incident.resolved"] == {"value": 3, "n": 3, "of": 3}
    assert published.figures["request.resolved"]["n"] == 1
    assert published.figures["incident.promise.resolution"] == {"kept": 2, "broken": 1, "excepted": 0}
    assert published.tickets["incident.promise.resolution.not"] == [october["late"].pk]
    assert published.tickets["request.resolved"] == [october["request"].pk]


def test_the_goals_of_policies_are_told_with_their_verdict_and_penalty(published, october):
    (goal,) = [told for key, told in published.figures.items() if key.startswith("goal.")]
    assert goal == {
        "policy": "Standard",
        "priority": 4,
        "percent": 90.0,
        "penalty": "5 % of the fee",
        "kept": 3,
        "broken": 1,
        "excepted": 0,
        "is_missed": True,
        "is_missed_with_exceptions": True,
    }


def test_an_organisations_month_counts_its_own_tickets_alone(october, max_, northwind):
    own = publish_month(month=OCTOBER, organisation=northwind, by=max_, at=MONDAY)
    assert own.figures["incident.resolved"]["n"] == 2
    assert "incident.first_tier" not in own.figures
    (goal,) = [told for key, told in own.figures.items() if key.startswith("goal.")]
    assert (goal["kept"], goal["broken"]) == (2, 1)


def test_only_managers_publish_only_what_is_over_and_only_once(october, lars, max_):
    with pytest.raises(NotAllowed):
        publish_month(month=OCTOBER, by=lars, at=MONDAY)
    for month in (MONDAY.date(), date(2027, 3, 1)):
        with pytest.raises(Invalid) as refusal:
            publish_month(month=month, by=max_, at=MONDAY)
        assert refusal.value.field == "month"
    publish_month(month=OCTOBER, by=max_, at=MONDAY)
    with pytest.raises(AlreadyPublished):
        publish_month(month=OCTOBER.replace(day=17), by=max_, at=MONDAY)


def test_without_facts_nothing_is_published(max_, db):
    with pytest.raises(Invalid) as refusal:
        publish_month(month=OCTOBER, by=max_, at=MONDAY)
    assert refusal.value.field == "month"


def test_what_changes_later_is_a_correction_and_never_the_figure(published, october, ines, mira, later):
    assert compare(published, at=MONDAY).new == []
    frozen = dict(published.figures)
    operations.reply(october["kept"], text="It is back.", by=ines, at=later(hours=1))
    follow(later(hours=1))
    compare(published, at=later(hours=2))
    published.refresh_from_db()
    assert published.figures == frozen
    row = Correction.objects.get(figure="incident.resolved")
    assert (row.was["n"], row.now["n"], row.tickets) == (3, 2, [october["kept"].pk])
    assert row.at == later(hours=2)
    assert compare(published, at=later(hours=3)).new == []
    assert last_told(published)["incident.resolved"]["n"] == 2
    operations.resolve(october["kept"], code="fixed", summary="x", by=mira, at=later(hours=4))
    follow(later(hours=4))
    compare(published, at=later(hours=5))
    assert Correction.objects.filter(figure="incident.resolved").count() == 1  # it counts in November now


def test_an_exception_is_a_second_column_of_the_goal_and_the_verdict_stays(published, october, max_, later):
    agree_exception(october["late"], metric="resolution", reason="Storm", by=max_, at=later(hours=1))
    follow(later(hours=1))
    compare(published, at=later(hours=1))
    (key,) = [key for key in published.figures if key.startswith("goal.")]
    now = last_told(published)[key]
    assert (now["is_missed"], now["is_missed_with_exceptions"], now["excepted"]) == (True, False, 1)
    assert published.figures[key]["excepted"] == 0


def test_a_goal_is_judged_as_it_was_in_force_when_the_month_was_published(published, october, later):
    promise(resolution=600, goals={4: Goal(10.0)})
    assert compare(published, at=later(hours=1)).new == []


def test_each_night_the_months_are_held_against_the_facts(published, later):
    assert compare_due(at=later(hours=1)) == 0
    assert compare_due(at=later(hours=21)) == 1
    assert compare_due(at=later(hours=22)) == 0


def test_a_month_of_which_tickets_were_deleted_for_good_is_compared_no_more(published, october, ada, later):
    for ticket in october.values():
        operations.close(ticket, by=None, at=later(hours=1))
    purge(closed_before=later(hours=2), reason="Old", by=ada, at=later(hours=2), limit=2)
    follow(later(hours=2))
    found = compare(published, at=later(hours=3))
    assert (found.is_purged, found.new) == (True, [])


# --- Pages ---


def test_a_manager_publishes_and_sees_what_was_corrected(signed_in, october, max_, ines, later, northwind):
    client = signed_in(max_)
    page = client.get("/insights/months/").content.decode()
    assert '<option value="2026-10-01"' in page
    answer = client.post("/insights/months/", {"month": "2026-10-01", "organisation": ""})
    row = PublishedMonth.objects.get()
    assert answer["Location"] == f"/insights/months/{row.pk}/"
    page = client.get(f"/insights/months/{row.pk}/").content.decode()
    assert "October 2026" in page
    assert "5 % of the fee" in page
    assert "Nothing has changed" in page
    operations.reply(october["kept"], text="It is back.", by=ines, at=later(hours=1))
    follow(later(hours=1))
    page = client.get(f"/insights/months/{row.pk}/").content.decode()
    assert october["kept"].number in page
    behind = client.get(f"/insights/months/{row.pk}/tickets/?figure=incident.resolved").content.decode()
    assert october["kept"].number in behind
    answer = client.post("/insights/months/", {"month": "2026-10-01", "organisation": ""})
    assert answer.status_code == 422
    assert "published already" in answer.content.decode()


def test_who_sees_an_organisation_reads_the_months_published_for_it_and_no_other(
    signed_in, october, max_, greta, otto, lars, northwind, harbour
):
    own = publish_month(month=OCTOBER, organisation=northwind, by=max_, at=MONDAY)
    other = publish_month(month=OCTOBER, organisation=harbour, by=max_, at=MONDAY)
    whole = publish_month(month=OCTOBER, by=max_, at=MONDAY)
    client = signed_in(greta)
    page = client.get("/insights/months/").content.decode()
    assert f"/insights/months/{own.pk}/" in page
    assert f"/insights/months/{other.pk}/" not in page
    assert "Publish a month" not in page
    assert client.get(f"/insights/months/{own.pk}/").status_code == 200
    assert client.get(f"/insights/months/{own.pk}/tickets/?figure=incident.resolved").status_code == 200
    for row in (other, whole):
        assert client.get(f"/insights/months/{row.pk}/").status_code == 404
    assert client.post("/insights/months/", {"month": "2026-09-01"}).status_code == 404
    assert signed_in(otto).get(f"/insights/months/{other.pk}/").status_code == 404
    assert signed_in(lars).get("/insights/months/").status_code == 404
