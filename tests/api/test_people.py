"""People, teams, organisations, skills, who is here, and vendors, for programs."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Contract, Team, User
from accounts.operations import create_person
from tests.api.conftest import Program
from tickets import operations
from tickets.models import Category, Ticket


@pytest.fixture
def ada_api(program: Callable[..., Program], ada: User) -> Program:
    return program(ada)


def test_a_person_is_added_found_changed_and_sent_away(ada_api: Program, mailoutbox: list[Any]) -> None:
    made = ada_api.post("/api/v1/people/", {"email": "Nora@Example.com", "name": "Nora Berg", "invite": True})
    assert (made.status_code, made.json()["email"]) == (201, "nora@example.com")
    url = made["Location"]

    changed = ada_api.patch(url, {"location": "Floor 3", "is_vip": True})
    assert changed.json() == made.json() | {"location": "Floor 3", "is_vip": True}
    (found,) = ada_api.get("/api/v1/people/", {"q": "nora ber"}).json()["results"]
    assert found == changed.json()

    gone = ada_api.post(f"{url}deactivate/", {})
    assert (gone.json()["is_active"], gone.json()["released"]) == (False, 0)
    assert ada_api.get("/api/v1/people/", {"q": "nora"}).json()["results"] == []
    assert len(ada_api.get("/api/v1/people/", {"q": "nora", "active": "any"}).json()["results"]) == 1
    assert ada_api.post(f"{url}reactivate/", {}).json()["is_active"]


def test_who_leaves_leaves_their_tickets_to_the_team(
    ada_api: Program, mira: User, ticket: Ticket, at: datetime
) -> None:
    operations.assign(ticket, to=mira, by=mira, at=at) if ticket.assignee_id is None else None
    answer = ada_api.post(f"/api/v1/people/{mira.pk}/deactivate/", {})
    ticket.refresh_from_db()
    assert (answer.json()["released"], ticket.assignee) == (1, None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "no address", "name": "N"}, "email"),
        ({"email": "n@example.com"}, "name"),
        ({"email": "n@example.com", "name": ""}, "name"),
        ({"email": "n@example.com", "name": "N", "timezone": "Mars/Olympus"}, "timezone"),
        ({"email": "n@example.com", "name": "N", "language": "tlh"}, "language"),
        ({"email": "n@example.com", "name": "N", "organisation": 9_999_999}, "organisation"),
        ({"email": "n@example.com", "name": "N", "is_staff": True}, "is_staff"),
        ({"email": "n@example.com", "name": "N", "password": "x"}, "password"),
    ],
)
def test_what_is_wrong_with_a_person_is_named(ada_api: Program, body: dict[str, Any], field: str) -> None:
    answer = ada_api.post("/api/v1/people/", body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_an_address_belongs_to_one(ada_api: Program, mira: User) -> None:
    answer = ada_api.post("/api/v1/people/", {"email": mira.email.upper(), "name": "Another"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/api/v1/problems/address_taken/")


def test_the_list_of_people_costs_the_same_however_many_they_are(
    ada_api: Program, at: datetime, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for n in range(30):
        create_person(email=f"p{n}@example.com", name=f"Person {n}", by=None, at=at)
    with django_assert_max_num_queries(8):
        page = ada_api.get("/api/v1/people/", {"limit": "20"}).json()
    assert len(page["results"]) == 20
    assert page["next"]


def test_pages_of_people_lose_and_repeat_nobody(ada_api: Program, at: datetime) -> None:
    for n in range(7):
        create_person(email=f"p{n}@example.com", name="Same Name", by=None, at=at)
    seen, url, params = list[int](), "/api/v1/people/", {"limit": "3"}
    while url:
        page = ada_api.get(url, params).json()
        seen += [row["id"] for row in page["results"]]
        url, params = page["next"], {}
    assert len(seen) == len(set(seen)) == User.objects.active().count()


def test_a_team_and_its_people(ada_api: Program, mira: User, service_desk: Team) -> None:
    made = ada_api.post("/api/v1/teams/", {"name": "Servers", "tier": 1, "takes": "Hosts"})
    assert made.status_code == 201
    url = made["Location"]

    joined = ada_api.put(f"{url}members/{mira.pk}/", {"role": "lead"})
    assert joined.json()["members"] == [{"person": mira.pk, "name": mira.name, "role": "lead"}]
    assert (
        ada_api.get("/api/v1/people/", {"team": str(made.json()["id"])}).json()["results"][0]["id"] == mira.pk
    )

    assert ada_api.delete(f"{url}members/{mira.pk}/").status_code == 204
    assert ada_api.post(f"{url}retire/", {}).json()["is_active"] is False
    assert ada_api.post(f"{url}revive/", {}).json()["is_active"]
    taken = ada_api.post("/api/v1/teams/", {"name": service_desk.name.upper(), "tier": 1})
    assert (taken.status_code, taken.json()["field"]) == (400, "name")
    assert ada_api.post("/api/v1/teams/", {"name": "T", "tier": 7}).json()["field"] == "tier"


def test_a_team_in_which_tickets_lie_is_not_retired(ada_api: Program, ticket: Ticket) -> None:
    answer = ada_api.post(f"/api/v1/teams/{ticket.team_id}/retire/", {})
    assert (answer.status_code, answer.json()["open"]) == (409, 1)


def test_an_organisation_and_its_domains(ada_api: Program, service_desk: Team) -> None:
    body = {"name": "Southwind", "domains": ["Southwind.example"], "served_by": [service_desk.pk]}
    made = ada_api.post("/api/v1/organisations/", body).json()
    assert (made["domains"], made["served_by"]) == (["southwind.example"], [service_desk.pk])

    twin = ada_api.post("/api/v1/organisations/", {"name": "Other", "domains": ["southwind.example"]})
    assert (twin.status_code, twin.json()["field"]) == (409, "domains")
    bad = ada_api.patch(f"/api/v1/organisations/{made['id']}/", {"domains": ["no domain"]})
    assert (bad.status_code, bad.json()["field"]) == (400, "domains")


def test_skills_are_kept_and_held(ada_api: Program, mira: User) -> None:
    made = ada_api.post("/api/v1/skills/", {"name": "Firewalls"})
    key = made.json()["id"]
    assert ada_api.put(f"/api/v1/people/{mira.pk}/skills/{key}/", {"level": 3}).status_code == 200
    assert ada_api.put(f"/api/v1/people/{mira.pk}/skills/{key}/", {"level": 4}).json()["field"] == "level"
    assert (
        ada_api.patch(made["Location"], {"name": "Firewalls and VPN"}).json()["name"] == "Firewalls and VPN"
    )
    assert ada_api.delete(made["Location"]).status_code == 204


def test_somebody_says_that_they_are_away_and_back(mira_api: Program, mira: User, sara: User) -> None:
    own = f"/api/v1/people/{mira.pk}/"
    away = mira_api.post(f"{own}away/", {"until": "2026-11-30T08:00:00Z"}).json()
    assert (away["is_present"], away["away_until"]) == (False, "2026-11-30T08:00:00Z")
    assert mira_api.get(f"{own}availability/").json() == away
    assert mira_api.post(f"{own}back/", {}).json()["is_present"]
    assert mira_api.post(f"/api/v1/people/{sara.pk}/away/", {}).status_code == 403
    assert mira_api.post(f"{own}away/", {"until": "2020-01-01T00:00:00Z"}).json()["field"] == "until"


def test_requesters_see_the_categories_that_they_may_choose(
    ines_api: Program, mira_api: Program, vpn: Category
) -> None:
    Category.objects.create(name="Internal", full_name="Internal", for_requesters=False)
    theirs = {row["name"]: row["team"] for row in ines_api.get("/api/v1/categories/").json()["results"]}
    ours = {row["name"]: row["team"] for row in mira_api.get("/api/v1/categories/").json()["results"]}
    assert theirs == {"Network": None, "VPN": None}
    assert (ours["VPN"], ours["Internal"]) == (vpn.team_id, None)


def test_a_vendor_with_contract_and_contact(ada_api: Program, mira_api: Program, vendors: Team) -> None:
    url = f"/api/v1/vendors/{vendors.organisation_id}/"
    contract = ada_api.post(
        f"{url}contracts/", {"number": "C-17", "covers": "Circuits", "starts_on": "2026-01-01"}
    )
    contact = ada_api.post(f"{url}contacts/", {"name": "Fault desk", "phone": "112"})
    assert (contract.status_code, contact.status_code) == (201, 201)

    shown = mira_api.get(url).json()
    assert (shown["contracts"], shown["contacts"]) == ([contract.json()], [contact.json()])
    wrong = ada_api.patch(f"{url}contracts/{contract.json()['id']}/", {"ends_on": "2025-01-01"})
    assert (wrong.status_code, wrong.json()["field"]) == (409, "ends_on")
    assert ada_api.delete(f"{url}contracts/{contract.json()['id']}/").status_code == 204
    assert not Contract.objects.exists()


def test_a_customer_is_no_vendor(mira_api: Program, ines: User) -> None:
    assert mira_api.get(f"/api/v1/vendors/{ines.organisation_id}/").status_code == 404
