"""Who has what: a column for each who is here, and a ticket given to somebody else, with or without a mouse."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Team, User
from escalation.models import Availability, TeamWork
from tests.conftest import MONDAY, person, seat
from tests.plugins.browser import enter, faults
from tickets import operations
from tickets.models import Ticket

Later = Callable[..., datetime]


def columns(answer: Any) -> dict[str, list[str]]:
    return {
        column.name: [card.ticket.subject for card in column.cards] for column in answer.context["columns"]
    }


@pytest.fixture
def shared(open_ticket, mira, sara, lars, later) -> list[Ticket]:
    """One that waits in the queue, one that Mira has, one that Sara has."""
    waiting, hers, other = (open_ticket(subject) for subject in ("Waiting", "Of Mira", "Of Sara"))
    operations.take(hers, by=mira, at=later())
    operations.take(other, by=sara, at=later())
    return [Ticket.objects.get(pk=one.pk) for one in (waiting, hers, other)]


def test_each_who_is_here_has_a_column_and_the_queue_is_the_first(signed_in, shared, lars):
    answer = signed_in(lars).get("/desk/load/")
    assert columns(answer) == {
        "Queue": ["Waiting"],
        "Lars Holm": [],
        "Mira Kask": ["Of Mira"],
        "Sara Amin": ["Of Sara"],
    }


def test_who_is_away_has_a_column_only_while_they_have_something(signed_in, shared, mira, lars, later):
    Availability.objects.create(user=lars, is_away=True)
    Availability.objects.create(user=mira, is_away=True)
    assert [*columns(signed_in(lars).get("/desk/load/"))] == ["Queue", "Mira Kask", "Sara Amin"]


def test_load_stands_against_what_each_can_have(signed_in, service_desk, shared, mira, lars):
    TeamWork.objects.create(team=service_desk, capacity=4)
    Availability.objects.create(user=mira, capacity=1)
    found = {one.name: one for one in signed_in(lars).get("/desk/load/").context["columns"]}
    assert (found["Mira Kask"].words, found["Mira Kask"].is_full) == ("1 of 1 open · weight 1", True)
    assert (found["Sara Amin"].words, found["Sara Amin"].step) == ("1 of 4 open · weight 1", 25)


def test_a_lead_gives_a_ticket_to_somebody_else_by_the_form(signed_in, shared, service_desk, sara, lars):
    ticket = shared[1]
    sent = {"ticket": ticket.number, "to": str(sara.pk), "version": str(ticket.version)}
    answer = signed_in(lars).post(f"/desk/load/?team={service_desk.pk}", sent)
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/load/?team={service_desk.pk}")
    assert Ticket.objects.get(pk=ticket.pk).assignee == sara


def test_and_back_to_the_queue(signed_in, shared, lars):
    ticket = shared[1]
    sent = {"ticket": ticket.number, "to": "", "version": str(ticket.version)}
    assert signed_in(lars).post("/desk/load/", sent).status_code == 302
    assert Ticket.objects.get(pk=ticket.pk).assignee is None


def test_what_has_changed_since_is_refused_and_said(signed_in, shared, mira, sara, lars, later):
    ticket = shared[1]
    operations.note(ticket, text="Wait.", by=mira, at=later(minutes=1))
    sent = {"ticket": ticket.number, "to": str(sara.pk), "version": str(ticket.version)}
    client = signed_in(lars)
    assert "has been changed since" in client.post("/desk/load/", sent, follow=True).content.decode()
    by_htmx = client.post("/desk/load/", sent, headers={"HX-Request": "true"})
    assert (by_htmx.status_code, "has been changed since" in by_htmx["HX-Trigger"]) == (409, True)
    assert Ticket.objects.get(pk=ticket.pk).assignee == mira


def test_somebody_of_another_team_is_refused(signed_in, shared, dario, lars):
    ticket = shared[1]
    sent = {"ticket": ticket.number, "to": str(dario.pk), "version": str(ticket.version)}
    page = signed_in(lars).post("/desk/load/", sent, follow=True).content.decode()
    assert "is not in Service desk" in page


def test_the_open_page_gets_the_board_alone(signed_in, shared, sara, lars):
    client, ticket = signed_in(lars), shared[1]
    part = client.get("/desk/load/?part=1", headers={"HX-Request": "true"}).content.decode()
    assert (part.lstrip().startswith('<div class="load-board"'), "<html" in part) == (True, False)
    sent = {"ticket": ticket.number, "to": str(sara.pk), "version": str(ticket.version)}
    answer = client.post("/desk/load/", sent, headers={"HX-Request": "true"})
    assert (answer.status_code, columns(answer)["Sara Amin"]) == (200, ["Of Mira", "Of Sara"])


def test_leads_see_their_teams_and_managers_all(signed_in, service_desk, network, vendors, lars, max_, dario):
    assert signed_in(lars).get(f"/desk/load/?team={network.pk}").status_code == 404
    names = [team.name for team in signed_in(max_).get("/desk/load/").context["teams"]]
    assert names == ["Service desk", "Network"]


def test_a_restricted_ticket_shows_to_no_lead_who_is_not_named(signed_in, shared, mira, lars, later):
    operations.restrict(shared[1], people=[mira], by=mira, at=later())
    assert columns(signed_in(lars).get("/desk/load/"))["Mira Kask"] == []


def test_queries_do_not_grow_with_the_board(
    signed_in, open_ticket, mira, lars, later, django_assert_max_num_queries
):
    for n in range(12):
        operations.take(open_ticket(f"Number {n}"), by=mira, at=later())
    client = signed_in(lars)
    client.get("/desk/load/")
    with django_assert_max_num_queries(32):
        client.get("/desk/load/")


# --- in a browser ---


@pytest.fixture
def lars_watches(live_server: Any, new_page: Callable[..., Page]) -> tuple[Page, Ticket]:
    """Lars, logged in, at the board; Mira has one ticket, Sara has none."""
    desk = Team.objects.get(name="Service desk")
    ines = person("Ines Okafor")
    mira = seat(person("Mira Kask"), desk)
    seat(person("Sara Amin"), desk)
    lars = seat(person("Lars Holm"), desk, "lead")
    ticket = operations.open_ticket(
        requester=ines, subject="VPN drops", description="Since Friday.", by=ines, at=MONDAY
    )
    operations.take(ticket, by=mira, at=MONDAY)
    page = new_page()
    enter(page, live_server.url, lars)
    page.goto(f"{live_server.url}/desk/load/")
    return page, ticket


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("looks")
def test_a_ticket_is_dragged_to_somebody_else_and_given_on_by_keys(
    lars_watches: tuple[Page, Ticket], transactional_db: None
) -> None:
    page, ticket = lars_watches
    card = column(page, "Mira Kask").locator("[data-load-card]")
    card.drag_to(column(page, "Sara Amin").locator("header"), source_position={"x": 8, "y": 8})
    expect(column(page, "Sara Amin")).to_contain_text("VPN drops")
    expect(column(page, "Mira Kask")).not_to_contain_text("VPN drops")
    choice = page.get_by_label(f"Who has {ticket.number}")
    choice.select_option("")
    expect(column(page, "Queue")).to_contain_text("VPN drops")
    assert faults(page) == []


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("looks")
def test_the_end_of_a_shift_in_a_browser(
    lars_watches: tuple[Page, Ticket], live_server: Any, transactional_db: None
) -> None:
    page, ticket = lars_watches
    lars = User.objects.get(name="Lars Holm")
    operations.assign(ticket, to=lars, by=lars, at=MONDAY)
    page.goto(f"{live_server.url}/desk/shift/")
    page.get_by_label(f"What becomes of {ticket.number}").select_option(label="Sara Amin")
    page.get_by_label("Note for those who go on").fill("She waits for a call.")
    assert faults(page) == []
    page.set_viewport_size({"width": 390, "height": 860})
    page.get_by_role("button", name="End the shift").click()
    expect(page.locator("main")).to_contain_text("You have nothing open.")
    assert Ticket.objects.get(pk=ticket.pk).assignee == User.objects.get(name="Sara Amin")
    page.goto(f"{live_server.url}/desk/away/")
    assert faults(page) == []
