"""Policies, calendars, clocks and what-if, for programs."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from sla.models import PolicyVersion, Simulation
from sla.operations import simulating
from tests.api.conftest import Program
from tickets.models import Ticket


@pytest.fixture
def ada_api(program: Callable[..., Program], ada: User) -> Program:
    return program(ada)


@pytest.fixture
def special(house: dict[str, Any]) -> str:
    return f"/api/v1/policies/{house['policies']}/"


@pytest.fixture
def night(house: dict[str, Any]) -> str:
    return f"/api/v1/calendars/{house['calendars']}/"


def test_what_was_read_can_be_sent_back_and_changes_nothing(ada_api: Program, special: str) -> None:
    read = ada_api.get(special)
    body = {"policy": read.json()["policy"]}

    sent = ada_api.put(special, body, If_Match=read["ETag"])

    assert (sent.status_code, sent["ETag"]) == (200, read["ETag"])
    assert sent.json() == read.json()


def test_a_target_is_promised_by_the_name_of_its_calendar(ada_api: Program, special: str) -> None:
    promised = {"P1": {"resolution": {"time": "4h", "calendar": "Night"}}}
    body = {"policy": {"name": "Special", "priorities": promised}, "note": "Nights too"}

    answer = ada_api.put(special, body, If_Match='"1"')

    assert answer.status_code == 200
    assert answer.json()["policy"]["priorities"]["P1"]["resolution"] == promised["P1"]["resolution"]
    assert answer["ETag"] == '"2"'
    listed = ada_api.get(f"{special}versions/").json()["results"]
    assert [row["version"] for row in listed] == [2, 1]
    assert listed[0]["note"] == "Nights too"


def test_what_is_wrong_in_a_policy_is_named_by_its_place(ada_api: Program, special: str) -> None:
    promised = {"P1": {"resolution": {"time": "soon", "calendar": "Night"}}}
    answer = ada_api.put(special, {"policy": {"name": "Special", "priorities": promised}}, If_Match="*")

    assert answer.status_code == 400
    assert answer.json()["field"] == "policy.priorities.P1.resolution.time"
    assert PolicyVersion.objects.filter(policy__name="Special").count() == 1


@pytest.mark.parametrize("body", [{"policy": 5}, {"policy": []}, {"policy": {}}, {"policy": None}, {}])
def test_what_is_no_policy_is_refused(ada_api: Program, body: dict[str, Any]) -> None:
    answer = ada_api.post("/api/v1/policies/", body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_who_has_read_an_older_version_is_shown_the_one_in_force(ada_api: Program, special: str) -> None:
    promised = {"P1": {"resolution": {"time": "4h", "calendar": "Night"}}}
    ada_api.put(special, {"policy": {"name": "Special", "priorities": promised}}, If_Match='"1"')

    answer = ada_api.put(special, {"policy": {"name": "Special"}}, If_Match='"1"')

    assert answer.status_code == 412
    assert answer["ETag"] == '"2"'
    assert answer.json()["current"]["policy"]["priorities"]["P1"]["resolution"]["time"] == "4h"
    assert ada_api.delete(special, If_Match='"1"').status_code == 412
    assert ada_api.put(special, {"policy": {"name": "Special"}}).status_code == 428


def test_an_old_version_is_published_again(ada_api: Program, special: str) -> None:
    promised = {"P1": {"resolution": {"time": "4h", "calendar": "Night"}}}
    ada_api.put(special, {"policy": {"name": "Special", "priorities": promised}}, If_Match="*")

    answer = ada_api.post(f"{special}restore/", {"version": 1})

    assert answer.json()["version"] == 3
    assert not any(answer.json()["policy"]["priorities"].values())
    assert ada_api.post(f"{special}restore/", {"version": 9}).json()["field"] == "version"


def test_a_calendar_goes_out_as_it_came_in(ada_api: Program, night: str) -> None:
    said = {
        "zone": "Europe/Berlin",
        "hours": {"monday": "08:00-12:00, 13:00-18:00", "friday": "22:00-02:00"},
        "country": "DE",
        "subdivision": "BE",
        "own_days": ["2026-12-24 08:00-12:00 Christmas Eve"],
    }
    sent = ada_api.put(night, {"name": "Berlin", "calendar": said}, If_Match='"1"')
    assert sent.status_code == 200

    read = ada_api.get(night)
    again = ada_api.put(night, {"name": "Berlin", "calendar": read.json()["calendar"]}, If_Match=read["ETag"])

    assert again.json() == read.json()
    assert read.json()["calendar"]["zone"] == "Europe/Berlin"
    assert read.json()["calendar"]["own_days"] == said["own_days"]
    days = {day["date"]: day for day in ada_api.get(f"{night}days/").json()["results"]}
    assert days["2026-12-24"] | {"minutes": 240, "special": "Christmas Eve"} == days["2026-12-24"]
    assert days["2026-12-25"]["is_holiday"]


def test_what_is_wrong_in_a_calendar_is_named_by_its_place(ada_api: Program, night: str) -> None:
    said = {"zone": "Europe/Berlin", "hours": {"monday": "at dawn"}}
    answer = ada_api.put(night, {"name": "Night", "calendar": said}, If_Match="*")
    assert (answer.status_code, answer.json()["field"]) == (400, "calendar.hours.monday")


def test_clocks_are_told_in_seconds_with_what_they_are_judged_by(mira_api: Program, ticket: Ticket) -> None:
    rows = mira_api.get(f"/api/v1/tickets/{ticket.number}/clocks/").json()["results"]
    resolution = next(row for row in rows if row["metric"] == "resolution")
    assert resolution["state"] == "running"
    assert resolution["target"] > 0
    assert resolution["policy"]
    assert resolution["due_at"].endswith("Z")


def test_a_vendors_guest_knows_the_clocks_of_its_own_contract_alone(
    program: Callable[..., Program], vera: User, house: dict[str, Any]
) -> None:
    answer = program(vera).get(f"/api/v1/tickets/{house['with_vendor']}/clocks/")
    assert answer.status_code == 200
    assert {row["metric"] for row in answer.json()["results"]} <= {"vendor_response", "vendor_resolve"}


def test_a_manager_is_told_which_policy_judges_a_ticket(
    program: Callable[..., Program], max_: User, ticket: Ticket
) -> None:
    answer = program(max_).get(f"/api/v1/tickets/{ticket.number}/policy/").json()
    assert answer["tried"][-1] | {"matches": True, "policy": answer["policy"]} == answer["tried"][-1]
    assert answer["judged_by"][0]["is_match"]


def test_what_if_is_worked_out_and_read(
    program: Callable[..., Program], max_: User, ticket: Ticket, at: datetime
) -> None:
    api, day = program(max_), at.date().isoformat()
    asked = api.post("/api/v1/what-if/", {"text": "name: Nothing\n", "since": day, "until": day})
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")

    simulating.run(Simulation.objects.get(pk=asked.json()["id"]), at=at)

    answer = api.get(asked["Location"]).json()
    assert (answer["state"], answer["looked_at"]) == ("done", 1)
    assert "metrics" in answer["answer"]
