"""The results of surveys: their numbers, who reads which, the answers, what is done about low ones, the settings."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organisation, Role, Team, User
from delivery.models import Notice
from helpdesk.telling.lines import lines_of
from insights.cuts import NONE, Cut, Dimension, Period, Scope, Step
from insights.models import Settled, Survey, SurveySettings, WhyNot
from insights.operations import answering
from insights.operations.survey_settings import change_surveys
from insights.queries import surveys as queries
from insights.queries.surveys import Tally
from insights.queries.values import Value
from tests.conftest import MONDAY, person, seat
from tests.insights.answering import carry_out, mails_to, resolve, survey_of
from tickets import operations
from tickets.models import Category, Status, Ticket

MONTH = Period(date(2026, 11, 1), date(2026, 11, 30))
PAGE = "/insights/satisfaction/"
Write = Callable[..., Survey]


@pytest.fixture
def write(ticket: Ticket, ines: User) -> Write:
    """A survey as it is kept, asked about unless it says why not; several of one ticket do no harm here."""
    numbers = iter(range(1, 1000))

    def make(score: int | None = None, **more: Any) -> Survey:
        at = more.pop("at", MONDAY)
        about = more.pop("ticket", ticket)
        is_asked = "why_not" not in more
        told = {
            "ticket": about,
            "person": about.requester,
            "resolution": next(numbers),
            "resolved_at": at,
            "resolved_on": at.date(),
            "kind": about.kind,
            "level": about.tier_id,
            "team": about.team,
            "organisation": about.organisation,
            "asked_at": at if is_asked and more.get("asked_at", at) else None,
            "answered_at": at + timedelta(hours=1) if score else None,
            "score": score,
            "is_low": bool(score and score <= 2),
        }
        return Survey.objects.create(**(told | {name: v for name, v in more.items() if name != "asked_at"}))

    return make


# --- numbers ---


def test_one_reading_tells_the_whole_the_groups_the_days_and_the_scores(
    write: Write, network: Team, vpn: Category, django_assert_num_queries: Any
) -> None:
    for score in (5, 4, 2, None, None):
        write(score)
    write(1, level=2, team=network, category=vpn, at=MONDAY + timedelta(days=1))
    write(3, why_not=WhyNot.RATED)
    write(why_not=WhyNot.RECENT)
    write(5, is_counted=False)
    write(5, at=MONDAY - timedelta(days=60))

    with django_assert_num_queries(1):
        found = queries.results(Cut(MONTH), Dimension.TIER, Step.DAY)
    assert found.whole == Tally(asked=6, answered=4, rated=5, total=15, low=2)
    assert found.groups == {1: Tally(5, 3, 4, 14, 1), 2: Tally(1, 1, 1, 1, 1)}
    assert found.points == {
        date(2026, 11, 23): Tally(5, 3, 4, 14, 1),
        date(2026, 11, 24): Tally(1, 1, 1, 1, 1),
    }
    assert found.scores == {5: 1, 4: 1, 3: 1, 2: 1, 1: 1}
    assert found.whole.response == Value(4 / 6, 4, 6)
    assert found.whole.mean == Value(3.0, 5, 5)
    assert queries.why_not(Cut(MONTH)) == {WhyNot.RATED: 1, WhyNot.RECENT: 1}
    groups = queries.results(Cut(MONTH), Dimension.CATEGORY, Step.MONTH).groups
    assert set(groups) == {NONE, vpn.pk}


def test_each_cut_narrows(write: Write, network: Team, vpn: Category, harbour: Organisation) -> None:
    write(5)
    write(1, level=2, team=network, category=vpn, organisation=harbour, kind="request")
    parent = vpn.parent_id
    assert parent is not None
    for narrowed in (
        {"level": 2},
        {"team": network.pk},
        {"category": parent},
        {"category": vpn.pk},
        {"organisation": harbour.pk},
        {"kind": "request"},
    ):
        found = queries.results(Cut(MONTH).within(**narrowed), Dimension.TIER, Step.DAY)
        assert found.whole == Tally(1, 1, 1, 1, 1), narrowed
    assert queries.results(Cut(MONTH).within(category=NONE), Dimension.TIER, Step.DAY).whole.total == 5
    assert queries.results(Cut(MONTH).within(channel="portal"), Dimension.TIER, Step.DAY).whole.rated == 2
    assert queries.results(Cut(MONTH).within(priority=1), Dimension.TIER, Step.DAY).whole == Tally()


def test_each_number_and_the_answers_behind_it_agree(write: Write, ada: User) -> None:
    for score in (5, 5, 2, 1, None):
        write(score)
    found = queries.results(Cut(MONTH), Dimension.TIER, Step.DAY)
    behind = queries.openable(queries.answers(Cut(MONTH), ""), ada)
    assert behind.count() == found.whole.rated == 4
    assert queries.openable(queries.answers(Cut(MONTH), "low"), ada).count() == found.whole.low == 2
    for score, n in found.scores.items():
        assert queries.answers(Cut(MONTH), str(score)).count() == n


def test_leads_count_their_teams_organisations_their_own_and_neither_what_is_restricted(
    write: Write, network: Team, harbour: Organisation, open_ticket: Any, service_desk: Team, ada: User
) -> None:
    hidden = open_ticket("Salaries")
    operations.restrict(hidden, people=[], teams=[], by=ada, at=MONDAY)
    write(5)
    write(1, team=network, organisation=harbour)
    write(2, ticket=Ticket.objects.get(pk=hidden.pk))

    def total(scope: Scope) -> int:
        return queries.results(Cut(MONTH, scope), Dimension.TIER, Step.DAY).whole.total

    northwind = hidden.organisation_id
    assert northwind is not None
    assert total(Scope()) == 8
    assert total(Scope(teams=frozenset({service_desk.pk}))) == 5
    assert total(Scope(teams=frozenset({network.pk}))) == 1
    assert total(Scope(organisation=northwind)) == 5
    assert total(Scope(organisation=harbour.pk)) == 1


# --- the page ---


def html(client: Client, address: str = PAGE) -> str:
    response = client.get(address)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_small_numbers_are_told_as_they_are(write: Write, max_: User, signed_in: Any) -> None:
    for score in (5, 5, 2, None):
        write(score)
    page = html(signed_in(max_))
    assert "3 of 4 who were asked" in page
    assert re.search(r'class="figure-value">1 of 3<', page)
    assert "75 %" not in page
    assert "4.0" in page


@pytest.mark.parametrize("by", ["tier", "team", "category", "organisation", "kind"])
def test_it_is_broken_down_by_each_dimension_in_few_queries(
    write: Write, max_: User, signed_in: Any, by: str, django_assert_max_num_queries: Any
) -> None:
    for score in (5, 2, None):
        write(score)
    client = signed_in(max_)
    html(client)
    with django_assert_max_num_queries(18):
        page = html(client, f"{PAGE}?by={by}")
    assert f"By {by}" in page


def test_answers_are_shown_with_their_words_the_low_ones_first(
    write: Write, ticket: Ticket, mira: User, max_: User, signed_in: Any, later: Any
) -> None:
    resolve(ticket, mira, later())
    answering.answer(survey_of(ticket), score=1, comment="It is <b>back</b>", at=later(hours=1))
    page = html(signed_in(max_))
    assert "Low scores that wait for somebody" in page
    assert "“It is &lt;b&gt;back&lt;/b&gt;”" in page
    assert "nothing done yet" in page
    assert f"{PAGE}{ticket.number}/" in page
    answering.settle(survey_of(ticket), how="noted", by=max_, at=later(hours=2))
    page = html(signed_in(max_))
    assert "Low scores that wait for somebody" not in page
    assert "noted, nothing to do" in page
    assert "It is &lt;b&gt;" not in html(signed_in(max_), f"{PAGE}?show=open")


def test_names_are_shown_to_managers_where_the_setting_says_so(
    write: Write, max_: User, lars: User, signed_in: Any, at: datetime
) -> None:
    write(4)
    assert "Ines Okafor" not in html(signed_in(max_))
    change_surveys(shows_names=True, by=max_, at=at)
    assert "Ines Okafor" in html(signed_in(max_))
    assert "Ines Okafor" not in html(signed_in(lars))


def test_what_a_reader_may_not_open_is_counted_and_not_shown(
    write: Write, open_ticket: Any, max_: User, ada: User, signed_in: Any
) -> None:
    hidden = open_ticket("Salaries")
    operations.restrict(hidden, people=[], teams=[], by=ada, at=MONDAY)
    write(1, ticket=Ticket.objects.get(pk=hidden.pk))
    page = html(signed_in(max_))
    assert "Salaries" not in page
    assert "And 1 that you may not open" in page
    assert signed_in(max_).get(f"{PAGE}{hidden.number}/").status_code == 404


def test_an_organisations_manager_reads_their_own_in_the_portal(
    write: Write, greta: User, network: Team, harbour: Organisation, signed_in: Any, ticket: Ticket
) -> None:
    write(2)
    write(1, team=network, organisation=harbour)
    page = html(signed_in(greta))
    assert f"/requests/{ticket.number}/" in page
    assert "1 of 1 who were asked" in page
    assert "Low scores that wait for somebody" not in page
    assert signed_in(greta).get(f"{PAGE}{ticket.number}/").status_code == 404
    assert signed_in(greta).get(f"{PAGE}settings/").status_code == 404


def test_nobody_else_can_tell_that_there_is_such_a_page(
    write: Write, mira: User, ines: User, vera: User, signed_in: Any
) -> None:
    assert {signed_in(user).get(PAGE).status_code for user in (mira, ines, vera)} == {404}


@pytest.mark.parametrize(
    "query",
    ["?period=own&from=2026-11-20&to=2026-11-10", "?period=own&from=2030-01-01&to=2030-01-02", "?team=99999"],
)
def test_a_wrong_question_is_told_at_its_field(max_: User, signed_in: Any, query: str) -> None:
    response = signed_in(max_).get(f"{PAGE}{query}")
    assert response.status_code == 422
    assert "error" in response.content.decode()


def test_answers_are_exported_as_they_are_shown(
    write: Write, ticket: Ticket, mira: User, max_: User, greta: User, signed_in: Any, later: Any
) -> None:
    resolve(ticket, mira, later())
    answering.answer(survey_of(ticket), score=1, comment="It came back", at=later(hours=1))
    write(5)

    def exported(user: User, query: str = "") -> str:
        address = f"/insights/export/file/?list=answers&format=csv{query}"
        response = signed_in(user).get(address)
        assert response.status_code == 200
        return b"".join(response.streaming_content).decode()

    assert "list=answers" in html(signed_in(max_))
    assert exported(max_).count(ticket.number) == 2
    (line,) = [line for line in exported(max_, "&show=low").splitlines() if ticket.number in line]
    assert "It came back" in line
    assert "Service desk" in line
    assert "Service desk" not in exported(greta)


def test_pages_of_answers_go_on_by_key(write: Write, max_: User, signed_in: Any) -> None:
    for number in range(30):
        write(5, at=MONDAY - timedelta(minutes=number))
    page = html(signed_in(max_))
    (older,) = set(re.findall(r'href="(\?after=[^"]+)"', page))
    assert page.count('class="tag"') == 25
    assert html(signed_in(max_), f"{PAGE}{older}").count('class="tag"') == 5


# --- one answer, and what is done ---


@pytest.fixture
def low(ticket: Ticket, mira: User, lars: User, later: Any) -> Ticket:
    """Ines gave 1, and Lars was told."""
    resolve(ticket, mira, later())
    answering.answer(survey_of(ticket), score=1, comment="It came back", at=later(hours=1))
    carry_out(later(hours=1))
    return Ticket.objects.get(pk=ticket.pk)


def test_the_leads_notice_leads_to_the_answer(low: Ticket, lars: User) -> None:
    (line,) = lines_of(Notice.objects.filter(person=lars, kind="ticket.rated"), lars)
    assert line.leads_to == f"{PAGE}{low.number}/"


def test_the_lead_opens_it_again_in_one_click_and_the_requester_is_told(
    low: Ticket, lars: User, ines: User, signed_in: Any, later: Any
) -> None:
    page = html(signed_in(lars), f"{PAGE}{low.number}/")
    assert "It came back" in page
    assert "Open it again" in page

    response = signed_in(lars).post(f"{PAGE}{low.number}/reopen/", {"text": ""})
    assert response.status_code == 302
    carry_out(later(hours=2))
    low.refresh_from_db()
    survey = survey_of(low)
    assert (low.status, survey.settled_as, survey.settled_by) == (Status.OPEN, Settled.REOPENED, lars)
    assert "so we look at it again" in mails_to(ines)[-1].text
    again = signed_in(lars).post(f"{PAGE}{low.number}/reopen/", {"text": ""})
    assert again.status_code == 422


def test_the_lead_says_in_one_click_what_was_done(low: Ticket, lars: User, signed_in: Any) -> None:
    response = signed_in(lars).post(f"{PAGE}{low.number}/settle/", {"how": "spoken"})
    assert response.status_code == 302
    assert survey_of(low).settled_as == Settled.SPOKEN
    assert "Spoken with them" in html(signed_in(lars), f"{PAGE}{low.number}/")
    assert signed_in(lars).post(f"{PAGE}{low.number}/settle/", {"how": "x"}).status_code == 422


def test_a_lead_of_another_team_does_not_find_it(low: Ticket, network: Team, signed_in: Any) -> None:
    other = seat(person("Nora Other"), network, Role.LEAD)
    for path in ("", "reopen/", "settle/"):
        client = signed_in(other)
        answer = client.post(f"{PAGE}{low.number}/{path}") if path else client.get(f"{PAGE}{low.number}/")
        assert answer.status_code == 404, path


# --- settings ---


def test_a_manager_changes_how_the_desk_asks_and_sees_who_did_before(max_: User, signed_in: Any) -> None:
    client = signed_in(max_)
    said = {"is_on": "on", "wait_hours": "24", "days_between": "30", "reminder_days": "0", "low_score": "3"}
    assert client.post(f"{PAGE}settings/", said).status_code == 302
    rules = SurveySettings.load()
    assert (rules.wait_hours, rules.days_between, rules.reminder_days, rules.low_score) == (24, 30, 0, 3)
    page = html(client, f"{PAGE}settings/")
    assert "changed how people are asked how it went" in page
    wrong = client.post(f"{PAGE}settings/", said | {"days_between": "0", "low_score": "5"})
    assert wrong.status_code == 422
    assert SurveySettings.load().days_between == 30
