"""The loop back down in a browser: L3 resolves and publishes, it reaches L1, who confirms; the list of who
has not read it shrinks. And a problem from how it was reproduced to the answers of its incidents.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Team, Tier, User
from delivery.operations import claim, deliver
from escalation import operations as escalation
from knowledgebase.models import Article, Confirmation, Section
from knowledgebase.operations import problems
from tests.e2e.conftest import Visit
from tests.e2e.ticket_page import act, send
from tests.knowledgebase.conftest import networks
from tests.plugins.browser import faults, page_follows
from tickets import operations
from tickets.models import Category, Ticket

__all__ = ["networks"]
pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def with_yuki(
    open_ticket: Callable[..., Ticket],
    vpn: Category,
    mira: User,
    yuki: User,
    platform: Team,
    networks: Section,
    at: datetime,
) -> Ticket:
    """Ines' ticket lies with Yuki of L3, who writes to requesters and reviews what is written about networks."""
    Tier.objects.filter(level=3).update(writes_to_requesters=True)
    networks.reviewers.add(yuki)
    ticket = open_ticket("The VPN drops", category=vpn, description="Every twenty minutes, says Ines Okafor.")
    operations.take(ticket, by=mira, at=at)
    escalation.hand_over(ticket, tier=3, reason="needs_expertise", summary="Rekeying fails.", by=mira, at=at)
    return escalation.accept(ticket, by=yuki, at=at)


def work() -> None:
    """What the worker does, until nothing is due."""
    at = timezone.now()
    while rows := claim(limit=50, worker="w1", at=at):
        for row in rows:
            deliver(row, at=at)


def readers(page: Page, key: int) -> Any:
    """The list of who has not read it, as whoever announced it sees it."""
    page.goto(f"/desk/announcements/{key}/")
    return page.locator("section", has_text="Who has not read it").get_by_role("listitem")


def test_l3_resolves_and_publishes_and_l1_confirms_having_read(
    visit: Visit, with_yuki: Ticket, yuki: User, mira: User, sara: User, dario: User
) -> None:
    l3 = visit(yuki)
    l3.goto(f"/desk/tickets/{with_yuki.number}/")
    act(l3, "Resolve")
    dialog = l3.get_by_role("dialog")
    dialog.locator("textarea").first.fill("Ines, the rekey interval is set to eight hours.")
    dialog.locator("select[name=code]").select_option("fixed")
    dialog.get_by_label("Should L1 and L2 learn this fix?").check()
    assert faults(l3) == []
    send(l3, "Resolve")
    work()

    # The draft waits in the notices of whoever found the fix; what is personal is out of it.
    l3.goto("/desk/notices/")
    l3.locator("a[href^='/desk/drafts/']").first.click()
    expect(l3.get_by_label("Symptom")).to_have_value("Every twenty minutes, says [name].")
    expect(l3.locator("[name=fix]")).to_have_value("[name], the rekey interval is set to eight hours.")
    assert faults(l3) == []
    l3.get_by_label("Title").fill("VPN drops every 20 minutes")
    l3.locator("[name=fix]").fill("Set the rekey interval to eight hours.")
    l3.locator("[name=is_clean]").check()
    l3.get_by_role("button", name="It is clean: go on to publishing").click()
    expect(l3.get_by_label("L1", exact=False).first).to_be_checked()
    l3.get_by_label("Why it matters").fill("Stop reinstalling the client.")
    assert faults(l3) == []
    l3.get_by_role("button", name="Publish and announce").click()
    l3.wait_for_url("**/desk/matches/**")
    work()

    article = Article.objects.get()
    announcement = article.announcements.get()
    asked = readers(l3, announcement.pk)
    expect(asked).to_have_count(3)

    l1 = visit(mira)
    l1.goto("/desk/")
    expect(l1.locator("#count-announcements")).to_have_text("1")
    l1.goto("/desk/announcements/")
    l1.get_by_role("link", name="VPN drops every 20 minutes").click()
    expect(l1.locator("main")).to_contain_text("Stop reinstalling the client.")
    expect(l1.locator("main")).not_to_contain_text("Who has not read it")
    assert faults(l1) == []
    l1.get_by_role("button", name="Read and understood").press("Enter")
    expect(l1.get_by_role("heading", name="Nothing to read")).to_be_visible()
    expect(l1.locator("#count-announcements")).to_have_text("")

    assert Confirmation.objects.get().person == mira
    missing = readers(l3, announcement.pk)
    expect(missing).to_have_count(2)
    expect(missing.filter(has_text="Mira")).to_have_count(0)
    l3.get_by_role("button", name="Remind them").click()
    expect(l3.locator("main")).to_contain_text("Last reminded:")
    assert faults(l3) == []


def test_a_problem_is_written_down_decided_and_its_incidents_answered(
    visit: Visit,
    with_yuki: Ticket,
    open_ticket: Callable[..., Ticket],
    yuki: User,
    vpn: Category,
    at: datetime,
) -> None:
    problem = operations.open_ticket(
        requester=yuki,
        subject="Rekeying fails on gateway 2",
        description="x",
        kind="problem",
        team=with_yuki.team,
        category=vpn,
        by=yuki,
        at=at,
    )
    operations.take(problem, by=yuki, at=at)
    problems.gather(problem, incidents=[with_yuki], by=yuki, at=at)
    l3 = visit(yuki)
    l3.goto(f"/desk/tickets/{problem.number}/")
    panel = l3.locator("#problem")
    expect(panel).to_contain_text(with_yuki.number)
    panel.get_by_role("link", name="Write down").first.click()
    dialog = l3.get_by_role("dialog")
    dialog.get_by_label("How it was reproduced").fill("Client 5.1 on gateway 2, after 1,200 s.")
    dialog.get_by_label("Root cause").fill("An old list of proposals.")
    assert faults(l3) == []
    send(l3, "What is known of the problem")
    expect(panel).to_contain_text("An old list of proposals.")
    panel.get_by_role("link", name="Decide").first.click()
    dialog.get_by_label("a vendor fixes it").check()
    dialog.locator("textarea").fill("Their firmware 9.4.3 does.")
    send(l3, "What becomes of the problem")
    expect(panel).to_contain_text("Their firmware 9.4.3 does.")
    assert faults(l3) == []
    with page_follows(l3):
        panel.get_by_role("link", name="Answer 1 incident").click()
    l3.locator("textarea").fill("The gateway is corrected. Please reconnect.")
    assert faults(l3) == []
    l3.get_by_role("button", name="Answer what is ticked").click()
    with_yuki.refresh_from_db()
    expect(l3.locator("body")).to_contain_text("1 ticket is answered")
    assert Ticket.objects.get(pk=with_yuki.pk).status == "resolved"
