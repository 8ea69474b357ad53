"""Back and forth between two teams: it is told, and ends when a lead names who keeps it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Role, Team, User
from delivery.models import Mail, Notice
from escalation import operations as escalation
from escalation.models import Firing, Handoff, Rule, RuleVersion
from escalation.queries.figures import returns_by_person, returns_by_rule
from helpdesk import handoff_notices
from tests.conftest import person, seat
from tickets.models import Event, Ticket
from tickets.refusals import Invalid, NotAllowed

Later = Callable[..., datetime]


def up(ticket: Ticket, by: User | None, at: datetime, **facts: Any) -> Ticket:
    facts = {"tier": 2, "reason": "needs_expertise", "summary": "Tried all.", **facts}
    return escalation.hand_over(ticket, by=by, at=at, **facts).ticket


def back(ticket: Ticket, by: User, at: datetime) -> Ticket:
    return escalation.return_(ticket, reason="not_ours", text="No.", by=by, at=at)


def told(kind: str) -> list[dict[str, Any]]:
    return [event.data for event in Event.objects.filter(kind=kind).order_by("id")]


@pytest.fixture
def nora(network: Team) -> User:
    """Leads the network team."""
    return seat(person("Nora Lund"), network, Role.LEAD)


@pytest.fixture
def disputed(ticket: Ticket, mira: User, dario: User, later: Later) -> Ticket:
    """Twice up to the network team, twice returned."""
    for begun in (10, 30):
        up(ticket, mira, later(minutes=begun))
        ticket = back(ticket, dario, later(minutes=begun + 10))
    return ticket


def test_there_back_and_there_again_is_a_ping_pong_told_once(
    ticket, mira, dario, service_desk, network, later
):
    up(ticket, mira, later(minutes=10))
    back(ticket, dario, later(minutes=20))
    assert told("escalation.ping_pong") == []
    up(ticket, mira, later(minutes=30))
    assert told("escalation.ping_pong") == [{"teams": [service_desk.pk, network.pk]}]
    back(ticket, dario, later(minutes=40))
    assert len(told("escalation.ping_pong")) == 1
    assert Event.objects.get(kind="escalation.ping_pong").is_quiet


def test_moving_on_by_hand_overs_is_a_ping_pong_too(ticket, mira, dario, network, later):
    wifi = Team.objects.create(name="Wifi", tier=network.tier)
    max_ = seat(person("Max Wired"), wifi)
    up(ticket, mira, later(minutes=10))
    aside = {"reason": "wrong_team", "summary": ""}
    escalation.hand_over(ticket, team=wifi, by=dario, at=later(minutes=20), **aside)
    escalation.hand_over(ticket, team=network, by=max_, at=later(minutes=30), **aside)
    back(ticket, dario, later(minutes=40))
    assert told("escalation.ping_pong") == [{"teams": [network.pk, wifi.pk]}]


def test_a_fix_that_comes_down_is_no_bounce_and_no_step_of_it(ticket, mira, dario, later):
    for hour in (1, 3):
        up(ticket, mira, later(hours=hour))
        fix = {"tier": 1, "reason": "fix_found", "summary": "Do this."}
        ticket = escalation.hand_over(ticket, by=dario, at=later(hours=hour + 1), **fix).ticket
    assert ticket.bounce_count == 0
    assert told("escalation.ping_pong") == []


def test_the_leads_of_both_teams_are_told(disputed, lars, nora, mira, at):
    event = Event.objects.get(kind="escalation.ping_pong")
    for _again in range(2):
        handoff_notices.tell_of_ping_pong(event, at)
    assert sorted(Notice.objects.values_list("person__name", "kind")) == [
        ("Lars Holm", "escalation.ping_pong"),
        ("Nora Lund", "escalation.ping_pong"),
    ]
    assert sorted(Mail.objects.values_list("person__name", flat=True)) == ["Lars Holm", "Nora Lund"]
    assert "goes back and forth between two teams" in Mail.objects.latest("pk").text


def test_after_the_second_return_it_stays_until_the_owner_is_named(disputed, mira, at, later):
    with pytest.raises(escalation.OwnerToName) as refused:
        up(disputed, mira, later(hours=1))
    assert refused.value.field == "team"
    disputed.refresh_from_db()
    assert (disputed.tier_id, disputed.bounce_count) == (1, 2)


def test_a_third_team_may_still_get_it(disputed, mira, platform, later):
    assert up(disputed, mira, later(hours=1), tier=3).team == platform


def test_rules_are_bound_as_people_are(disputed, later):
    with pytest.raises(escalation.OwnerToName):
        up(disputed, None, later(hours=1))


def test_the_lead_of_the_other_team_names_where_it_lies(disputed, nora, service_desk, mira, later):
    stays = escalation.name_owner(disputed, team=service_desk, by=nora, at=later(hours=1))
    assert (stays.team, stays.bounce_count) == (service_desk, 2)
    event = Event.objects.get(kind="escalation.owner_named")
    assert (event.by, event.data["teams"][0], event.changes) == (nora, service_desk.pk, {})
    assert Handoff.objects.latest("pk").is_owner_named
    with pytest.raises(escalation.NamedOwner):
        up(stays, mira, later(hours=2))


def test_named_elsewhere_it_moves_there_and_is_not_returned(disputed, lars, dario, nora, network, later):
    moved = escalation.name_owner(disputed, team=network, text="VPN is yours.", by=lars, at=later(hours=1))
    assert (moved.team, moved.unaccepted_since, moved.path) == (network, later(hours=1), [1, 2, 1, 2, 1, 2])
    with pytest.raises(escalation.NamedOwner):
        back(moved, dario, later(hours=2))
    escalation.accept(moved, by=dario, at=later(hours=3))
    with pytest.raises(escalation.NamedOwner):
        back(moved, dario, later(hours=3))
    assert back(moved, nora, later(hours=4)).tier_id == 1


def test_only_a_lead_of_one_of_both_names_and_only_one_of_both(
    disputed, mira, lars, max_, yuki, platform, later
):
    with pytest.raises(NotAllowed):
        escalation.name_owner(disputed, team=platform, by=mira, at=later(hours=1))
    with pytest.raises(NotAllowed):
        escalation.name_owner(disputed, team=platform, by=yuki, at=later(hours=1))
    with pytest.raises(Invalid) as refused:
        escalation.name_owner(disputed, team=platform, by=lars, at=later(hours=1))
    assert refused.value.field == "team"
    assert escalation.name_owner(disputed, team=disputed.team, by=max_, at=later(hours=1)).tier_id == 1


def test_an_owner_who_receives_nothing_is_refused(disputed, lars, network, later):
    network.is_active = False
    network.save()
    with pytest.raises(Invalid, match="Network receives nothing"):
        escalation.name_owner(disputed, team=network, by=lars, at=later(hours=1))


def test_without_a_dispute_there_is_nothing_to_name(ticket, lars, mira, dario, service_desk, later):
    up(ticket, mira, later(minutes=10))
    back(ticket, dario, later(minutes=20))
    with pytest.raises(escalation.NothingToName):
        escalation.name_owner(ticket, team=service_desk, by=lars, at=later(hours=1))


def test_a_return_of_what_a_rule_moved_counts_against_the_rule(
    ticket, dario, service_desk, network, at, later
):
    rule = Rule.objects.create(name="All up")
    version = RuleVersion.objects.create(rule=rule, number=1, spec={}, at=at)
    firing = Firing.objects.create(version=version, ticket=ticket, at=at, state=Firing.State.DONE)
    up(ticket, None, at, firing=firing)
    returned = back(ticket, dario, later(minutes=5))
    assert (returned.team, returned.bounce_count) == (service_desk, 1)
    assert returns_by_rule() == {rule.pk: (1, 1)}
    assert returns_by_person(service_desk) == {}


def test_the_page_says_so_and_lets_a_lead_name(disputed, mira, lars, signed_in, network):
    words = "Returned twice between Service desk and Network."
    url = f"/desk/tickets/{disputed.number}/"
    page = signed_in(mira).get(url).content.decode()
    assert words in page
    assert "name-owner/" not in page
    client = signed_in(lars)
    assert f"{url}name-owner/" in client.get(url).content.decode()
    dialog = client.get(f"{url}name-owner/").content.decode()
    assert [name in dialog for name in ("Service desk", "Network", "Wifi")] == [True, True, False]
    assert client.post(f"{url}name-owner/", {"team": network.pk})["Location"] == url
    page = client.get(url).content.decode()
    assert "have named who keeps it" in page
    assert "Lars Holm named Network: it stays there" in page
