"""Draft rules on past tickets: the same moves that the live engine makes, beside what really happened."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Team, User
from escalation import operations as escalation
from escalation.models import Firing, Rule
from escalation.operations.rules import create_rule
from escalation.operations.ticking import tick
from escalation.rules import book, together
from escalation.rules.asking import asked_at_once
from escalation.rules.exchange import Draft, of_rule, write
from escalation.rules.outcomes import Outcome
from escalation.rules.simulating import Question, ask, tickets_of
from escalation.rules.spec import Action, RuleSpec, TimeTrigger
from escalation.rules.together import Trial, try_together
from tickets import operations
from tickets.models import Event, Ticket

URGENT = {"field": "priority", "op": "is", "value": ["1"]}
UP = Action("move", {"tier": 2, "reason": "needs_expertise"})


def draft(name: str, *actions: Action, events: tuple[str, ...] = ("changed:priority",), **said: Any) -> Draft:
    return Draft(name, RuleSpec(events=() if "time" in said else events, actions=actions or (UP,), **said))


P1_UP = draft("P1 goes up", when={"all": [URGENT]})


@pytest.fixture(autouse=True)
def rules_read_anew() -> Iterator[None]:
    book._kept = None
    yield
    book._kept = None


@pytest.fixture
def tried(at: datetime) -> Callable[..., dict[str, Any]]:
    """The outcome of drafts over the week around the test's Monday, from a second before it on."""

    def try_(*drafts: Draft, days: float = 7, since: datetime | None = None) -> dict[str, Any]:
        since = since or at - timedelta(seconds=1)
        question = Question.of(drafts, since=since, until=at + timedelta(days=days), at=at + timedelta(30))
        outcome = Outcome()
        assert ask(question, tickets_of(since, at + timedelta(days=days)), outcome) is True
        assert Outcome.from_json(json.loads(json.dumps(outcome.to_json()))) == outcome
        return outcome.to_json() | {"idle": outcome.without_effect()}

    return try_


@pytest.fixture
def live(max_: User, at: datetime) -> Callable[..., Rule]:
    """A rule in force, as the draft says."""

    def make(said: Draft) -> Rule:
        return create_rule(name=said.name, spec=said.spec, is_enabled=True, by=max_, at=at)

    return make


def moves(found: dict[str, Any]) -> list[tuple[str, str, Any, Any, str]]:
    return [
        (row["ticket"], row["rule"], row["from"], row["to"], row["really"])
        for row in found["rows"]
        if row["column"] == "team_id"
    ]


def test_a_draft_tells_where_tickets_would_have_gone(
    ticket: Ticket, service_desk: Team, network: Team, dario: User, mira: User, tried: Any, later: Any
) -> None:
    operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=5))
    escalation.hand_over(
        ticket, team=network, reason="needs_expertise", summary="It is down.", by=mira, at=later(minutes=35)
    )
    found = tried(P1_UP)
    (row,) = found["rows"]
    assert (row["ticket"], row["rule"], row["column"]) == (ticket.number, "P1 goes up", "team_id")
    assert (row["from"], row["to"], row["really"]) == (service_desk.pk, network.pk, "later")
    assert (row["at"], row["really_at"], row["really_by"]) == (
        later(minutes=5).isoformat(),
        later(minutes=35).isoformat(),
        "person",
    )
    assert row["event"] == Event.objects.get(ticket=ticket, kind="ticket.changed").pk
    assert found["rules"]["P1 goes up"] == {"fired": 1, "moved": 1, "later": 1, "limited": 0, "idle": 0}
    assert (found["tickets"], found["changed_tickets"], found["rows_total"]) == (1, 1, 1)
    assert found["teams"][str(network.pk)]["open"] == 1


def test_nothing_is_changed_by_trying(
    ticket: Ticket, dario: User, mira: User, tried: Any, later: Any
) -> None:
    operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=5))
    before = (list(Event.objects.values_list("pk")), Ticket.objects.values().get())
    assert tried(P1_UP)["rows_total"] == 1
    assert (list(Event.objects.values_list("pk")), Ticket.objects.values().get()) == before
    assert not Firing.objects.exists()


