"""What lies open with a leaver, on a tier that is turned off, in a team that is retired: nothing is lost."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Team, Tier, User
from escalation import operations as escalation
from tickets import operations
from tickets.models import Event, Ticket


@pytest.fixture
def desk(signed_in: Callable[[User], Client], ada: User) -> Client:
    return signed_in(ada)


def test_a_leavers_open_tickets_are_shown_and_go_back_to_their_teams(
    desk: Client, mira: User, ada: User, open_ticket, at
) -> None:
    first, second = open_ticket("VPN drops"), open_ticket("Printer <b>smokes</b>")
    for ticket in (first, second):
        operations.take(ticket, by=mira, at=at)
    operations.restrict(second, people=[mira], teams=[], by=mira, at=at)

    page = desk.get(f"/settings/people/{mira.pk}/deactivate/").content.decode()
    assert "2 open tickets go back into the queues of their teams." in page
    assert first.number in page
    assert second.subject not in page, "it is restricted: it counts, but does not show"
    assert User.objects.get(pk=mira.pk).is_active, "looking does nothing"

    desk.post(f"/settings/people/{mira.pk}/deactivate/")

    assert not User.objects.get(pk=mira.pk).is_active
    for ticket in (first, second):
        ticket.refresh_from_db()
        assert (ticket.assignee, ticket.contact, ticket.team.name) == (None, None, "Service desk")
        assert Event.objects.filter(ticket=ticket, kind="ticket.released", by=ada).count() == 1
    assert desk.get(f"/settings/people/{mira.pk}/deactivate/").status_code == 404
    desk.post(f"/settings/people/{mira.pk}/reactivate/")
    assert User.objects.get(pk=mira.pk).is_active


def test_what_a_leaver_asked_for_stays_open_and_is_told(desk: Client, ines: User, ticket: Ticket) -> None:
    page = desk.get(f"/settings/people/{ines.pk}/deactivate/").content.decode()

    assert "1 open ticket was asked for by this person." in page
    desk.post(f"/settings/people/{ines.pk}/deactivate/")
    ticket.refresh_from_db()
    assert ticket.is_open


def test_nobody_deactivates_themselves(desk: Client, ada: User) -> None:
    page = desk.post(f"/settings/people/{ada.pk}/deactivate/", follow=True).content.decode()

    assert "You cannot deactivate your own account." in page
    assert User.objects.get(pk=ada.pk).is_active


def test_a_tier_with_open_tickets_asks_where_they_go(
    desk: Client, network: Team, platform: Team, mira: User, ada: User, open_ticket, at
) -> None:
    tickets = [open_ticket(f"Trouble {n}") for n in range(3)]
    for each in tickets:
        escalation.hand_over(each, team=network, reason="needs_expertise", summary="See above", by=ada, at=at)
    address = "/settings/tiers/2/turn-off/"

    page = desk.get(address).content.decode()
    assert "3 open tickets lie here. Where do they go?" in page
    assert tickets[0].number in page
    for answers in ({}, {"team": network.pk, "reason": "no_capacity", "summary": "x"}, {"team": "x"}):
        assert desk.post(address, answers).status_code == 422
    assert Tier.objects.get(pk=2).is_enabled

    desk.post(address, {"team": platform.pk, "reason": "no_capacity", "summary": "L2 is closed."})

    assert not Tier.objects.get(pk=2).is_enabled
    for each in tickets:
        each.refresh_from_db()
        assert (each.team, each.tier_id) == (platform, 3)
    assert desk.get(address).status_code == 404
    desk.post("/settings/tiers/2/turn-on/")
    assert Tier.objects.get(pk=2).is_enabled


def test_an_empty_tier_is_turned_off_at_once(desk: Client) -> None:
    assert "No open ticket lies here." in desk.get("/settings/tiers/3/turn-off/").content.decode()
    desk.post("/settings/tiers/3/turn-off/")

    assert not Tier.objects.get(pk=3).is_enabled


def test_the_last_tier_with_a_team_stays(desk: Client) -> None:
    page = desk.post("/settings/tiers/1/turn-off/", follow=True).content.decode()

    assert "No tier would be left that has a team." in page
    assert Tier.objects.get(pk=1).is_enabled


def test_more_tickets_than_fit_into_one_request_go_in_several(
    desk: Client, network: Team, service_desk: Team, open_ticket, monkeypatch
) -> None:
    monkeypatch.setattr("helpdesk.desk.retiring.AT_ONCE", 2)
    tickets = [open_ticket(f"Trouble {n}") for n in range(3)]
    answers = {"team": network.pk, "reason": "no_capacity", "summary": "Closed."}
    address = f"/settings/teams/{service_desk.pk}/retire/"

    page = desk.post(address, answers, follow=True).content.decode()
    assert "1 ticket is left. Go on." in page
    assert Team.objects.get(pk=service_desk.pk).is_active

    desk.post(address, answers)
    assert not Team.objects.get(pk=service_desk.pk).is_active
    assert Ticket.objects.filter(team=network).count() == len(tickets)
    desk.post(f"/settings/teams/{service_desk.pk}/revive/")
    assert Team.objects.get(pk=service_desk.pk).is_active
