"""Rules, trials and hand-offs, for programs."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Team, User
from delivery.operations import claim, deliver
from escalation import operations as escalation
from escalation.models import Firing
from escalation.rules.exchange import read
from sla.models import Simulation
from sla.operations import simulating
from tests.api.bodies import RULE
from tests.api.conftest import Program
from tickets.models import Ticket


@pytest.fixture
def max_api(program: Callable[..., Program], max_: User) -> Program:
    return program(max_)


@pytest.fixture
def rule(house: dict[str, Any]) -> str:
    return f"/api/v1/rules/{house['rules']}/"


def test_what_was_read_can_be_sent_back_and_changes_nothing(max_api: Program, rule: str) -> None:
    read_ = max_api.get(rule)
    sent = max_api.put(rule, {"rule": read_.json()["rule"]}, If_Match=read_["ETag"])
    assert (sent.status_code, sent.json()) == (200, read_.json())


def test_a_new_rule_is_out_of_use_until_it_is_put_to_use(max_api: Program) -> None:
    made = max_api.post("/api/v1/rules/", {"rule": {**RULE, "enabled": True}, "why": "As agreed"})
    assert (made.status_code, made.json()["is_enabled"]) == (201, False)

    used = max_api.post(f"{made['Location']}use/", {"is_enabled": True})
    assert used.json()["is_enabled"]


def test_a_team_is_named_by_its_name(max_api: Program, rule: str, network: Team) -> None:
    said = {"name": "To managers", "events": ["created"], "then": [{"move": {"team": network.name}}]}

    answer = max_api.put(rule, {"rule": said}, If_Match="*")

    assert answer.status_code == 200
    assert answer.json()["rule"]["then"][0]["move"]["team"] == network.name


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"then": [{"move": {"team": "Nobody"}}]}, "rule.then[1].move.team"),
        ({"events": ["born"]}, "rule.events"),
        ({"when": {"field": "mood", "op": "is", "value": "bad"}}, "rule.when"),
        ({"stop": "perhaps"}, "rule.stop"),
        ({"colour": "red"}, "rule.colour"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(
    max_api: Program, rule: str, changed: dict[str, Any], field: str
) -> None:
    answer = max_api.put(rule, {"rule": {**RULE, **changed}}, If_Match="*")
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_who_has_read_an_older_version_is_shown_the_one_in_force(max_api: Program, rule: str) -> None:
    first = max_api.put(rule, {"rule": {**RULE, "events": ["reopened"]}}, If_Match='"1"')
    assert first.status_code == 200

    answer = max_api.put(rule, {"rule": {**RULE, "note": "Mine"}}, If_Match='"1"')

    assert (answer.status_code, answer["ETag"]) == (412, '"2"')
    assert answer.json()["current"]["rule"]["name"] == "Tells"
    assert max_api.put(rule, {"rule": RULE}).status_code == 428
    assert max_api.delete(rule, If_Match='"1"').status_code == 412


def test_versions_tell_what_changed_and_come_back(max_api: Program, rule: str) -> None:
    max_api.put(
        rule, {"rule": {**RULE, "events": ["created", "reopened"]}, "why": "Also again"}, If_Match="*"
    )

    newest, oldest = max_api.get(f"{rule}versions/").json()["results"]

    assert (newest["version"], newest["why"], bool(newest["differences"])) == (2, "Also again", True)
    assert (oldest["version"], oldest["differences"]) == (1, [])
    assert max_api.post(f"{rule}restore/", {"version": 1}).json()["version"] == 3
    assert max_api.post(f"{rule}restore/", {"version": 7}).json()["field"] == "version"


def test_a_firing_is_told_with_its_why_to_those_who_may_open_the_ticket(
    program: Callable[..., Program],
    max_api: Program,
    lars: User,
    rule: str,
    open_ticket: Callable[..., Ticket],
    at: datetime,
) -> None:
    when = {"field": "priority", "op": "is", "value": ["P4"]}
    max_api.put(rule, {"rule": {**RULE, "when": when}}, If_Match="*")
    max_api.post(f"{rule}use/", {"is_enabled": True})
    ticket = open_ticket("VPN drops")
    for delivery in claim(limit=100, worker="test", at=at):
        deliver(delivery, at=at)
    assert Firing.objects.count() == 1

    (fired,) = max_api.get(f"{rule}firings/").json()["results"]
    assert (fired["ticket"], fired["state"], len(fired["why"])) == (ticket.number, "done", 1)
    why = max_api.get(f"{rule}why-not/{ticket.number}/").json()
    assert why["because"] == "fired"

    Ticket.objects.filter(pk=ticket.pk).update(is_restricted=True)
    (hidden,) = program(lars).get(f"{rule}firings/").json()["results"]
    assert (hidden["ticket"], hidden["why"]) == (None, [])


def test_rules_are_tried_on_the_past(max_api: Program, dario: User, ticket: Ticket, at: datetime) -> None:
    text = "rules: [{name: To L2, events: [created], then: [{move: {tier: L2}}]}]"
    assert read(text)
    day = at.date().isoformat()

    asked = max_api.post("/api/v1/rules/trials/", {"text": text, "since": day, "until": day})
    assert (asked.status_code, asked.json()["rules"]) == (202, ["To L2"])
    simulating.run(Simulation.objects.get(pk=asked.json()["id"]), at=at)

    found = max_api.get(asked["Location"]).json()
    assert found["state"] == "done"
    (row,) = found["answer"]["rules"]
    assert (row["rule"], row["fired"], found["answer"]["tickets"]) == ("To L2", 1, 1)


def test_hand_offs_are_told_to_the_desk(
    mira_api: Program, program: Callable[..., Program], mira: User, dario: User, ticket: Ticket, at: datetime
) -> None:
    escalation.hand_over(
        ticket,
        team=Team.objects.get(pk=dario.team_ids[0]),
        reason="needs_expertise",
        summary="MTU",
        by=mira,
        at=at,
    )

    (row,) = mira_api.get(f"/api/v1/tickets/{ticket.number}/hand-offs/").json()["results"]

    assert (row["from"]["tier"], row["to"]["tier"], row["by"]) == (1, 2, mira.pk)
    listed = mira_api.get("/api/v1/hand-offs/", {"state": "waiting"}).json()["results"]
    assert listed == [row]
    assert mira_api.get("/api/v1/hand-offs/", {"state": "lost"}).json()["field"] == "state"