def test_what_rules_really_caused_is_left_out_and_found_again(
    open_ticket: Any, live: Any, dario: User, mira: User, tried: Any, later: Any
) -> None:
    """Chain, order and stop: the draft in force reproduces what it did."""
    chain = [
        P1_UP,
        draft("On L2 a problem", Action("set", {"field": "kind", "value": "problem"}), events=("changed:tier_id",)),
        draft("Problems are P2", Action("set", {"field": "priority", "value": 2}), events=("changed:kind",)),
        draft("Stops", Action("note", {"text": "Look at it."}), events=("changed:impact",), stops=True),
        draft("Never asked", Action("set", {"field": "urgency", "value": 3}), events=("changed:impact",)),
    ]  # fmt: skip
    for each in chain:
        live(replace(each, spec=replace(each.spec)))
    tickets = [open_ticket(at=later(minutes=n)) for n in range(3)]
    for n, each in enumerate(tickets[:2]):
        with asked_at_once(later(minutes=10 + n)):
            operations.change(each, impact=1, urgency=1, by=mira, at=later(minutes=10 + n))
    done = [(row.ticket.number, row.version.rule.name) for row in Firing.objects.order_by("id")]
    assert len(done) == 8
    found = tried(*(of_rule(rule) for rule in Rule.objects.all()))
    assert found["against"] == {"same": 6}
    assert [(row["rule"], row["column"], row["to"]) for row in found["rows"][:3]] == [
        ("P1 goes up", "team_id", dario.team_ids[0]),
        ("On L2 a problem", "kind", "problem"),
        ("Problems are P2", "priority", 2),
    ]
    assert found["idle"] == ["Never asked"]
    without = tried(chain[1])
    assert {row["really"] for row in without["rows"]} == {"gone"}
    assert without["rows_total"] == 6


def test_a_person_goes_before_a_rule(
    ticket: Ticket,
    service_desk: Team,
    platform: Team,
    yuki: User,
    dario: User,
    mira: User,
    tried: Any,
    later: Any,
) -> None:
    """Network by the draft; then a person says Platform, and there it lies at the end."""
    operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=5))
    escalation.hand_over(
        ticket, team=platform, reason="needs_expertise", summary="It is down.", by=mira, at=later(minutes=9)
    )
    found = tried(P1_UP)
    assert moves(found) == [(ticket.number, "P1 goes up", service_desk.pk, dario.team_ids[0], "never")]
    assert found["teams"][str(platform.pk)] == {
        "open": 1,
        "really_open": 1,
        "really_moves_in": 1,
    }


def test_counts_are_carried_by_what_people_added(
    ticket: Ticket, network: Team, dario: User, mira: User, tried: Any, later: Any
) -> None:
    """A hand-over by the draft and one by a person are two."""
    twice = draft(
        "Twice is enough",
        Action("set", {"field": "priority", "value": 1}),
        events=("changed:team_id",),
        when={"all": [{"field": "handoffs", "op": "at_least", "value": ["2"]}]},
    )
    operations.change(ticket, impact=2, by=mira, at=later(minutes=5))
    escalation.hand_over(
        ticket, team=network, reason="needs_expertise", summary="Up.", by=mira, at=later(minutes=9)
    )
    alone = tried(twice)
    assert alone["rows_total"] == 0
    to_platform = draft("Impact moves", Action("move", {"team": ticket.team_id}), events=("changed:impact",))
    assert tried(to_platform)["idle"] == ["Impact moves"]


def test_rules_that_undo_each_other_are_a_cycle(
    ticket: Ticket, network: Team, service_desk: Team, dario: User, mira: User, tried: Any, later: Any
) -> None:
    back = draft(
        "Back to the desk",
        Action("move", {"team": service_desk.pk, "reason": "wrong_team"}),
        events=("changed:team_id",),
        when={"all": [{"field": "team", "op": "is", "value": [str(network.pk)]}]},
    )
    operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=5))
    (cycle,) = tried(P1_UP, back)["cycles"]
    assert (cycle["column"], cycle["times"], cycle["ticket"]) == ("team_id", 1, ticket.pk)
    assert cycle["path"] == [service_desk.pk, network.pk, service_desk.pk]
    assert cycle["rules"] == ["P1 goes up", "Back to the desk"]


def chain() -> list[Draft]:
    """Twelve rules, each set off by what the next in the order did: along the priorities, and down the kinds."""
    kinds = ("incident", "problem", "request")
    way = [(kind, n) for place, kind in enumerate(kinds) for n in ((4, 3, 2, 1), (1, 2, 3, 4))[place % 2]]
    rules = []
    for number, ((kind, priority), (next_kind, next_priority)) in enumerate(
        pairwise([*way, ("question", 1)])
    ):
        asked = {"kind": kind, "priority": str(priority)}
        when = {"all": [{"field": name, "op": "is", "value": [value]} for name, value in asked.items()]}
        field, value = ("kind", next_kind) if kind != next_kind else ("priority", next_priority)
        events = ("changed:status",) if number == 0 else ("changed",)
        rules.append(
            draft(
                f"Step {number + 1}",
                Action("set", {"field": field, "value": value}),
                events=events,
                when=when,
            )
        )
    return rules[::-1]


