"""What to change, for programs: repeats and candidates by the same operations as on their pages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Team, User
from insights.models import Candidate, CandidateTicket, Repeat, RepeatRun, RepeatTicket
from knowledgebase.models import Article
from knowledgebase.operations.sections import create_section
from tests.conftest import MONDAY, person, seat
from tickets.models import Kind, LinkType, Ticket


@pytest.fixture
def tickets(open_ticket: Callable[..., Ticket], network: Team) -> list[Ticket]:
    return [open_ticket(f"VPN drops ({number})", tier=2) for number in range(3)]


@pytest.fixture
def repeat(tickets: list[Ticket], network: Team) -> Repeat:
    run = RepeatRun.objects.create(
        first=MONDAY.date() - timedelta(days=89), last=MONDAY.date(), at=MONDAY, done_at=MONDAY, state="done"
    )
    repeat = Repeat.objects.create(run=run, place=1, words=["vpn"])
    RepeatTicket.objects.bulk_create(
        RepeatTicket(repeat=repeat, ticket=ticket, place=n, likeness=1, seconds=60, team=network, level=2)
        for n, ticket in enumerate(tickets)
    )
    return repeat


@pytest.fixture
def candidate(tickets: list[Ticket]) -> Candidate:
    facts: dict[str, Any] = {"since": MONDAY, "raised_at": MONDAY, "last_at": timezone.now()}
    candidate = Candidate.objects.create(
        by="location",
        value="leeds",
        label="Leeds",
        hours=1,
        seen=3,
        expected=0.4,
        chance=1e-7,
        weeks=8,
        **facts,
    )
    CandidateTicket.objects.bulk_create(CandidateTicket(candidate=candidate, ticket=each) for each in tickets)
    return candidate


def test_repeats_are_listed_and_one_tells_its_tickets(program, max_, repeat, tickets):
    asks = program(max_, "insights:read")
    (row,) = asks.get("/api/v1/repeats/?stands=to_write").json()["results"]
    assert (row["id"], row["title"], row["tickets"], row["seconds"], row["logged"], row["words"]) == (
        *(repeat.pk, tickets[0].subject, 3, 180, 0),
        ["vpn"],
    )
    assert asks.get("/api/v1/repeats/?stands=covered").json()["results"] == []
    assert asks.get(f"/api/v1/repeats/{repeat.pk}/").json()["numbers"] == [each.number for each in tickets]


def test_repeats_come_in_pages(program, max_, repeat, tickets, network):
    other = Repeat.objects.create(run=repeat.run, place=2, words=["mail"])
    RepeatTicket.objects.bulk_create(
        RepeatTicket(repeat=other, ticket=ticket, place=n, likeness=1, seconds=30, team=network, level=2)
        for n, ticket in enumerate(tickets)
    )
    asks = program(max_, "insights:read")
    first = asks.get("/api/v1/repeats/?limit=1").json()
    assert [row["id"] for row in first["results"]] == [repeat.pk]
    following = asks.get(first["next"]).json()
    assert ([row["id"] for row in following["results"]], following["next"]) == ([other.pk], None)


def test_a_draft_is_begun_from_a_repeat(program, max_, ada, repeat, tickets, at):
    create_section(name="All", by=ada, at=at)
    begun = program(max_, "insights:write").post(f"/api/v1/repeats/{repeat.pk}/draft/", {"kind": "how_to"})
    article = Article.objects.get()
    assert (begun.status_code, begun.json(), article.kind) == (201, {"article": article.pk}, "how_to")
    assert article.source.ticket == tickets[0]


def test_a_repeat_is_set_aside_and_brought_back(program, max_, repeat):
    writes = program(max_, "insights:write")
    aside = writes.post(f"/api/v1/repeats/{repeat.pk}/set-aside/", {"reason": "Not now"})
    assert (aside.status_code, aside.json()["stands"]) == (200, "aside")
    assert writes.post(f"/api/v1/repeats/{repeat.pk}/bring-back/").json()["stands"] == "to_write"


def test_one_search_at_a_time(program, max_):
    writes = program(max_, "insights:write")
    assert writes.post("/api/v1/repeats/search/").json()["state"] == "waiting"
    refused = writes.post("/api/v1/repeats/search/")
    assert (refused.status_code, refused.json()["type"]) == (409, "/api/v1/problems/search_under_way/")


def test_candidates_are_listed_and_one_tells_its_tickets(program, max_, candidate, tickets):
    asks = program(max_, "insights:read")
    (row,) = asks.get("/api/v1/candidates/?state=open").json()["results"]
    assert (row["label"], row["tickets"], row["seen"], row["expected"]) == ("Leeds", 3, 3, 0.4)
    assert {*asks.get(f"/api/v1/candidates/{candidate.pk}/").json()["numbers"]} == {t.number for t in tickets}


def test_a_lead_reads_the_own_tickets_of_it_and_no_totals(program, candidate, network, repeat):
    nora = seat(person("Nora Lind"), network, "lead")
    asks = program(nora, "insights:read")
    (row,) = asks.get("/api/v1/candidates/").json()["results"]
    assert (row["tickets"], row["seen"], row["expected"]) == (3, None, None)
    assert asks.get("/api/v1/repeats/").json()["results"][0]["words"] == []


def test_a_problem_is_opened_from_a_candidate(program, max_, candidate, platform):
    sent = {"subject": "Leeds is cut off", "description": "Three since nine."}
    found = program(max_, "insights:write").post(f"/api/v1/candidates/{candidate.pk}/open-problem/", sent)
    problem = Ticket.objects.get(kind=Kind.PROBLEM)
    assert (found.status_code, found.json()["problem"], problem.team) == (200, problem.number, platform)
    assert Ticket.objects.filter(links__other=problem, links__type=LinkType.CAUSED_BY).count() == 3


def test_a_candidate_is_linked_with_a_problem_that_is_there(program, max_, candidate, open_ticket):
    problem, no_problem = open_ticket("Cause", kind="problem"), open_ticket("Printer")
    writes, url = program(max_, "insights:write"), f"/api/v1/candidates/{candidate.pk}/join-problem/"
    refused = writes.post(url, {"problem": no_problem.number})
    assert (refused.status_code, refused.json()["field"]) == (400, "problem")
    assert writes.post(url, {"problem": problem.number}).json()["problem"] == problem.number


def test_a_candidate_is_dismissed_once(program, max_, candidate):
    writes, url = program(max_, "insights:write"), f"/api/v1/candidates/{candidate.pk}/dismiss/"
    assert writes.post(url, {"reason": "A drill", "days": 2}).status_code == 400
    found = writes.post(url, {"reason": "A drill", "days": 7}).json()
    assert (found["state"], found["reason"]) == ("dismissed", "A drill")
    again = writes.post(url, {"reason": "A drill", "days": 1})
    assert (again.status_code, again.json()["type"]) == (409, "/api/v1/problems/candidate_settled/")


def test_others_are_refused(program, mira: User, greta: User, candidate, repeat):
    for who in (mira, greta):
        asks = program(who, "insights:read")
        assert asks.get("/api/v1/repeats/").status_code == 403
        assert asks.get(f"/api/v1/candidates/{candidate.pk}/").status_code == 403
