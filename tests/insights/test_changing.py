"""What to change: hand-offs by pair and reason and what was missing, what rules did, which articles have gone stale."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Team, User
from delivery.operations import claim, deliver
from escalation import operations as escalation
from escalation.models import HandoffItem
from escalation.operations import Wanted
from insights.cuts import Cut, Period, Scope
from insights.queries import articles, handoffs, rules
from knowledgebase.models import DailyCount, SearchTerm
from tests.conftest import MONDAY
from tests.escalation.rule_book import TO_L2, is_, rule, tag
from tests.insights.cast import Cast, world
from tests.insights.world import follow
from tests.knowledgebase.conftest import networks, write_article
from tests.sla.conftest import promise
from tickets import operations
from tickets.models import Ticket

__all__ = ["networks", "write_article"]

DAY = Period(MONDAY.date(), MONDAY.date())
PAGES = ("budget", "hand-offs", "rules", "articles")


def up(ticket: Ticket, team: Team, by: User, at: datetime, **facts: Any) -> Any:
    says: dict[str, Any] = {"reason": "needs_expertise", "summary": "x", **facts}
    return escalation.hand_over(ticket, team=team, by=by, at=at, **says)


def after(**delta: float) -> datetime:
    return MONDAY + timedelta(**delta)


@world
def moved(cast: Cast) -> None:
    """Three went up to the network: one was accepted and found incomplete, two came back, one of them without a log."""
    lars, dario, network = cast.lars, cast.dario, cast.network
    log = Wanted("The log is attached", True)
    item = escalation.create_checklist(tier=network.tier, items=[log], by=None, at=after()).items.get()
    one, two, three = (cast.open_ticket(f"Ticket {number}") for number in range(3))
    up(one, network, lars, after(minutes=1), items=[item.pk])
    escalation.accept(one, by=dario, at=after(minutes=31))
    escalation.rate_handoff(one, rating="incomplete", by=dario, at=after(minutes=32))
    up(two, network, lars, after(minutes=2), override=True)
    escalation.return_(two, reason="information_missing", text="No log.", by=dario, at=after(minutes=3))
    up(three, network, lars, after(minutes=4), reason="needs_access", items=[item.pk])
    escalation.return_(three, reason="solvable_below", text="Reset it.", by=dario, at=after(minutes=5))
    follow(after(hours=1))


def test_hand_offs_are_told_by_pair_of_teams_and_reason(moved):
    found = handoffs.quality(Cut(DAY))
    assert (found.total.made, found.total.returned, found.total.rated, found.tickets) == (3, 2, 1, 3)
    assert found.ping_pong == 2
    lines = [(line.from_team, line.to_team, line.reason, line.made, line.returned) for line in found.pairs]
    assert lines == [
        ("Service desk", "Network", "needs_expertise", 2, 1),
        ("Service desk", "Network", "needs_access", 1, 1),
    ]
    first = found.pairs[0]
    assert (first.complete, first.incomplete, first.wait) == (0, 1, timedelta(minutes=30))
    assert sorted(found.returns) == [("could have been solved below", 1), ("information missing", 1)]
    assert [(line.reason, line.made) for line in found.reasons] == [
        ("needs_expertise", 2),
        ("needs_access", 1),
    ]


def test_what_was_missing_is_told_item_by_item(moved):
    (missing,) = handoffs.quality(Cut(DAY)).missing
    assert (missing.text, missing.tier, missing.asked, missing.missing, missing.returned) == (
        "The log is attached",
        2,
        3,
        1,
        1,
    )


def test_what_is_answered_later_was_missing_then(moved, lars, later):
    assert HandoffItem.objects.filter(is_done=False).update(is_done=True, done_at=later(hours=2)) == 1
    assert handoffs.quality(Cut(DAY)).missing[0].missing == 1


def test_hand_offs_are_narrowed_by_cut_and_scope(moved, network, service_desk, platform):
    count = lambda cut: handoffs.quality(cut).total.made  # noqa: E731
    assert count(Cut(DAY.before())) == 0
    assert count(Cut(DAY, team=network.pk)) == 3
    assert count(Cut(DAY, team=platform.pk)) == 0
    assert count(Cut(DAY, kind="request")) == 0
    assert count(Cut(DAY, Scope(teams=frozenset({network.pk})))) == 3
    assert count(Cut(DAY, Scope(teams=frozenset({platform.pk})))) == 0


def work(at):
    while batch := claim(limit=100, worker="test", at=at):
        for delivery in batch:
            deliver(delivery, at=at)


def test_a_rule_is_told_by_what_it_did_and_what_came_of_it(open_ticket, mira, dario, network, later):
    promise(resolution=60)
    rule("VPN goes up", TO_L2, on=("created",), when=is_("subject", "vpn", op="contains"))
    rule("Marked", tag("seen"), on=("created",), when=is_("subject", "vpn", op="contains"))
    rule("Never", tag("x"), on=("created",), when=is_("subject", "printer", op="contains"))
    late, back = open_ticket("VPN one"), open_ticket("VPN two")
    work(later(minutes=1))
    escalation.return_(back, reason="solvable_below", text="x", by=dario, at=later(minutes=2))
    escalation.accept(late, by=dario, at=later(minutes=3))
    operations.resolve(late, code="fixed", summary="x", by=None, at=later(hours=3))
    operations.resolve(back, code="fixed", summary="x", by=None, at=later(minutes=20))
    follow(later(hours=3))
    moved, marked, never = rules.effects(Cut(DAY))
    assert (moved.rule.name, moved.firings, moved.tickets, moved.done) == ("VPN goes up", 2, 2, 2)
    assert (moved.handoffs, moved.returned, moved.stayed, moved.breached) == (2, 1, 1, 1)
    assert (marked.firings, marked.handoffs, marked.breached) == (2, 0, 1)
    assert (never.rule.name, never.firings) == ("Never", 0)
    assert [one.firings for one in rules.effects(Cut(DAY.before()))] == [0, 0, 0]


def test_articles_are_told_by_gap_decay_and_effect(write_article, max_, at):
    today = MONDAY.date()
    old = write_article("Over its date", review_by=today - timedelta(days=3))
    bad = write_article("Does not help", helpful=1, not_helpful=6)
    dusty = write_article("Read by nobody")
    fine = write_article("Fine", helpful=9)
    type(dusty).objects.filter(pk__in=[dusty.pk, fine.pk]).update(published_at=at - timedelta(days=200))
    DailyCount.objects.create(article=fine, day=today, views=3, shown=10, read=4, solved=2)
    SearchTerm.objects.bulk_create(
        SearchTerm(text="fax machine", language="en", day=today, found=0) for _number in range(3)
    )
    told = articles.told(max_, DAY, today=today)
    assert [gap.text for gap in told.nothing] == ["fax machine"]
    found = {one.article: (one.overdue, one.is_unhelpful, one.is_unread) for one in told.decay}
    assert found == {
        old: (timedelta(days=3), False, False),
        bad: (None, True, False),
        dusty: (None, False, True),
    }
    assert [(row.name, row.solved) for row in told.effect.articles] == [("Fine", 2)]


@pytest.mark.parametrize("page", PAGES)
def test_each_page_has_its_numbers_for_managers_and_leads_and_is_closed_to_others(
    signed_in, moved, page, max_, lars, mira, greta
):
    url = f"/insights/{page}/?period=7"
    for user, status in ((max_, 200), (lars, 200), (mira, 404), (greta, 404)):
        assert signed_in(user).get(url).status_code == status, user


def test_the_pages_take_as_many_queries_however_much_there_is(
    signed_in, moved, open_ticket, lars, network, max_, later, django_assert_max_num_queries
):
    client = signed_in(max_)
    counts = {}
    for page in PAGES:
        client.get(f"/insights/{page}/?period=7")
        with django_assert_max_num_queries(40) as counted:
            client.get(f"/insights/{page}/?period=7")
        counts[page] = len(counted)
    for number in range(4):
        up(open_ticket(f"More {number}"), network, lars, later(minutes=9), override=True)
    follow(later(hours=1))
    for page in PAGES:
        with django_assert_max_num_queries(counts[page]):
            client.get(f"/insights/{page}/?period=7")