def test_a_chain_ends_at_its_limit_as_it_does_live(
    ticket: Ticket, live: Any, dario: User, mira: User, tried: Any, later: Any
) -> None:
    operations.override_priority(ticket, priority=4, reason="It can wait.", by=mira, at=later(minutes=1))
    for each in chain():
        live(each)
    with asked_at_once(later(minutes=5)):
        operations.take(ticket, by=mira, at=later(minutes=5))
    states = Firing.objects.order_by("id").values_list("version__rule__name", "state")
    assert list(states) == [*((f"Step {n}", "done") for n in range(1, 11)), ("Step 11", "limited")]
    found = tried(*chain())
    assert {
        name: (counts["fired"], counts["limited"]) for name, counts in found["rules"].items() if counts
    } == {
        **{f"Step {n}": (1, 0) for n in range(1, 11)},
        "Step 11": (1, 1),
    }
    assert found["against"] == {"same": 10}
    assert found["idle"] == ["Step 12", "Step 11"]


@pytest.mark.parametrize(("minutes", "expected"), [(50, 0), (70, 1)])
def test_a_rule_that_waits_fires_when_its_span_is_over(
    ticket: Ticket, dario: User, mira: User, tried: Any, later: Any, minutes: int, expected: int
) -> None:
    """Untouched for an hour it goes up, to the minute; taken before, it stays."""
    waits = draft(
        "An hour",
        when={"all": [{"field": "status", "op": "is", "value": ["new"]}]},
        time=TimeTrigger("status_since", 60),
    )
    operations.take(ticket, by=mira, at=later(minutes=minutes))
    rows = tried(waits)["rows"]
    assert [row["at"] for row in rows] == [later(minutes=60).isoformat()] * expected


def test_waiting_and_events_agree_with_the_live_engine(
    open_ticket: Any, live: Any, dario: User, mira: User, tried: Any, later: Any
) -> None:
    """A rule that waits sets off one that does not; the timer looks each minute."""
    incident = {"field": "kind", "op": "is", "value": ["incident"]}
    ask_it = Action("set", {"field": "kind", "value": "question"})
    live(draft("Waits", ask_it, when={"all": [incident]}, time=TimeTrigger("status_since", 30)))
    live(draft("Follows", events=("changed:kind",)))
    open_ticket(at=later(minutes=0))
    second = open_ticket(at=later(minutes=3))
    for minute in range(1, 60):
        with asked_at_once(later(minutes=minute)):
            if minute == 20:
                operations.take(second, by=mira, at=later(minutes=minute))
            tick(at=later(minutes=minute))
    done = [
        (row.ticket.number, row.at.isoformat(), row.version.rule.name, "same")
        for row in Firing.objects.order_by("ticket_id", "id")
    ]
    found = tried(*(of_rule(rule) for rule in Rule.objects.all()))
    assert [(row["ticket"], row["at"], row["rule"], row["really"]) for row in found["rows"]] == done
    assert len(done) == 4


def test_a_return_that_would_not_have_been_is_counted(
    ticket: Ticket, live: Any, network: Team, dario: User, mira: User, tried: Any, later: Any
) -> None:
    """A rule moved it, Network gave it back. Without the rule there is nothing to give back."""
    rule = live(P1_UP)
    with asked_at_once(later(minutes=5)):
        operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=5))
    escalation.return_(ticket, reason="wrong_team", text="Not ours.", by=dario, at=later(minutes=30))
    assert (tried(of_rule(rule))["returns"], tried(of_rule(rule))["avoided"]) == (1, 0)
    calm = draft("Never", when={"all": [URGENT, {"field": "kind", "op": "is", "value": ["question"]}]})
    found = tried(calm)
    assert (found["returns"], found["avoided"], found["idle"]) == (1, 1, ["Never"])


