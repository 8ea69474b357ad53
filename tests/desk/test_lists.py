"""Queues, filters, saved views, search, export, counts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from escalation import operations as escalation
from tickets import operations
from tickets.models import Category, SavedView, Ticket

MOST_QUERIES = 12
SignIn = Callable[[User], Any]


@pytest.fixture(autouse=True)
def _counted_anew() -> None:
    """Numbers are kept for ten seconds; people of different tests have the same keys."""
    cache.clear()


def test_a_technician_begins_with_their_own_tickets(
    signed_in: SignIn, mira: User, ticket: Ticket, later: Callable[..., datetime]
) -> None:
    operations.take(ticket, by=mira, at=later(minutes=1))
    response = signed_in(mira).get("/desk/", follow=True)
    assert response.redirect_chain == [("/desk/queues/mine/", 302)]
    assert ticket.subject in response.content.decode()


def test_a_manager_begins_with_all_tickets(signed_in: SignIn, max_: User, ticket: Ticket) -> None:
    response = signed_in(max_).get("/desk/", follow=True)
    assert response.redirect_chain == [("/desk/queues/all/", 302)]
    assert ticket.subject in response.content.decode()


def test_every_queue_of_the_navigation_opens(signed_in: SignIn, mira: User, ticket: Ticket) -> None:
    client = signed_in(mira)
    names = [
        "mine",
        "tracking",
        "watching",
        "my-teams",
        "unassigned",
        "replies",
        "handed",
        "on-hold",
        "vendors",
        "all",
    ]
    for name in [*names, *(f"tier-{level}" for level in range(5))]:
        assert client.get(f"/desk/queues/{name}/").status_code == 200, name
    assert client.get("/desk/queues/nowhere/").status_code == 404


def test_a_row_says_what_one_should_know_first(
    signed_in: SignIn, mira: User, dario: User, network: Team, ticket: Ticket, later: Callable[..., datetime]
) -> None:
    escalation.hand_over(
        ticket, team=network, reason="needs_expertise", summary="Log.", by=mira, at=later(minutes=1)
    )
    waiting = signed_in(dario).get("/desk/queues/handed/").content.decode()
    assert "handed over by Service desk, not accepted" in waiting
    escalation.return_(ticket, reason="information_missing", text="No log.", by=dario, at=later(minutes=2))
    back = signed_in(mira).get("/desk/queues/my-teams/").content.decode()
    assert "returned by Network" in back
    assert "1 bounce" in back


def test_a_filter_in_the_address_narrows_the_list_and_can_be_taken_off(
    signed_in: SignIn, mira: User, open_ticket: Callable[..., Ticket], vpn: Category
) -> None:
    one, other = open_ticket("VPN drops", category=vpn), open_ticket("Printer jams")
    text = signed_in(mira).get(f"/desk/queues/tier-1/?category={vpn.pk}&sort=newest").content.decode()
    assert one.number in text
    assert other.number not in text
    assert 'class="pill" href="?sort=newest"' in text


def test_a_filter_that_cannot_be_used_is_told_and_left_out(
    signed_in: SignIn, mira: User, ticket: Ticket
) -> None:
    response = signed_in(mira).get("/desk/queues/tier-1/?priority=purple&nonsense=1")
    assert response.status_code == 400
    assert ticket.number in response.content.decode()
    assert "purple" in response.content.decode()


def test_a_damaged_page_address_leads_to_the_first_page(
    signed_in: SignIn, mira: User, ticket: Ticket
) -> None:
    response = signed_in(mira).get("/desk/queues/tier-1/?after=%00nonsense")
    assert response.status_code == 400
    assert ticket.number in response.content.decode()


def test_the_dialog_offers_what_the_vocabulary_knows_and_adds_it_to_the_address(
    signed_in: SignIn, mira: User, vpn: Category, ticket: Ticket
) -> None:
    client = signed_in(mira)
    listed = "_list=/desk/queues/tier-1/&_query=" + quote("priority=4")
    dialog = client.get(f"/desk/filters/?{listed}&_field=category").content.decode()
    assert "Network › VPN" in dialog
    assert "is or lies under" in dialog
    query = f"{listed}&_field=category&_op=under&_value={vpn.pk}&_apply=1"
    response = client.get(f"/desk/filters/?{query}")
    assert response.status_code == 302
    assert response["Location"] == f"/desk/queues/tier-1/?priority=4&category.under={vpn.pk}"


def test_the_dialog_says_what_is_wrong_with_a_value(signed_in: SignIn, mira: User, db: None) -> None:
    query = "_list=/desk/queues/mine/&_field=created&_op=within&_value=soon&_apply=1"
    response = signed_in(mira).get(f"/desk/filters/?{query}")
    assert response.status_code == 422
    assert "give a span such as 30m, 2h, 3d or 1w" in response.content.decode()


def test_the_way_back_of_the_dialog_never_leaves_the_house(signed_in: SignIn, mira: User) -> None:
    query = "_list=//evil.example/&_field=open&_op=is&_value=true&_apply=1"
    assert signed_in(mira).get(f"/desk/filters/?{query}")["Location"] == "/desk/queues/all/?open=true"


def test_a_view_keeps_the_scope_of_its_queue(
    signed_in: SignIn,
    mira: User,
    sara: User,
    open_ticket: Callable[..., Ticket],
    later: Callable[..., datetime],
) -> None:
    mine, hers = open_ticket("Mine"), open_ticket("Hers")
    operations.take(mine, by=mira, at=later(minutes=1))
    operations.take(hers, by=sara, at=later(minutes=1))
    client = signed_in(mira)
    response = client.post(
        "/desk/views/new/",
        {"name": "My P4", "audience": "own", "_filter": "priority=4&_list=/desk/queues/mine/&sort=newest"},
    )
    view = SavedView.objects.get()
    assert response["Location"] == f"/desk/views/{view.pk}/"
    assert (view.owner, view.sort, view.for_everyone, view.team) == (mira, "newest", False, None)
    text = client.get(f"/desk/views/{view.pk}/").content.decode()
    assert "My P4" in text
    assert mine.number in text
    assert hers.number not in text


def test_a_view_of_a_team_is_seen_by_the_team_and_changed_by_its_owner(
    signed_in: SignIn, mira: User, sara: User, dario: User, service_desk: Team
) -> None:
    signed_in(mira).post(
        "/desk/views/new/",
        {
            "name": "VIP",
            "audience": "team",
            "team": service_desk.pk,
            "_filter": "vip=true&_list=/desk/queues/all/",
        },
    )
    view = SavedView.objects.get()
    assert signed_in(sara).get(f"/desk/views/{view.pk}/").status_code == 200
    assert signed_in(sara).post(f"/desk/views/{view.pk}/delete/").status_code == 404
    assert signed_in(dario).get(f"/desk/views/{view.pk}/").status_code == 404
    signed_in(mira).post(f"/desk/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_only_leads_and_managers_keep_a_view_for_everyone(signed_in: SignIn, mira: User, lars: User) -> None:
    wanted = {"name": "All", "audience": "everyone", "_filter": "_list=/desk/queues/all/"}
    assert signed_in(mira).post("/desk/views/new/", wanted).status_code == 400
    assert signed_in(lars).post("/desk/views/new/", wanted).status_code == 302
    assert SavedView.objects.get().for_everyone


def test_search_opens_a_number_and_lists_words(
    signed_in: SignIn, mira: User, open_ticket: Callable[..., Ticket]
) -> None:
    one, other = open_ticket("Zebra crossing"), open_ticket("Printer jams")
    client = signed_in(mira)
    assert client.get(f"/desk/search/?q={one.number.lower()}")["Location"] == f"/desk/tickets/{one.number}/"
    text = client.get("/desk/search/?q=zebra").content.decode()
    assert one.number in text
    assert other.number not in text
    assert "Nothing found" in client.get("/desk/search/?q=elephant").content.decode()


def test_the_numbers_of_the_navigation(
    signed_in: SignIn, mira: User, open_ticket: Callable[..., Ticket], later: Callable[..., datetime]
) -> None:
    taken, _free = open_ticket("One"), open_ticket("Two")
    operations.take(taken, by=mira, at=later(minutes=1))
    SavedView.objects.create(owner=mira, name="P4", filter={"field": "priority", "op": "is", "value": ["4"]})
    text = signed_in(mira).get("/desk/counts/").content.decode()
    for key, n in {"mine": 1, "my-teams": 2, "unassigned": 1, "tier-1": 2}.items():
        assert f'id="count-{key}" hx-swap-oob="true">{n}</span>' in text, key
    view = SavedView.objects.get()
    assert f'id="count-view-{view.pk}" hx-swap-oob="true">2</span>' in text


def test_the_export_holds_every_page_and_no_formula(
    signed_in: SignIn, mira: User, open_ticket: Callable[..., Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.desk.export.LARGEST_PAGE", 2)
    for subject in ("=cmd|' /C calc'!A0", "+1", "Ünïcode 😀", "plain", "-2"):
        open_ticket(subject)
    response = signed_in(mira).get("/desk/queues/tier-1/export.csv?sort=oldest")
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert response["Content-Disposition"].startswith("attachment;")
    assert len(lines) == 6
    subjects = [line.split(",")[1] for line in lines[1:]]
    assert subjects == ["'=cmd|' /C calc'!A0", "'+1", "Ünïcode 😀", "plain", "'-2"]


def test_the_export_says_where_it_ends(
    signed_in: SignIn, mira: User, open_ticket: Callable[..., Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.desk.export.LARGEST_PAGE", 2)
    monkeypatch.setattr("helpdesk.desk.export.MOST_EXPORTED", 2)
    for n in range(3):
        open_ticket(f"Number {n}")
    response = signed_in(mira).get("/desk/queues/tier-1/export.csv")
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert len(lines) == 4
    assert lines[-1] == "Only the first 2 tickets are here."


@pytest.mark.parametrize("many", [3, 40])
def test_a_list_costs_the_same_however_long_it_is(
    signed_in: SignIn,
    mira: User,
    dario: User,
    network: Team,
    vpn: Category,
    open_ticket: Callable[..., Ticket],
    later: Callable[..., datetime],
    kept_names: None,
    django_assert_max_num_queries: Callable[..., CaptureQueriesContext],
    many: int,
) -> None:
    for n in range(many):
        ticket = open_ticket(f"Number {n}", category=vpn)
        if n % 3 == 0:
            escalation.hand_over(
                ticket, team=network, reason="needs_expertise", summary="Log.", by=mira, at=later(minutes=1)
            )
            escalation.return_(ticket, reason="wrong_team", text="No.", by=dario, at=later(minutes=2))
    client = signed_in(mira)
    address = f"/desk/queues/tier-1/?category={vpn.pk}&team=mine&priority=3,4"
    client.get(address)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get(address).status_code == 200
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get("/desk/queues/tier-1/").status_code == 200


def test_the_numbers_of_a_queue_come_after_a_page_that_did_not_know_them(
    signed_in: SignIn, mira: User, open_ticket: Callable[..., Ticket]
) -> None:
    open_ticket("One")
    open_ticket("Another")
    client = signed_in(mira)
    asks = 'hx-get="/desk/queues/tier-1/summary/"'

    assert asks in client.get("/desk/queues/tier-1/").content.decode()
    assert "2 open" in client.get("/desk/queues/tier-1/summary/").content.decode()
    known = client.get("/desk/queues/tier-1/").content.decode()
    assert "2 open" in known
    assert asks not in known


def test_older_and_newer_pages(signed_in: SignIn, mira: User, open_ticket: Callable[..., Ticket]) -> None:
    tickets = [open_ticket(f"Number {n}") for n in range(55)]
    client = signed_in(mira)
    first = client.get("/desk/queues/tier-1/?sort=newest").content.decode()
    assert tickets[54].number in first
    assert f'"/desk/tickets/{tickets[0].number}/"' not in first
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(f"/desk/queues/tier-1/{older}").content.decode()
    assert f'"/desk/tickets/{tickets[0].number}/"' in second
    assert 'rel="prev"' in second
