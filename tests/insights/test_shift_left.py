"""The shift-left report: what L2 and L3 resolve again and again, what it costs, and what is written about it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organisation, Team, User
from delivery.models import Delivery
from escalation import operations as escalation
from insights import tasks
from insights.cuts import Scope
from insights.models import Repeat, RepeatAside, RepeatRun, RepeatTicket
from insights.operations import repeating
from insights.queries.repeats import ShownRepeat, Stands, latest_done, repeats_of
from knowledgebase.models import Article, LinkRole, Section
from knowledgebase.operations.learning import publish_from_ticket
from knowledgebase.operations.linking import link_article
from knowledgebase.operations.reviewing import publish
from knowledgebase.operations.sections import create_section
from knowledgebase.operations.writing import create_article
from tests.conftest import MONDAY
from tests.insights.cast import Cast, world
from tests.insights.world import follow
from tickets import operations
from tickets.models import Ticket
from tickets.operations.retaining import purge

Later = Callable[..., datetime]
Resolve = Callable[..., Ticket]
EVERYTHING = Scope()

VPN = (
    (
        "VPN drops every twenty minutes",
        "The client reconnects.",
        "Rekey bug of the client: profile reinstalled.",
    ),
    ("VPN drops at home", "Every twenty minutes the client is gone.", "Rekey again, profile reinstalled."),
    (
        "The VPN client drops",
        "It is gone every twenty minutes.",
        "Reinstalled the profile because of the rekey.",
    ),
)
PRINTER = (
    ("Printer prints blank pages", "All pages are blank.", "The drum was worn out and was replaced."),
    ("Blank pages from the printer", "Only blank pages come.", "Drum replaced."),
    ("Printer: blank pages", "Nothing is printed, all blank.", "A worn drum, replaced it."),
)


def resolving(cast: Cast) -> Resolve:
    """A ticket that Network (L2), or another tier, takes an hour after it was opened and resolves an hour later."""
    takers = {1: cast.mira, 2: cast.dario, 3: cast.yuki}

    def resolve(
        subject: str, description: str, solution: str, *, minutes: int = 0, tier: int = 2, **fields: Any
    ) -> Ticket:
        fields = {"requester": cast.ines, "by": cast.ines, "at": MONDAY, **fields}
        ticket = operations.open_ticket(subject=subject, description=description, tier=tier, **fields)
        ticket = operations.take(ticket, by=takers[tier], at=MONDAY + timedelta(hours=1))
        at = MONDAY + timedelta(hours=2)
        return operations.resolve(ticket, code="fixed", summary=solution, minutes=minutes, by=cast.ada, at=at)

    return resolve


@pytest.fixture
def resolved(cast: Cast) -> Resolve:
    return resolving(cast)


@world
def vpn_tickets(cast: Cast) -> list[Ticket]:
    resolved = resolving(cast)
    return [resolved(*words) for words in VPN]


@pytest.fixture
def printer_tickets(resolved: Resolve) -> list[Ticket]:
    """Half an hour each, as people wrote down; of the last one nobody did."""
    return [resolved(*words, minutes=minutes) for words, minutes in zip(PRINTER, (30, 30, 0), strict=True)]


@pytest.fixture
def section(ada: User, at: datetime) -> Section:
    return create_section(name="All", by=ada, at=at)


def searched(at: datetime) -> RepeatRun:
    """A search is asked for, and the worker does it."""
    follow(at)
    run = repeating.ask(by=None, at=at)
    repeating.find(run.pk, now=lambda: at)
    run.refresh_from_db()
    return run


def shown(reader: User, scope: Scope = EVERYTHING) -> list[ShownRepeat]:
    run = latest_done()
    assert run is not None
    return repeats_of(run, reader, scope)


# --- found ---


def test_what_comes_again_is_found_with_its_tickets(
    vpn_tickets: list[Ticket], printer_tickets: list[Ticket], resolved: Resolve, max_: User, later: Later
) -> None:
    resolved("A new phone", "For the reception.", "Ordered.")
    run = searched(later(hours=3))
    assert (run.state, run.total, run.seen) == ("done", 7, 7)
    tickets = [{row.ticket_id for row in each.repeat.rows.all()} for each in shown(max_)]
    assert sorted(tickets, key=min) == [
        {each.pk for each in vpn_tickets},
        {each.pk for each in printer_tickets},
    ]


def test_hours_are_what_was_logged_else_the_time_in_work_and_it_says_which(
    printer_tickets: list[Ticket], max_: User, later: Later
) -> None:
    searched(later(hours=3))
    (row,) = shown(max_)
    spent = {one.ticket_id: (one.seconds, one.is_logged) for one in row.repeat.rows.all()}
    first, second, third = (each.pk for each in printer_tickets)
    assert spent[first] == spent[second] == (1800, True)
    assert spent[third] == (3600, False)  # it waited for an hour, and lay in work for another
    assert (row.seconds, row.logged, row.worked) == (2 * 3600, 2, 1)


def test_what_costs_most_comes_first(resolved: Resolve, max_: User, later: Later) -> None:
    for words in VPN:
        resolved(*words, minutes=5)
    for words in PRINTER:
        resolved(*words, minutes=50)
    searched(later(hours=3))
    assert [row.seconds for row in shown(max_)] == [150 * 60, 15 * 60]


@pytest.mark.parametrize(
    "left_out",
    ["first tier", "restricted", "noise", "no answer", "before the period"],
)
def test_left_out_is_what_is_no_solution_of_the_upper_tiers(
    left_out: str, resolved: Resolve, ines: User, service_desk: Team, ada: User, later: Later
) -> None:
    for words in VPN[:2]:
        resolved(*words)
    third = resolved(*VPN[2], tier=1) if left_out == "first tier" else None
    if left_out == "restricted":
        third = operations.restrict(resolved(*VPN[2]), people=[], by=ada, at=later(hours=3))
    if left_out == "noise":
        third = operations.open_ticket(
            subject=VPN[2][0], description=VPN[2][1], tier=2, requester=ines, by=ines, at=later()
        )
        operations.not_a_request(third, reason="noise", by=ada, at=later(hours=1))
    if left_out == "no answer":
        third = operations.open_ticket(
            subject=VPN[2][0], description=VPN[2][1], tier=2, requester=ines, by=ines, at=later()
        )
        operations.resolve(third, code="no_answer", summary=VPN[2][2], by=ada, at=later(hours=1))
    searched(later(days=200) if left_out == "before the period" else later(hours=4))
    assert Repeat.objects.count() == 0


def test_notes_marked_for_a_higher_tier_are_not_read(vpn_tickets: list[Ticket], later: Later) -> None:
    vpn_tickets[0].messages.filter(kind="resolution").update(min_tier=3, body="Zanzibar quokka")
    vpn_tickets[1].messages.filter(kind="resolution").update(audience="vendor", body="Zanzibar quokka")
    searched(later(hours=3))
    assert {"zanzibar", "quokka"}.isdisjoint(Repeat.objects.get().words)


def test_the_same_tickets_give_the_same_repeats(
    vpn_tickets: list[Ticket], printer_tickets: list[Ticket], later: Later
) -> None:
    columns = ("place", "ticket_id", "likeness", "seconds", "is_logged")
    runs = [searched(later(hours=hours)) for hours in (3, 4)]
    first, second = (
        list(
            RepeatTicket.objects.filter(repeat__run=run)
            .order_by("repeat__place", "place")
            .values_list(*columns)
        )
        for run in runs
    )
    assert first == second


def test_what_l2_solved_counts_though_l1_told_the_requester(
    open_ticket: Callable[..., Ticket],
    mira: User,
    dario: User,
    network: Team,
    service_desk: Team,
    max_: User,
    at: datetime,
    later: Later,
) -> None:
    for subject, description, solution in VPN:
        ticket = open_ticket(subject, description=description)
        operations.take(ticket, by=mira, at=at)
        escalation.hand_over(
            ticket, team=network, reason="needs_expertise", summary="x", by=mira, at=later(hours=1)
        )
        escalation.accept(ticket, by=dario, at=later(hours=2))
        escalation.hand_over(
            ticket, team=service_desk, reason="fix_found", summary="x", by=dario, at=later(hours=4)
        )
        operations.take(ticket, by=mira, at=later(hours=4))
        operations.resolve(ticket, code="fixed", summary=solution, by=mira, at=later(hours=5))
    searched(later(hours=6))
    (row,) = shown(max_)
    spent = row.repeat.rows.values_list("team", "level", "seconds")
    assert {*spent} == {(network.pk, 2, 2 * 3600)}
    assert [len(shown(max_, Scope(teams=frozenset({team.pk})))) for team in (network, service_desk)] == [1, 1]


def test_what_only_passed_through_l2_is_not_theirs(
    open_ticket: Callable[..., Ticket], mira: User, dario: User, network: Team, at: datetime, later: Later
) -> None:
    for subject, description, solution in VPN:
        ticket = open_ticket(subject, description=description)
        operations.take(ticket, by=mira, at=at)
        escalation.hand_over(
            ticket, team=network, reason="needs_expertise", summary="x", by=mira, at=later(hours=1)
        )
        escalation.return_(ticket, reason="wrong_team", text="x", by=dario, at=later(hours=2))
        operations.resolve(ticket, code="fixed", summary=solution, by=mira, at=later(hours=5))
    assert searched(later(hours=6)).total == 0


# --- what is written about them ---


def test_an_article_with_their_words_covers_them(
    vpn_tickets: list[Ticket], section: Section, max_: User, ada: User, at: datetime, later: Later
) -> None:
    said: dict[str, Any] = {
        "title": "VPN client drops every twenty minutes",
        "body": "Reinstall the profile: the rekey is broken.",
    }
    article = create_article(section=section, kind="how_to", audience="l1", by=ada, at=at, **said)
    publish(article, by=ada, at=at)
    searched(later(hours=3))
    (row,) = shown(max_)
    assert (row.stands, row.article) == (Stands.COVERED, article)


def test_a_long_article_about_something_else_covers_nothing(
    vpn_tickets: list[Ticket], section: Section, max_: User, ada: User, at: datetime, later: Later
) -> None:
    body = "The VPN client drops every twenty minutes? Reinstall the profile, the rekey is broken, then go on here."
    article = create_article(
        section=section, kind="how_to", audience="l1", title="When somebody leaves", body=body, by=ada, at=at
    )
    publish(article, by=ada, at=at)
    searched(later(hours=3))
    assert [row.stands for row in shown(max_)] == [Stands.TO_WRITE]


def test_an_article_that_l1_cannot_read_is_to_be_opened_up(
    vpn_tickets: list[Ticket], section: Section, max_: User, ada: User, at: datetime, later: Later
) -> None:
    said: dict[str, Any] = {
        "title": "VPN client drops every twenty minutes",
        "body": "Reinstall the profile: the rekey is broken.",
    }
    publish(
        create_article(section=section, kind="how_to", audience="l3", by=ada, at=at, **said), by=ada, at=at
    )
    searched(later(hours=3))
    assert [row.stands for row in shown(max_)] == [Stands.OPEN_UP]


def test_the_solution_that_they_name_covers_them_whatever_its_words_are(
    vpn_tickets: list[Ticket], section: Section, max_: User, ada: User, at: datetime, later: Later
) -> None:
    article = create_article(
        section=section, kind="how_to", audience="l1", title="Tunnel", body="x", by=ada, at=at
    )
    publish(article, by=ada, at=at)
    for ticket in vpn_tickets[:2]:
        link_article(ticket, article=article, role=LinkRole.SOLUTION, by=ada, at=later(hours=2))
    searched(later(hours=3))
    (row,) = shown(max_)
    assert (row.stands, row.article, row.repeat.solved) == (Stands.COVERED, article, 2)


def test_a_draft_that_was_begun_is_told(
    vpn_tickets: list[Ticket], section: Section, max_: User, later: Later
) -> None:
    searched(later(hours=3))
    draft = publish_from_ticket(vpn_tickets[1], kind="known_error", by=max_, at=later(hours=4))
    (row,) = shown(max_)
    assert (row.stands, row.draft) == (Stands.DRAFTED, draft)


# --- who reads what ---


def test_a_lead_counts_the_tickets_of_the_own_teams_alone(
    vpn_tickets: list[Ticket], resolved: Resolve, platform: Team, lars: User, network: Team, later: Later
) -> None:
    for words in VPN:
        resolved(*words, tier=3)
    searched(later(hours=3))
    (row,) = shown(lars, Scope(teams=frozenset({network.pk})))
    assert (row.tickets, row.middle in {each.pk for each in vpn_tickets}) == (3, True)
    assert shown(lars, Scope(teams=frozenset({row.repeat.pk + 10_000}))) == []


def test_what_was_restricted_since_is_gone_from_the_report(
    vpn_tickets: list[Ticket], max_: User, ada: User, later: Later
) -> None:
    searched(later(hours=3))
    operations.restrict(vpn_tickets[0], people=[], by=ada, at=later(hours=4))
    assert shown(max_) == shown(ada) == []  # two are none


# --- asked for ---


def test_a_search_is_asked_for_and_carried_out_by_the_worker(max_: User, at: datetime) -> None:
    run = repeating.ask(by=max_, at=at)
    delivery = Delivery.objects.get(kind=repeating.KIND)
    assert (delivery.payload, run.state, (run.last - run.first).days) == ({"run": run.pk}, "waiting", 89)
    tasks.find_repeats(delivery.payload, delivery, at)
    run.refresh_from_db()
    assert (run.state, run.total) == ("done", 0)


def test_one_search_at_a_time(max_: User, at: datetime) -> None:
    repeating.ask(by=max_, at=at)
    with pytest.raises(repeating.SearchUnderWay):
        repeating.ask(by=max_, at=at)


def test_a_search_whose_worker_was_lost_stands_in_nobodys_way(max_: User, at: datetime, later: Later) -> None:
    lost = repeating.ask(by=max_, at=at)
    RepeatRun.objects.filter(pk=lost.pk).update(state="running", touched_at=at)
    repeating.ask(by=max_, at=later(minutes=6))
    lost.refresh_from_db()
    assert lost.state == "failed"


@pytest.mark.django_db
def test_another_worker_keeps_off_a_search_that_is_in_hand(at: datetime, later: Later) -> None:
    run = repeating.ask(by=None, at=at)
    RepeatRun.objects.filter(pk=run.pk).update(state="running", touched_at=at)
    repeating.find(run.pk, now=lambda: later(seconds=30))
    run.refresh_from_db()
    assert run.state == "running"
    repeating.find(run.pk, now=lambda: later(minutes=2))
    run.refresh_from_db()
    assert run.state == "done"


def test_a_search_that_another_worker_has_taken_over_writes_nothing(
    vpn_tickets: list[Ticket], later: Later
) -> None:
    follow(later(hours=3))
    run = repeating.ask(by=None, at=later(hours=3))
    repeating.find(run.pk, now=lambda: later(hours=3), still_mine=lambda: False)
    assert Repeat.objects.count() == 0


@pytest.mark.django_db
def test_a_search_that_no_worker_begins_stands_in_nobodys_way(at: datetime, later: Later) -> None:
    first = repeating.ask(by=None, at=at)
    repeating.ask(by=None, at=later(hours=2))
    first.refresh_from_db()
    assert first.state == "failed"


@pytest.mark.django_db
def test_each_night_has_one_search(at: datetime, later: Later) -> None:
    first = repeating.ask_nightly(at=at)
    assert first is not None
    repeating.find(first.pk, now=lambda: at)
    assert repeating.ask_nightly(at=later(hours=16)) is None  # one in the morning
    assert repeating.ask_nightly(at=later(hours=18)) is not None


def test_old_searches_are_forgotten(vpn_tickets: list[Ticket], later: Later) -> None:
    for hours in range(3, 3 + repeating.MOST_KEPT + 2):
        searched(later(hours=hours))
    assert RepeatRun.objects.count() == repeating.MOST_KEPT


# --- set aside ---


def test_what_is_set_aside_stays_aside_when_it_is_found_anew(
    vpn_tickets: list[Ticket], resolved: Resolve, max_: User, later: Later
) -> None:
    searched(later(hours=3))
    aside = repeating.set_aside(
        shown(max_)[0].repeat, reason="The client is replaced in May.", by=max_, at=later()
    )
    resolved("VPN client drops", "Gone every twenty minutes.", "Rekey, profile reinstalled.")
    searched(later(hours=5))
    (row,) = shown(max_)
    assert (row.tickets, row.stands, row.repeat.aside) == (4, Stands.ASIDE, aside)
    repeating.bring_back(row.repeat, by=max_)
    assert (shown(max_)[0].stands, RepeatAside.objects.count()) == (Stands.TO_WRITE, 0)


def test_a_ticket_that_is_deleted_for_good_takes_its_row_along(
    vpn_tickets: list[Ticket], ada: User, later: Later
) -> None:
    searched(later(hours=3))
    for ticket in vpn_tickets:
        operations.close(ticket, by=ada, at=later(hours=4))
    purge(closed_before=later(days=2), reason="old", by=ada, at=later(days=3))
    assert RepeatTicket.objects.count() == 0


# --- the pages ---


def test_from_the_report_a_draft_is_one_click(
    vpn_tickets: list[Ticket], section: Section, max_: User, later: Later, signed_in: Callable[[User], Client]
) -> None:
    searched(later(hours=3))
    page = signed_in(max_)
    assert "all by time in work" in page.get("/insights/shift-left/").content.decode()
    repeat = Repeat.objects.get()
    response = page.post(f"/insights/shift-left/{repeat.pk}/draft/")
    draft = Article.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, f"/desk/drafts/{draft.pk}/")
    assert draft.source.ticket_id == repeat.rows.get(place=0).ticket_id
    assert "a draft is begun" in page.get("/insights/shift-left/?show=drafted").content.decode()


def test_from_the_report_a_repeat_is_set_aside_and_brought_back(
    vpn_tickets: list[Ticket], max_: User, later: Later, signed_in: Callable[[User], Client]
) -> None:
    searched(later(hours=3))
    page, repeat = signed_in(max_), Repeat.objects.get()
    page.post(f"/insights/shift-left/{repeat.pk}/aside/", {"reason": "Not now"})
    assert "Not now" in page.get("/insights/shift-left/?show=aside").content.decode()
    page.post(f"/insights/shift-left/{repeat.pk}/back/")
    assert RepeatAside.objects.count() == 0


def test_a_search_shows_how_far_it_is(max_: User, signed_in: Callable[[User], Client]) -> None:
    page = signed_in(max_)
    assert "Nobody has looked yet" in page.get("/insights/shift-left/").content.decode()
    page.post("/insights/shift-left/search/")
    assert "0 of 0 tickets compared" in page.get("/insights/shift-left/progress/").content.decode()
    again = page.post("/insights/shift-left/search/", follow=True)
    assert "A search is under way" in again.content.decode()
    RepeatRun.objects.update(state="done")
    assert page.get("/insights/shift-left/progress/").headers["HX-Refresh"] == "true"


def test_the_words_of_a_repeat_are_for_those_who_see_everything(
    vpn_tickets: list[Ticket],
    max_: User,
    dario: User,
    network: Team,
    later: Later,
    signed_in: Callable[[User], Client],
) -> None:
    searched(later(hours=3))
    dario.memberships.update(role="lead")
    repeat = Repeat.objects.get()
    told = " · ".join(repeat.words[:5])
    assert told in signed_in(max_).get("/insights/shift-left/").content.decode()
    lead = signed_in(User.objects.get(pk=dario.pk))
    assert told not in lead.get("/insights/shift-left/").content.decode()
    assert lead.get(f"/insights/shift-left/{repeat.pk}/").status_code == 200


@pytest.mark.parametrize("who", ["greta", "mira", "vera"])
def test_others_cannot_tell_that_it_exists(
    who: str,
    request: pytest.FixtureRequest,
    vpn_tickets: list[Ticket],
    northwind: Organisation,
    later: Later,
    signed_in: Callable[[User], Client],
) -> None:
    searched(later(hours=3))
    page, key = signed_in(request.getfixturevalue(who)), Repeat.objects.get().pk
    assert page.get(f"/insights/shift-left/{key}/").status_code == 404
    assert page.post(f"/insights/shift-left/{key}/draft/").status_code == 404


def test_the_report_asks_the_same_few_queries_however_much_it_shows(
    vpn_tickets: list[Ticket],
    resolved: Resolve,
    max_: User,
    later: Later,
    signed_in: Callable[[User], Client],
    django_assert_max_num_queries: Any,
) -> None:
    searched(later(hours=3))
    page = signed_in(max_)
    page.get("/insights/shift-left/")
    with django_assert_max_num_queries(12) as one:
        page.get("/insights/shift-left/")
    for words in PRINTER:
        resolved(*words)
    searched(later(hours=4))
    with django_assert_max_num_queries(len(one)):
        page.get("/insights/shift-left/")