def test_a_trial_in_shares_finds_what_it_finds_as_a_whole(
    open_ticket: Any, dario: User, mira: User, later: Any, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        ticket = open_ticket(at=later(minutes=n))
        operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=10 + n))
    back = draft(
        "And back",
        Action("move", {"team": ticket.team_id, "reason": "wrong_team"}),
        events=("changed:team_id",),
        when={"all": [{"field": "tier", "op": "is", "value": ["2"]}]},
    )
    trial = Trial(write([P1_UP, back]), at - timedelta(seconds=1), later(days=7), later(days=7))
    whole = try_together(trial, processes=1)
    monkeypatch.setattr(together, "SHARE", 1)
    told: list[int] = []
    shared = try_together(trial, processes=1, tell=lambda so_far: told.append(so_far.tickets))
    assert shared == whole
    assert told == [1, 2, 3, 4]
    assert whole.cycles[0]["times"] == 4


def test_only_the_period_counts(ticket: Ticket, dario: User, mira: User, tried: Any, later: Any) -> None:
    operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=5))
    assert tried(P1_UP, since=later(minutes=6))["rows_total"] == 0
    assert tried(P1_UP, since=later(minutes=4))["rows_total"] == 1
    assert tried(P1_UP, days=0.001)["rows_total"] == 0


def test_pasts_are_read_in_bulk(open_ticket: Any, dario: User, mira: User, tried: Any, later: Any) -> None:
    """As many queries for thirty tickets as for three, whatever the rules ask and do."""
    said = [
        {"field": "text", "op": "contains", "value": ["friday"]},
        {"field": "tag", "op": "is", "value": ["none-of-these"]},
        {"field": "breached", "op": "is", "value": ["true"]},
        {"field": "category", "op": "is", "value": ["none"]},
    ]
    curious = draft("Curious", when={"any": said}, events=("created",))

    def queries() -> int:
        tried(curious)
        with CaptureQueriesContext(connection) as context:
            assert tried(curious)["rules"]["Curious"]["fired"] == Ticket.objects.count()
        return len(context)

    for n in range(3):
        open_ticket(at=later(minutes=n))
    few = queries()
    for n in range(27):
        open_ticket(at=later(minutes=n))
    assert queries() == few


def test_membership_does_not_matter_to_the_past(
    ticket: Ticket, dario: User, mira: User, tried: Any, later: Any
) -> None:
    """Teams are read as they are now: where nobody receives, nothing would have gone."""
    operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=5))
    Membership.objects.filter(user=dario).delete()
    Team.objects.filter(name="Network").update(is_active=False)
    assert tried(P1_UP)["idle"] == ["P1 goes up"]


# --- the command ---


@pytest.fixture
def early(open_ticket: Any, later: Any) -> Ticket:
    """Filed an hour before it is now."""
    filed: Ticket = open_ticket(at=later(hours=-1))
    return filed


@pytest.fixture
def told(early: Ticket, dario: User, mira: User, later: Any, tmp_path: Path) -> Callable[..., Any]:
    operations.change(early, impact=1, urgency=1, by=mira, at=later(minutes=-30))

    def call(**options: Any) -> tuple[str, Any]:
        rules, answer, out = tmp_path / "rules.yml", tmp_path / "out.json", StringIO()
        rules.write_text(options.pop("text", write([P1_UP])), encoding="utf-8")
        given = {"rules": rules, "since": "2026-11-23", "until": "2026-11-29", "json": answer} | options
        call_command("simulate_rules", stdout=out, **given)
        return out.getvalue(), json.loads(answer.read_text(encoding="utf-8"))

    return call


def test_the_command_writes_the_whole_answer(told: Any, early: Ticket) -> None:
    out, found = told()
    assert found["period"] == {"from": "2026-11-23", "to": "2026-11-29"}
    assert found["rules"][0] == {
        "rule": "P1 goes up", "fired": 1, "moved": 1, "changed": 0, "limited": 0, "idle": 0,
        "same": 0, "later": 0, "never": 1,
    }  # fmt: skip
    (row,) = found["rows"]
    assert (row["ticket"], row["from"], row["to"]) == (early.number, "Service desk", "Network")
    assert set(found["as_of_now"]) == {
        "people",
        "organisations",
        "teams",
        "calendars",
        "tags",
        "words",
        "fields",
    }
    assert "P1 goes up" in out
    assert early.number in out


def test_the_command_refuses_what_it_cannot_read(told: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"Line 1.*There is no rule in the text"):
        told(text="rules: []")
    with pytest.raises(CommandError, match="--to lies before --from"):
        told(since="2026-12-24")
    with pytest.raises(CommandError, match="--from: soon is no date"):
        told(since="soon")
    with pytest.raises(CommandError, match="cannot be read"):
        told(rules=tmp_path / "nowhere.yml")
