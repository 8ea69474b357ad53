"""Broken promises: which, who used the time, why, and what was agreed about them."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role
from escalation import operations as escalation
from insights.cuts import Cut, Period, Scope
from insights.models import BreachCause, BreachException, PromiseFact, SaidCause
from insights.operations.causes import (
    NoException,
    NotBroken,
    agree_exception,
    set_cause,
    set_causes,
    withdraw_exception,
)
from insights.queries import breaches, budget
from sla.operations.firing import fire_due
from tests.conftest import MONDAY, person, seat
from tests.insights.cast import Cast, world
from tests.insights.world import follow
from tests.sla.conftest import promise
from tickets import operations
from tickets.operations import restricting
from tickets.operations.retaining import purge
from tickets.refusals import Invalid, NotAllowed

DAY = Period(MONDAY.date(), MONDAY.date())
BREACHES = "/insights/breaches/?period=7"


@world
def late(cast: Cast):
    """Promised within two hours, resolved after five: Mira had it for one, it lay an hour in between, Dario worked."""
    promise(resolution=120)
    at = [MONDAY + timedelta(hours=n) for n in range(6)]
    ticket = operations.take(cast.open_ticket(), by=cast.mira, at=at[0])
    why: dict[str, Any] = {"reason": "needs_access", "summary": "x"}
    escalation.hand_over(ticket, team=cast.network, **why, by=cast.mira, at=at[1])
    ticket = escalation.accept(ticket, by=cast.dario, at=at[2])
    ticket = operations.resolve(ticket, code="fixed", summary="x", by=None, at=at[5])
    follow(at[5])
    return ticket


@pytest.fixture
def nadia(network):
    """Leads L2, where it was resolved."""
    return seat(person("Nadia Berg"), network, Role.LEAD)


def rows(at=MONDAY, **asked):
    return breaches.told(breaches.breaches(Cut(DAY), **asked), at=at)


def test_a_broken_promise_says_how_late_and_who_used_the_time(late):
    (row,) = rows()
    assert (row.token, row.label) == (f"{late.pk}-resolution-0", "resolution")
    assert row.over == timedelta(hours=3)
    assert [(share.label, share.span) for share in row.shares] == [
        ("L2", timedelta(hours=3)),
        ("hand-off to L2", timedelta(hours=1)),
        ("L1", timedelta(hours=1)),
    ]


def test_it_is_listed_in_the_period_in_which_its_time_ran_out_also_while_it_is_open(open_ticket, later):
    promise(resolution=120)
    ticket = open_ticket()
    operations.note(ticket, text="x", by=None, at=later(hours=3))
    follow(later(hours=3))
    assert rows() == []
    fire_due(at=later(hours=3))
    follow(later(hours=3))
    (row,) = rows(at=later(hours=4))
    assert (row.ticket, row.over, row.goes_on) == (ticket, timedelta(hours=2), True)
    assert breaches.breaches(Cut(DAY.before())).count() == 0


def test_the_cause_is_said_and_every_former_word_stays(late, nadia, max_, at, later):
    set_cause(late, metric="resolution", cause="hard", by=nadia, at=at)
    set_cause(
        late, metric="resolution", cause="vendor", words="Two days for a part", by=max_, at=later(hours=1)
    )
    assert [(row.cause, row.words, row.by) for row in BreachCause.objects.all()] == [
        ("vendor", "Two days for a part", max_)
    ]
    set_cause(late, metric="resolution", cause="", by=max_, at=later(hours=2))
    assert not BreachCause.objects.exists()
    assert [row.cause for row in SaidCause.objects.order_by("pk")] == ["hard", "vendor", ""]
    with pytest.raises(IntegrityError), transaction.atomic():
        SaidCause.objects.update(cause="other")
    with pytest.raises(IntegrityError), transaction.atomic():
        SaidCause.objects.all().delete()


def test_what_is_deleted_for_good_takes_its_words_along(late, nadia, max_, ada, at, later):
    set_cause(late, metric="resolution", cause="hard", by=nadia, at=at)
    agree_exception(late, metric="resolution", reason="Storm", by=max_, at=at)
    operations.close(late, by=None, at=later(hours=6))
    assert purge(closed_before=later(hours=7), reason="Old", by=ada, at=later(hours=7))
    for model in (BreachCause, SaidCause, BreachException, PromiseFact):
        assert not model.objects.exists(), model


def test_only_who_has_it_and_the_leads_say_why(late, nadia, dario, mira, lars, ines, at):
    for by in (nadia, dario):
        assert set_cause(late, metric="resolution", cause="hard", by=by, at=at)
    for by in (mira, lars, ines):
        with pytest.raises(NotAllowed):
            set_cause(late, metric="resolution", cause="hard", by=by, at=at)


def test_a_promise_that_holds_has_no_cause(late, nadia, at):
    with pytest.raises(NotBroken) as refusal:
        set_cause(late, metric="first_response", cause="hard", by=nadia, at=at)
    assert refusal.value.field == "metric"
    with pytest.raises(Invalid) as refusal:
        set_cause(late, metric="resolution", cause="weather", by=nadia, at=at)
    assert refusal.value.field == "cause"
    assert "late_taken" in str(refusal.value)


def test_many_get_a_cause_at_once_and_what_is_refused_holds_up_none(late, open_ticket, nadia, at):
    other = open_ticket("Another")
    keys = [(late, "resolution", 0), (other, "resolution", 0)]
    done = set_causes(keys, cause="no_capacity", by=nadia, at=at)
    assert done.done == 1
    assert [number for number, _why in done.refused] == [other.number]


def test_an_exception_is_a_second_column_with_its_approver_and_can_be_withdrawn(late, nadia, max_, at, later):
    with pytest.raises(NotAllowed):
        agree_exception(late, metric="resolution", reason="Agreed by phone", by=nadia, at=at)
    agree_exception(late, metric="resolution", reason="Agreed by phone", by=max_, at=at)
    follow(later(hours=6))
    fact = PromiseFact.objects.get(metric="resolution")
    assert (fact.verdict, fact.is_excepted) == ("breached", True)
    (told,) = breaches.causes(Cut(DAY))
    assert (told.n, told.excepted) == (1, 1)
    withdraw_exception(late, metric="resolution", by=max_, at=later(hours=1))
    row = BreachException.objects.get()
    assert (row.approved_by, row.withdrawn_by, row.withdrawn_at) == (max_, max_, later(hours=1))
    with pytest.raises(NoException):
        withdraw_exception(late, metric="resolution", by=max_, at=at)


def test_the_budget_sums_up_who_used_the_time_of_all_that_came_too_late(late, open_ticket, mira, later):
    other = operations.take(open_ticket("Also late", at=later(minutes=0)), by=mira, at=later(minutes=0))
    operations.resolve(other, code="fixed", summary="x", by=mira, at=later(hours=4))
    follow(later(hours=5))
    found = budget.budget_of(breaches.breaches(Cut(DAY)))
    assert (found.tickets, found.target, found.used) == (2, timedelta(hours=4), timedelta(hours=9))
    assert [(share.key, share.span, share.tickets) for share in found.shares] == [
        ("tier-1", timedelta(hours=5), 2),
        ("tier-2", timedelta(hours=3), 1),
        ("hand_off-2", timedelta(hours=1), 1),
    ]
    assert [(team.team, team.work, team.wait) for team in found.teams] == [
        ("Service desk", timedelta(hours=5), timedelta()),
        ("Network", timedelta(hours=3), timedelta(hours=1)),
    ]
    for share in found.shares:
        assert len(rows(hands=share.key)) == share.tickets
    assert rows(hands="nonsense-9") == []


def test_what_is_still_open_says_who_has_used_its_time_so_far_and_is_in_no_budget(
    late, open_ticket, mira, max_, later, signed_in
):
    other = operations.take(open_ticket("Still open", at=later(hours=3)), by=mira, at=later(hours=4))
    fire_due(at=later(hours=5, minutes=1))
    follow(later(hours=5, minutes=1))
    row = next(row for row in rows(at=later(hours=6)) if row.ticket == other)
    assert (row.goes_on, row.over) == (True, timedelta(hours=1))
    assert [(share.key, share.span) for share in row.shares] == [
        ("tier-1", timedelta(hours=2)),
        ("hand_off-1", timedelta(hours=1)),
    ]
    assert budget.budget_of(breaches.ended(breaches.breaches(Cut(DAY)))).tickets == 1
    assert rows(hands="hand_off-1") == []
    page = signed_in(max_).get("/insights/budget/?period=7")
    assert page.context["still_open"] == 1
    assert "1 more came too late and is still open" in page.content.decode()


def test_a_lead_counts_only_what_their_teams_resolved_and_nothing_restricted(late, lars, nadia, max_, at):
    own = Cut(DAY, Scope(teams=frozenset(nadia.led_team_ids)))
    other = Cut(DAY, Scope(teams=frozenset(lars.led_team_ids)))
    assert (breaches.breaches(own).count(), breaches.breaches(other).count()) == (1, 0)
    restricting.restrict(late, people=[], by=max_, at=at)
    follow(at)
    assert breaches.breaches(own).count() == 0
    every = breaches.breaches(Cut(DAY))
    assert every.count() == 1
    assert breaches.totals(every, max_) == (1, 1 - breaches.openable(every, max_).count())


# --- Pages ---


def test_the_list_offers_a_digit_for_each_cause_and_the_key_saves(signed_in, late, max_):
    client = signed_in(max_)
    page = client.get(BREACHES).content.decode()
    assert late.number in page
    assert 'value="hard" data-row-key="4"' in page
    assert 'value="other" data-row-key="0"' in page
    token = f"{late.pk}-resolution-0"
    cell = client.post(
        f"/insights/breaches/{token}/cause/", {"cause": "hard"}, headers={"HX-Request": "true"}
    )
    assert cell.status_code == 200
    assert "saved" in cell.content.decode()
    assert BreachCause.objects.get().cause == "hard"
    assert "harder than usual" in client.get(f"{BREACHES}&cause=hard").content.decode()
    assert late.number not in client.get(f"{BREACHES}&cause=untold").content.decode()


def test_ticked_ones_get_a_cause_or_an_exception(signed_in, late, max_):
    client = signed_in(max_)
    ticked = {"breach": [f"{late.pk}-resolution-0", "nonsense"], "back": BREACHES}
    answer = client.post("/insights/breaches/bulk/", {**ticked, "act": "cause", "cause": "plan"})
    assert (answer.status_code, answer["Location"]) == (302, BREACHES)
    client.post("/insights/breaches/bulk/", {**ticked, "act": "agree", "reason": "By phone"})
    assert BreachCause.objects.get().cause == "plan"
    assert BreachException.objects.get().reason == "By phone"
    client.post("/insights/breaches/bulk/", {**ticked, "act": "agree", "reason": ""})
    assert BreachException.objects.count() == 1


def test_the_page_of_a_breach_keeps_what_was_typed_and_says_what_is_wrong(signed_in, late, max_):
    client = signed_in(max_)
    url = f"/insights/breaches/{late.pk}-resolution-0/"
    answer = client.post(url, {"act": "cause", "cause": "", "words": "A long story"})
    assert answer.status_code == 422
    assert "A long story" in answer.content.decode()
    assert client.post(url, {"act": "agree", "reason": "Storm"}).status_code == 302
    page = client.get(url).content.decode()
    assert "Storm" in page
    assert client.post(url, {"act": "withdraw"}).status_code == 302
    assert "withdrawn by Max Brandt" in client.get(url).content.decode()


def test_other_teams_breaches_cannot_be_told_from_none(signed_in, late, lars, nadia, mira):
    url = f"/insights/breaches/{late.pk}-resolution-0/"
    assert signed_in(nadia).get(url).status_code == 200
    assert signed_in(lars).get(url).status_code == 404
    assert signed_in(lars).get(f"/insights/breaches/{late.pk}-nonsense-0/").status_code == 404
    assert signed_in(mira).get("/insights/breaches/").status_code == 404
    assert late.number not in signed_in(lars).get(BREACHES).content.decode()


def test_the_ticket_page_asks_why_where_something_was_broken(signed_in, late, max_, mira):
    assert (
        f"/insights/breaches/of/{late.number}/"
        in signed_in(max_).get(f"/desk/tickets/{late.number}/").content.decode()
    )
    part = signed_in(max_).get(f"/insights/breaches/of/{late.number}/").content.decode()
    assert f"/insights/breaches/{late.pk}-resolution-0/cause/" in part


@pytest.mark.parametrize("asked", [{"period": "own", "from": "2027-01-01"}, {"period": "own", "from": "x"}])
def test_a_period_that_cannot_be_used_is_said_at_its_field(signed_in, max_, asked):
    for page in ("breaches", "budget", "hand-offs", "rules", "articles"):
        answer = signed_in(max_).get(f"/insights/{page}/?{urlencode(asked)}")
        assert answer.status_code == 422, page
        assert "Please check this" in answer.content.decode()


def test_the_lists_take_as_many_queries_however_long_they_are(
    signed_in, late, open_ticket, mira, max_, later, django_assert_max_num_queries
):
    client = signed_in(max_)
    client.get(BREACHES)
    with django_assert_max_num_queries(24) as one:
        client.get(BREACHES)
    for number in range(6):
        ticket = operations.take(open_ticket(f"Late {number}"), by=mira, at=later(minutes=5))
        operations.resolve(ticket, code="fixed", summary="x", by=mira, at=later(hours=3))
    follow(later(hours=5))
    with django_assert_max_num_queries(len(one)):
        page = client.get(BREACHES).content.decode()
    assert "Late 5" in page
