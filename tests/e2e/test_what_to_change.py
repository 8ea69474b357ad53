"""What to change, in a browser: from the report to a draft, and from a candidate to a problem."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Team, User
from insights.models import Candidate, CandidateTicket, Repeat, RepeatRun, RepeatTicket
from knowledgebase.models import Article, Section
from tests.e2e.conftest import Visit
from tests.knowledgebase.conftest import networks
from tests.plugins.browser import faults
from tickets.models import Kind, LinkType, Ticket

__all__ = ["networks"]
pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tickets(open_ticket: Callable[..., Ticket], network: Team) -> list[Ticket]:
    return [open_ticket(f"VPN drops at home ({number})", tier=2) for number in range(4)]


@pytest.fixture
def repeat(tickets: list[Ticket], network: Team, networks: Section) -> Repeat:
    at = timezone.now()
    run = RepeatRun.objects.create(
        first=at.date() - timedelta(days=89),
        last=at.date(),
        at=at,
        done_at=at,
        state="done",
        total=40,
        seen=40,
    )
    repeat = Repeat.objects.create(run=run, place=1, words=["vpn", "rekey", "profile"])
    RepeatTicket.objects.bulk_create(
        RepeatTicket(
            repeat=repeat,
            ticket=ticket,
            place=place,
            likeness=1 - place / 10,
            seconds=1800,
            team=network,
            level=2,
        )
        for place, ticket in enumerate(tickets)
    )
    return repeat


@pytest.fixture
def candidate(tickets: list[Ticket]) -> Candidate:
    at = timezone.now()
    candidate = Candidate.objects.create(
        by="category", value="0", label="Network › VPN", hours=1, since=at - timedelta(minutes=40), raised_at=at,
        last_at=at, seen=4, expected=0.4, chance=1e-7, weeks=8,
    )  # fmt: skip
    CandidateTicket.objects.bulk_create(
        CandidateTicket(candidate=candidate, ticket=ticket) for ticket in tickets
    )
    return candidate


def test_from_the_report_to_a_draft(visit: Visit, repeat: Repeat, max_: User) -> None:
    page = visit(max_)
    page.goto("/insights/change/")
    assert faults(page) == []
    page.get_by_role("link", name="shift-left report").click()
    row = page.get_by_role("row", name="VPN drops at home (0)")
    expect(row).to_contain_text("2 h")
    expect(row).to_contain_text("all by time in work")
    assert faults(page) == []
    row.get_by_role("link", name="VPN drops at home (0)", exact=True).click()
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(5)
    assert faults(page) == []

    page.get_by_role("button", name="Begin a draft").press("Enter")
    page.wait_for_url("**/desk/drafts/**")
    assert Article.objects.get().source.ticket_id == repeat.rows.get(place=0).ticket_id
    page.goto("/insights/shift-left/?show=drafted")
    expect(page.get_by_role("link", name="a draft is begun")).to_be_visible()


def test_a_repeat_is_set_aside_with_one_click_and_comes_back(
    visit: Visit, repeat: Repeat, max_: User
) -> None:
    page = visit(max_)
    page.goto("/insights/shift-left/")
    page.get_by_role("button", name="Set aside").click()
    expect(page.get_by_text("is set aside")).to_be_visible()
    page.goto("/insights/shift-left/?show=aside")
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_role("button", name="Set aside")).to_be_visible()


def test_from_a_candidate_to_a_problem(
    visit: Visit, candidate: Candidate, tickets: list[Ticket], platform: Team, max_: User
) -> None:
    page = visit(max_)
    page.goto("/insights/candidates/")
    assert faults(page) == []
    page.get_by_role("link", name="Network › VPN", exact=True).click()
    assert faults(page) == []
    expect(page.get_by_label("Subject")).to_have_value("Unusually many tickets: Network › VPN")
    page.get_by_label("Subject").fill("The VPN concentrator drops tunnels")
    page.get_by_role("button", name="Open a problem").click()
    page.wait_for_url("**/desk/tickets/**")
    problem = Ticket.objects.get(kind=Kind.PROBLEM)
    expect(page.locator("main")).to_contain_text("The VPN concentrator drops tunnels")
    caused = Ticket.objects.filter(links__other=problem, links__type=LinkType.CAUSED_BY)
    assert (problem.team, caused.count()) == (platform, len(tickets))
    page.goto("/insights/candidates/?show=settled")
    expect(page.get_by_role("link", name=problem.number)).to_be_visible()
    assert faults(page) == []
