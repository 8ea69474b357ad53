"""Candidates for problems: what arrives far above its own past is raised once, and settled."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from accounts.models import Organisation, Team, User
from delivery.models import Delivery, Mail, Notice
from helpdesk.candidate_notices import tell_of_candidate
from insights.cuts import Scope
from insights.models import Candidate
from insights.operations import candidates as operations
from insights.operations.watching import KIND, watch
from insights.queries.arrivals import Arrivals, back
from insights.queries.candidates import candidates_for
from tests.conftest import MONDAY, person, seat
from tests.insights.cast import Cast, world
from tickets import operations as tickets
from tickets.models import Category, Kind, LinkType, Ticket
from tickets.refusals import Invalid, NotAllowed

Later = Callable[..., datetime]
Arrive = Callable[..., list[Ticket]]
BERLIN = ZoneInfo("Europe/Berlin")
EVERYTHING = Scope()
NOW = MONDAY + timedelta(hours=1)


def arriving(cast: Cast) -> Arrive:
    """So many tickets of one category, spread over the hour before a moment."""

    def file(n: int, at: datetime = NOW, **fields: Any) -> list[Ticket]:
        fields = {"requester": cast.ines, "by": None, "category": cast.vpn, "location": "Leeds"} | fields
        return [
            tickets.open_ticket(
                subject=f"VPN is down ({number})",
                description="x",
                at=at - timedelta(minutes=50 * number / n),
                **fields,
            )
            for number in range(n)
        ]

    return file


@pytest.fixture
def arrive(cast: Cast) -> Arrive:
    return arriving(cast)


def make_past(cast: Cast) -> None:
    """Three weeks in which a VPN ticket came each Monday at this hour, among a few others."""
    arrive = arriving(cast)
    others = Category.objects.create(name="Mail", full_name="Mail", ancestry=[])
    Category.objects.filter(pk=others.pk).update(ancestry=[others.pk])
    arrive(1, NOW - timedelta(days=23), category=None, location="York")
    for week in range(1, 4):
        arrive(1, NOW - timedelta(weeks=week))
        arrive(1, NOW - timedelta(weeks=week), category=others, location="York")


@world
def past(cast: Cast) -> None:
    make_past(cast)


@world
def spike(cast: Cast) -> Candidate:
    """After that, ten at once."""
    make_past(cast)
    arriving(cast)(10)
    (candidate,) = watch(at=NOW)
    return candidate


# --- raised ---


def test_what_arrives_far_above_its_own_past_is_raised_with_its_tickets(
    past: None, arrive: Arrive, vpn: Category
) -> None:
    filed = arrive(10)
    (candidate,) = watch(at=NOW)
    assert (candidate.state, candidate.seen, candidate.hours, candidate.weeks) == ("open", 10, 1, 3)
    assert 0.5 < candidate.expected < 2
    assert (candidate.raised_at, candidate.since) == (NOW, min(ticket.created_at for ticket in filed))
    assert {row.ticket_id for row in candidate.rows.all()} == {ticket.pk for ticket in filed}


def test_one_cause_is_raised_once_though_it_shows_by_category_place_and_organisation(
    spike: Candidate,
) -> None:
    assert Candidate.objects.count() == 1


def test_looking_again_raises_nothing_new_and_keeps_it_up(spike: Candidate, arrive: Arrive) -> None:
    at = NOW + timedelta(minutes=5)
    more = arrive(3, at)
    assert watch(at=at) == []
    spike.refresh_from_db()
    assert (spike.last_at, spike.rows.filter(ticket__in=more).count()) == (at, 3)
    assert spike.seen > 10


def test_what_is_usual_raises_nothing(past: None, arrive: Arrive) -> None:
    arrive(2)
    assert watch(at=NOW) == []


def test_without_two_weeks_of_past_nothing_is_judged(arrive: Arrive) -> None:
    arrive(1, NOW - timedelta(days=9))
    arrive(12)
    assert watch(at=NOW) == []


def test_an_empty_desk_is_quiet(db: None) -> None:
    assert watch(at=NOW) == []


@pytest.mark.parametrize("what", ["import", "noise", "restricted", "problem"])
def test_what_nobody_asked_for_is_no_arrival(what: str, past: None, arrive: Arrive, ada: User) -> None:
    odd: dict[str, dict[str, Any]] = {"import": {"channel": "import"}, "problem": {"kind": "problem"}}
    for ticket in arrive(10, **odd.get(what, {})):
        if what == "noise":
            tickets.not_a_request(ticket, reason="noise", by=ada, at=NOW)
        if what == "restricted":
            tickets.restrict(ticket, people=[], by=ada, at=NOW)
    assert watch(at=NOW) == []


def test_what_was_merged_did_arrive(past: None, arrive: Arrive, ada: User) -> None:
    first, *others = arrive(10)
    for ticket in others:
        tickets.merge(ticket, into=first, by=ada, at=NOW)
    assert [candidate.seen for candidate in watch(at=NOW)] == [10]


@pytest.mark.parametrize(
    ("by", "fields", "label"),
    [
        ("category", {"location": ""}, "Network › VPN"),
        ("location", {"category": None, "location": "Leeds, Floor 2"}, "Leeds, Floor 2"),
        ("device", {"category": None, "location": "", "device": "SW-17"}, "SW-17"),
    ],
)
def test_it_is_raised_for_what_it_has_in_common(
    by: str, fields: dict[str, Any], label: str, past: None, arrive: Arrive, harbour: Organisation
) -> None:
    arrive(5, requester=person("Nils Away"), **fields)
    arrive(5, requester=person("Olga Away", harbour), **fields)
    (candidate,) = watch(at=NOW)
    # Network and Network › VPN have the same tickets: either says it.
    assert (candidate.by, candidate.label.startswith(label[:5])) == (by, True)


def test_former_weeks_are_gone_back_to_on_the_clock_of_the_desk() -> None:
    after_the_change = datetime(
        2026, 10, 26, 8, 0, tzinfo=UTC
    )  # nine in Berlin; the clocks went back on Sunday
    assert back(after_the_change, 1, BERLIN).astimezone(UTC) == datetime(2026, 10, 19, 7, 0, tzinfo=UTC)


def test_a_look_asks_a_few_queries_however_much_has_arrived(
    past: None, arrive: Arrive, django_assert_num_queries: Any
) -> None:
    arrive(10)
    with django_assert_num_queries(4):
        Arrivals(NOW, ZoneInfo("UTC"))


def test_a_candidate_that_nobody_touched_passes(spike: Candidate) -> None:
    watch(at=NOW + timedelta(days=8))
    spike.refresh_from_db()
    assert spike.state == "passed"


# --- told ---


@pytest.fixture
def delivered(spike: Candidate) -> Delivery:
    delivery = Delivery.objects.get(kind=KIND)
    tell_of_candidate(delivery.payload, delivery, NOW)
    return delivery


@pytest.fixture
def crew(lars: User, max_: User, mira: User, network: Team) -> User:
    """Lars leads L1, which has the tickets; Nora leads Network, which has none; Max is a manager."""
    return seat(person("Nora Lind"), network, "lead")


def test_managers_and_the_leads_of_its_teams_are_told_once(
    crew: User, lars: User, max_: User, delivered: Delivery
) -> None:
    tell_of_candidate(delivered.payload, delivered, NOW)
    assert sorted(Notice.objects.values_list("person__name", flat=True)) == ["Lars Holm", "Max Brandt"]
    assert sorted(Mail.objects.values_list("to", flat=True)) == [lars.email, max_.email]


def test_a_lead_is_told_of_the_own_tickets_and_not_how_many_are_usual(
    crew: User, lars: User, max_: User, delivered: Delivery
) -> None:
    text = {mail.to: mail.text for mail in Mail.objects.all()}
    assert "10 tickets since" in text[lars.email]
    assert "Usual in such an hour are" in text[max_.email]
    assert "Usual" not in text[lars.email]


def test_the_notice_leads_to_its_page(
    crew: User, max_: User, delivered: Delivery, spike: Candidate, signed_in: Callable[[User], Client]
) -> None:
    page = signed_in(max_)
    assert spike.label in page.get("/desk/notices/").content.decode()
    notice = Notice.objects.get(person=max_)
    assert page.get(f"/notices/{notice.pk}/").headers["Location"] == f"/insights/candidates/{spike.pk}/"


def test_what_was_settled_meanwhile_is_told_to_nobody(max_: User, spike: Candidate) -> None:
    operations.dismiss(spike, reason="A drill", days=1, by=max_, at=NOW)
    delivery = Delivery.objects.get(kind=KIND)
    tell_of_candidate(delivery.payload, delivery, NOW)
    assert Notice.objects.count() == 0


# --- settled ---


def test_a_problem_is_opened_with_its_tickets_as_caused_by_it(
    spike: Candidate, platform: Team, vpn: Category, max_: User
) -> None:
    opened = operations.open_problem(spike, subject="VPN is down", description="Since nine.", by=max_, at=NOW)
    problem = opened.problem
    assert (problem.kind, problem.team, problem.category_id) == (Kind.PROBLEM, platform, int(spike.value))
    caused = Ticket.objects.filter(links__other=problem, links__type=LinkType.CAUSED_BY)
    assert (caused.count(), len(opened.linked.refused)) == (10, 0)
    spike.refresh_from_db()
    assert (spike.state, spike.problem, spike.settled_by) == ("problem", problem.number, max_)


def test_a_problem_that_is_known_is_joined(spike: Candidate, max_: User, yuki: User) -> None:
    problem = tickets.open_ticket(
        requester=yuki, subject="Concentrator", description="x", kind=Kind.PROBLEM, by=yuki, at=NOW
    )
    opened = operations.join_problem(spike, problem=problem, by=max_, at=NOW)
    assert (opened.problem, len(opened.linked.done)) == (problem, 10)


def test_a_ticket_that_is_no_problem_is_not_joined(spike: Candidate, ticket: Ticket, max_: User) -> None:
    with pytest.raises(Invalid) as refused:
        operations.join_problem(spike, problem=ticket, by=max_, at=NOW)
    assert refused.value.field == "problem"


def test_while_its_problem_is_open_the_cause_is_quiet(
    spike: Candidate, arrive: Arrive, platform: Team, max_: User
) -> None:
    operations.open_problem(spike, subject="VPN is down", description="", by=max_, at=NOW)
    at = NOW + timedelta(hours=2)
    arrive(12, at)
    assert [found for found in watch(at=at) if found.value == spike.value] == []


def test_dismissed_it_stays_quiet_for_as_long_as_was_said(
    spike: Candidate, arrive: Arrive, max_: User
) -> None:
    operations.dismiss(spike, reason="A drill", days=1, by=max_, at=NOW)
    soon, later = NOW + timedelta(minutes=30), NOW + timedelta(days=3)
    arrive(5, soon)
    assert watch(at=soon) == []
    arrive(20, later)
    assert len(watch(at=later)) == 1


@pytest.mark.parametrize(
    ("reason", "days", "field"),
    [("", 7, "reason"), ("   ", 7, "reason"), ("A drill", 0, "days"), ("A drill", 365, "days")],
)
def test_to_dismiss_takes_a_reason_and_an_end(
    reason: str, days: int, field: str, spike: Candidate, max_: User
) -> None:
    with pytest.raises(Invalid) as refused:
        operations.dismiss(spike, reason=reason, days=days, by=max_, at=NOW)
    assert refused.value.field == field


def test_what_is_settled_is_settled_once(spike: Candidate, max_: User, ada: User) -> None:
    operations.dismiss(spike, reason="A drill", days=7, by=max_, at=NOW)
    with pytest.raises(operations.Settled, match="Max Brandt"):
        operations.dismiss(spike, reason="Mine", days=1, by=ada, at=NOW)


@pytest.mark.parametrize("who", ["mira", "greta", "vera"])
def test_others_settle_nothing(who: str, request: pytest.FixtureRequest, spike: Candidate) -> None:
    with pytest.raises(NotAllowed):
        operations.dismiss(spike, reason="x", days=1, by=request.getfixturevalue(who), at=NOW)


# --- the pages ---


def test_from_a_candidate_a_problem_is_one_form(
    spike: Candidate, platform: Team, max_: User, signed_in: Callable[[User], Client]
) -> None:
    page = signed_in(max_)
    shown = page.get(f"/insights/candidates/{spike.pk}/")
    form = shown.context["open_form"]
    assert form["subject"].value() == f"Unusually many tickets: {spike.label}"
    sent = {"act": "open", "team": platform.pk, "subject": "VPN is down", "description": "Since nine."}
    response = page.post(f"/insights/candidates/{spike.pk}/", sent)
    problem = Ticket.objects.get(kind=Kind.PROBLEM)
    assert response.headers["Location"] == f"/desk/tickets/{problem.number}/"
    assert problem.number in page.get("/insights/candidates/?show=settled").content.decode()


def test_what_was_typed_stays_when_it_is_refused(
    spike: Candidate, max_: User, signed_in: Callable[[User], Client]
) -> None:
    sent = {"act": "open", "team": "", "subject": "VPN is down", "description": "Since nine."}
    response = signed_in(max_).post(f"/insights/candidates/{spike.pk}/", sent)
    assert (response.status_code, "Since nine." in response.content.decode()) == (422, True)
    dismissed = signed_in(max_).post(
        f"/insights/candidates/{spike.pk}/", {"act": "dismiss", "reason": "", "days": "7"}
    )
    assert (dismissed.status_code, Candidate.objects.get().state) == (422, "open")


def test_a_lead_sees_the_own_tickets_of_it_and_no_totals(
    crew: User, spike: Candidate, lars: User, signed_in: Callable[[User], Client]
) -> None:
    page = signed_in(lars).get(f"/insights/candidates/{spike.pk}/").content.decode()
    assert "Arrived with your teams" in page
    assert "weeks compared" not in page
    stranger = signed_in(crew)
    assert stranger.get(f"/insights/candidates/{spike.pk}/").status_code == 404
    assert spike.label not in stranger.get("/insights/candidates/").content.decode()


def test_what_was_restricted_since_is_not_counted(spike: Candidate, max_: User, ada: User) -> None:
    row = spike.rows.first()
    assert row is not None
    tickets.restrict(row.ticket, people=[], by=ada, at=NOW)
    assert candidates_for(max_, EVERYTHING).get().mine == 9  # type: ignore[attr-defined]
    assert candidates_for(ada, EVERYTHING).get().mine == 9  # type: ignore[attr-defined]


def test_the_glance_shows_what_is_open(
    spike: Candidate, max_: User, signed_in: Callable[[User], Client], django_assert_max_num_queries: Any
) -> None:
    page = signed_in(max_)
    page.get("/insights/change/")
    with django_assert_max_num_queries(12):
        shown = page.get("/insights/change/").content.decode()
    assert spike.label in shown
