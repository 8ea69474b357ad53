"""Pages of rules: managers and administrators build them without code, leads read them; a ticket says why."""

import json
from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Team, User
from escalation import operations as escalation
from escalation.models import Firing, Rule
from escalation.operations.rules import create_rule, publish_rule
from escalation.operations.trying import try_rules
from escalation.queries.rules import returned_by, rules_with_deeds, states_of
from escalation.rules.asking import asked_at_once
from escalation.rules.engine import evaluate
from escalation.rules.exchange import Draft, read, write
from escalation.rules.spec import RuleSpec, from_json
from sla.models import Calendar, Simulation
from sla.operations.simulating import run
from tests.escalation.rule_book import NOTE, TO_L2, both, is_, says
from tickets import operations
from tickets.models import Event, Ticket

Later = Callable[..., datetime]
URGENT = is_("priority", "1")
UP = says(TO_L2, on=("changed:priority",), when=URGENT)


@pytest.fixture
def manager(max_: User, signed_in: Callable[[User], Any]) -> Any:
    return signed_in(max_)


@pytest.fixture
def p1_up(dario: User, max_: User, at: datetime) -> Rule:
    return create_rule(name="P1 goes up", spec=UP, note="Agreed in May.", is_enabled=True, by=max_, at=at)


@pytest.fixture
def moved(ticket: Ticket, p1_up: Rule, mira: User, later: Later) -> Ticket:
    """By the rule, five minutes after it was filed."""
    with asked_at_once(later(minutes=5)):
        operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=5))
    return Ticket.objects.get(pk=ticket.pk)


def page(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return unescape(" ".join(answer.content.decode().split()))


def spec_of(name: str) -> RuleSpec:
    version = Rule.objects.get(name=name).current
    assert version is not None
    return from_json(version.spec)


def filled(client: Client, url: str, **changes: Any) -> dict[str, Any]:
    """What the browser would send back of the form on this page, with these changes (`__` reads as `-`)."""
    form = client.get(url).context["form"]
    data: dict[str, Any] = {}
    for part in (form, *form.conditions, *form.actions):
        for bound in part:
            value = bound.value()
            if value is not None and value is not False and value not in ("", []):
                data[bound.html_name] = value
    return data | {name.replace("__", "-"): value for name, value in changes.items()}


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422
    return {name: list(found) for name, found in answer.context["form"].errors.items()}


# --- the list ---


def test_the_list_says_what_each_rule_does_and_has_done(
    moved: Ticket, dario: User, manager: Client, later: Later
) -> None:
    escalation.return_(moved, reason="wrong_team", text="Not ours.", by=dario, at=later(minutes=30))
    said = page(manager.get("/settings/rules/"))
    assert "When priority changes · if Priority is P1" in said
    assert "move to L2 (needs more expertise)" in said
    line = next(
        line for line in manager.get("/settings/rules/").context["lines"] if line["rule"].name == "P1 goes up"
    )
    assert (line["rule"].lately, line["rule"].returned) == (1, 1)
    operations.not_a_request(moved, reason="noise", by=None, at=later(minutes=40))
    row: Any = rules_with_deeds(at=later(minutes=41)).get(name="P1 goes up")
    assert (row.lately, row.returned, states_of(row), returned_by(row)) == (0, 0, {}, 0)


def test_leads_read_and_others_find_nothing(
    p1_up: Rule, lars: User, mira: User, ada: User, signed_in: Any
) -> None:
    lead = signed_in(lars)
    assert "New rule" not in page(lead.get("/settings/rules/"))
    assert lead.get(f"/settings/rules/{p1_up.pk}/")["Location"] == f"/settings/rules/{p1_up.pk}/versions/"
    for act in ("move", "use", "copy", "delete", "restore"):
        assert lead.post(f"/settings/rules/{p1_up.pk}/{act}/").status_code == 404
    assert lead.post("/settings/rules/new/", {}).status_code == 404
    assert signed_in(mira).get("/settings/rules/").status_code == 404


def test_order_and_use_are_one_button_each(p1_up: Rule, manager: Client, max_: User, at: datetime) -> None:
    create_rule(name="Note it", spec=says(NOTE, on=("created",)), by=max_, at=at)
    second = Rule.objects.get(name="Note it")
    manager.post(f"/settings/rules/{second.pk}/move/", {"to": "up"})
    names = [
        name for name in Rule.objects.values_list("name", flat=True) if name in ("P1 goes up", "Note it")
    ]
    assert names == ["Note it", "P1 goes up"]
    assert "is in use" in page(manager.post(f"/settings/rules/{second.pk}/use/", {"use": "yes"}, follow=True))
    manager.post(f"/settings/rules/{second.pk}/use/", {"use": "no"})
    assert Rule.objects.get(pk=second.pk).is_enabled is False


def test_a_rule_that_has_fired_is_not_deleted(moved: Ticket, p1_up: Rule, manager: Client) -> None:
    told = page(manager.post(f"/settings/rules/{p1_up.pk}/delete/", follow=True))
    assert "has fired, so tickets name it" in told
    copied = manager.post(f"/settings/rules/{p1_up.pk}/copy/", follow=True)
    assert "P1 goes up (copy) is made" in page(copied)
    assert "is deleted" in page(
        manager.post(f"/settings/rules/{Rule.objects.get(name='P1 goes up (copy)').pk}/delete/", follow=True)
    )


# --- building ---


def test_a_rule_is_built_from_rows(dario: User, network: Team, manager: Client) -> None:
    data = filled(
        manager,
        "/settings/rules/new/",
        name="P1 of Ines goes up",
        note="Because.",
        trigger="events",
        events=["created", "changed"],
        columns=["priority", "impact"],
        match="all",
        n__conditions=3,
        c0__field="priority",
        c0__op="is",
        c0__value=["1", "2"],
        c1__field="assignee",
        c1__op="empty",
        c1__value="true",
        n__actions=2,
        a0__do="move",
        a0__to=f"team:{network.pk}",
        a0__reason="needs_expertise",
        a1__do="set",
        a1__value="urgency:1",
        stops="on",
    )
    answer = manager.post("/settings/rules/new/", data, follow=True)
    assert "P1 of Ines goes up is made" in page(answer)
    made = Rule.objects.get(name="P1 of Ines goes up")
    assert (made.is_enabled, made.owner and made.owner.name) == (False, "Max Brandt")
    spec = spec_of(made.name)
    assert spec.events == ("created", "changed:priority", "changed:impact")
    assert spec.when == both(is_("priority", "1", "2"), is_("assignee", "true", op="empty"))
    assert [(action.do, dict(action.args)) for action in spec.actions] == [
        ("move", {"team": network.pk, "reason": "needs_expertise"}),
        ("set", {"field": "urgency", "value": 1}),
    ]
    assert spec.stops is True


def test_what_the_editor_shows_is_what_it_saves(
    p1_up: Rule, mira: User, vpn: Any, manager: Client, max_: User, at: datetime
) -> None:
    """Every type of action, a rule that waits, a condition that rows cannot say: sent back as they stand."""
    hours = Calendar.objects.get(name="Business hours")
    specs = [
        UP,
        says(
            ("notify", {"who": "person", "person": mira.pk, "text": "Look at {number}."}),
            ("reply", {"text": "Hello {first_name}."}),
            ("status", {"to": "resolve", "code": "no_answer", "text": "We heard nothing."}),
            ("assign", {"to": mira.pk}),
            ("set", {"field": "category", "value": vpn.pk}),
            ("tag", {"name": "quiet"}),
            ("untag", {"name": "loud"}),
            ("note", {"text": "It waits."}),
            ("vendor", {}),
            ("assign_by_strategy", {}),
            waits=("status_since", 90, hours.pk),
            when={"all": [{"any": [is_("priority", "1"), {"not": is_("vip", "true")}]}]},
        ),
        says(("status", {"to": "hold", "reason": "change", "minutes": 60}), on=("reopened",)),
    ]
    for spec in specs:
        publish_rule(p1_up, spec=spec, by=max_, at=at)
        number = Rule.objects.get(pk=p1_up.pk).versions.count()
        url = f"/settings/rules/{p1_up.pk}/"
        before = spec_of("P1 goes up")
        assert "It says what it did" in page(manager.post(url, filled(manager, url), follow=True))
        assert spec_of("P1 goes up") == before
        assert Rule.objects.get(pk=p1_up.pk).versions.count() == number


def test_what_is_wrong_is_said_where_it_was_typed_and_nothing_is_lost(
    p1_up: Rule, network: Team, manager: Client
) -> None:
    url = f"/settings/rules/{p1_up.pk}/"
    assert errors(manager.post(url, filled(manager, url, events=[], columns=[])))["events"]
    assert errors(manager.post(url, filled(manager, url, trigger="time", span="soon", since="status_since")))[
        "span"
    ]
    wrong = manager.post(url, filled(manager, url, a0__to="", name="Another name"))
    assert "__all__" in errors(wrong)
    assert "Choose a tier or a team." in wrong.content.decode()
    assert "Another name" in wrong.content.decode()
    itself = filled(
        manager, url, c0__field="team", c0__op="is", c0__value=[str(network.pk)], a0__to=f"team:{network.pk}"
    )
    assert "moves to itself" in unescape(manager.post(url, itself).content.decode())
    tree = filled(manager, url, match="tree", tree="all:\n- {field: nonsense, op: is, value: 1}")
    assert "nonsense" in errors(manager.post(url, tree))["tree"][0]
    assert spec_of("P1 goes up") == UP


def test_one_row_more_keeps_what_was_typed(p1_up: Rule, manager: Client) -> None:
    url = f"/settings/rules/{p1_up.pk}/"
    for group in ("conditions", "actions"):
        answer = manager.post(url, filled(manager, url, name="Half way", more=group))
        form = answer.context["form"]
        assert form["name"].value() == "Half way"
        assert form.counts[group] == {"conditions": 3, "actions": 2}[group]
        assert form.actions[0].initial["do"] == "move"


def test_rows_are_drawn_anew_for_what_was_chosen(manager: Client, network: Team) -> None:
    asked = page(manager.get("/settings/rules/action/", {"row": "a3", "a3-do": "notify"}))
    assert 'data-show-when="a3-who=person"' in asked
    asked = page(manager.get("/settings/rules/condition/", {"row": "c2", "c2-field": "team"}))
    assert "Network" in asked
    assert 'name="c2-value"' in asked


def test_the_editor_counts_what_matches_now(
    p1_up: Rule, open_ticket: Any, manager: Client, mira: User, later: Later
) -> None:
    for n in range(3):
        ticket = open_ticket()
        if n:
            operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=n))
    data = filled(manager, f"/settings/rules/{p1_up.pk}/")
    assert "2</b> open tickets match now" in page(manager.post("/settings/rules/count/", data))
    unfinished = data | {"match": "tree", "tree": "all: ["}
    assert "not complete yet" in page(manager.post("/settings/rules/count/", unfinished))


def test_what_somebody_else_saved_meanwhile_is_not_written_over(
    p1_up: Rule, manager: Client, ada: User, at: datetime
) -> None:
    url = f"/settings/rules/{p1_up.pk}/"
    data = filled(manager, url, a0__reason="wrong_team")
    publish_rule(p1_up, spec=says(NOTE, on=("created",)), by=ada, at=at)
    assert "Version 2 was published since" in errors(manager.post(url, data))["__all__"][0]


# --- versions and YAML ---


def test_versions_differ_in_words_and_come_back(p1_up: Rule, mira: User, manager: Client) -> None:
    url = f"/settings/rules/{p1_up.pk}/"
    changed = filled(
        manager, url, a0__to="tier:1", a0__reason="wrong_team", c0__value=["1", "2"], why="Too narrow"
    )
    look = page(manager.post(url, changed | {"look": "1"}, follow=True))
    assert "If: Priority is P1 → Priority is P1 or P2" in look
    assert "Saved. Version 2 holds" in page(manager.post(url, changed, follow=True))
    told = page(manager.get(f"{url}versions/"))
    assert "Too narrow" in told
    assert "Then: move to L2 (needs more expertise) → move to L1 (belongs to another team)" in told
    assert "Version 3 holds" in page(manager.post(f"{url}restore/", {"version": "1"}, follow=True))
    assert spec_of("P1 goes up") == UP
    assert manager.post(f"{url}restore/", {"version": "9"}).status_code == 404


def test_rules_are_exported_and_come_back(p1_up: Rule, manager: Client, mira: User) -> None:
    one = manager.get(f"/settings/rules/{p1_up.pk}/export.yml")
    assert one["Content-Disposition"] == 'attachment; filename="p1-goes-up.yml"'
    text = one.content.decode()
    assert [draft.name for draft in read(manager.get("/settings/rules/export.yml").content.decode())] == list(
        Rule.objects.values_list("name", flat=True)
    )
    said = (
        text.replace("L2", "L1") + "- {name: Quite new, events: [created], then: [{note: {text: Hello}}]}\n"
    )
    look = page(manager.post("/settings/rules/import/", {"text": said, "look": "1"}))
    assert "Quite new" in look
    assert "move to L1" in look
    assert not Rule.objects.filter(name="Quite new").exists()
    file = SimpleUploadedFile("rules.yml", said.encode())
    done = page(manager.post("/settings/rules/import/", {"file": file}, follow=True))
    assert "1 rules are made, not in use yet; 1 say something else now." in done
    assert Rule.objects.get(name="Quite new").is_enabled is False
    assert spec_of("P1 goes up").actions[0].args["tier"] == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Paste the text of rules"),
        ("rules: [{name: A, events: [nonsense], then: [{note: {text: x}}]}]", "Line 1, rules[1].events: "),
        ("rules:\n- name: A\n  events: [created]\n  then:\n  - move: {team: Nobody}", "Line 5"),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_read_says_where(manager: Client, text: str, words: str) -> None:
    assert words in errors(manager.post("/settings/rules/import/", {"text": text}))["text"][0]


# --- what it did, and why ---


def test_a_rules_page_tells_what_it_did(moved: Ticket, p1_up: Rule, manager: Client) -> None:
    told = page(manager.get(f"/settings/rules/{p1_up.pk}/did/"))
    assert moved.number in told
    assert "Priority is P1: found P1, yes" in told
    assert "1 done, 0 overtaken" in told
    answer = page(manager.get(f"/settings/rules/{p1_up.pk}/did/", {"ticket": moved.number}))
    assert "It has fired" in answer


def test_why_a_rule_did_not_fire_can_be_asked_for(
    p1_up: Rule, ticket: Ticket, mira: User, manager: Client, later: Later
) -> None:
    operations.change(ticket, impact=2, by=mira, at=later(minutes=5))
    url = f"/settings/rules/{p1_up.pk}/did/"
    told = page(manager.get(url, {"ticket": ticket.number.lower()}))
    assert "Priority is P1: found P3, no" in told or "Priority is P1: found P2, no" in told
    assert errors(manager.get(url, {"ticket": "TD-9999"}))["ticket"] == [
        "There is no such ticket, or it is not yours to see."
    ]


def test_a_lead_reads_of_no_ticket_that_is_not_theirs_to_see(
    moved: Ticket, p1_up: Rule, lars: User, ada: User, signed_in: Any, later: Later
) -> None:
    operations.restrict(moved, people=[], by=ada, at=later(minutes=9))
    lead = signed_in(lars)
    told = page(lead.get(f"/settings/rules/{p1_up.pk}/did/"))
    assert (moved.number in told, "not yours to see" in told) == (False, True)
    assert "found P1" not in told
    assert errors(lead.get(f"/settings/rules/{p1_up.pk}/did/", {"ticket": moved.number}))["ticket"]


def test_the_ticket_says_in_a_sentence_why_a_rule_moved_it(
    moved: Ticket, mira: User, ines: User, vera: User, signed_in: Any
) -> None:
    firing = Firing.objects.get()
    desk = signed_in(mira)
    told = page(desk.get(f"/desk/tickets/{moved.number}/"))
    assert "Moved to Network by the rule “P1 goes up”: Priority was P1" in told
    why = f"/desk/tickets/{moved.number}/why/{firing.pk}/"
    assert f'href="{why}"' in told
    whole = page(desk.get(why))
    assert "Why? By the rule “P1 goes up”" in whole
    assert "published by Max Brandt" in whole
    assert "Priority is P1: found P1, yes" in whole
    assert "move to L2 (needs more expertise)" in whole
    assert desk.get(f"/desk/tickets/{moved.number}/why/{firing.pk + 1}/").status_code == 404
    for other in (ines, vera):
        assert signed_in(other).get(why).status_code == 404
    assert "P1 goes up" not in page(signed_in(ines).get(f"/requests/{moved.number}/"))


def test_why_is_asked_of_the_ticket_itself(
    moved: Ticket, open_ticket: Any, mira: User, signed_in: Any
) -> None:
    other = open_ticket()
    firing = Firing.objects.get()
    assert signed_in(mira).get(f"/desk/tickets/{other.number}/why/{firing.pk}/").status_code == 404


def test_a_rule_that_was_overtaken_says_so(
    ticket: Ticket, p1_up: Rule, platform: Team, yuki: User, mira: User, signed_in: Any, later: Later
) -> None:
    operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=5))
    event = Event.objects.get(ticket=ticket, kind="ticket.changed")
    escalation.hand_over(
        ticket, team=platform, reason="needs_expertise", summary="Up.", by=mira, at=later(minutes=6)
    )
    evaluate(event, at=later(minutes=7))
    firing = Firing.objects.get()
    told = page(signed_in(mira).get(f"/desk/tickets/{ticket.number}/why/{firing.pk}/"))
    assert "overtaken by a person" in told


# --- on trial ---


@pytest.fixture
def early(open_ticket: Any, mira: User, dario: User, later: Later) -> Ticket:
    """Became a P1 half an hour ago, when no rule was there."""
    ticket: Ticket = open_ticket(at=later(hours=-1))
    operations.change(ticket, impact=1, urgency=1, by=mira, at=later(minutes=-30))
    return ticket


def test_a_trial_is_asked_for_worked_out_and_read(
    early: Ticket, network: Team, manager: Client, at: datetime
) -> None:
    back = says(
        ("move", {"team": early.team_id, "reason": "wrong_team"}),
        on=("changed:team_id",),
        when=is_("team", network.pk),
    )
    idle = says(NOTE, on=("reopened",))
    text = write([Draft("P1 goes up", UP), Draft("And back", back), Draft("Idle", idle)])
    answer = manager.post(
        "/settings/rules/try/", {"text": text, "since": "2026-11-01", "until": "2026-11-30"}, follow=True
    )
    assert "0 of 1 tickets" in page(answer)
    row = Simulation.objects.get()
    assert (row.kind, row.total, row.asked["names"]) == ("rules", 1, ["P1 goes up", "And back", "Idle"])
    run(row, at=at)
    told = page(manager.get(f"/settings/rules/try/{row.pk}/"))
    assert "These rules undo each other: P1 goes up → And back" in told.replace("<b>", "").replace("</b>", "")
    assert "Service desk → Network → Service desk" in told
    assert "Without effect:</b> Idle" in told
    assert early.number in told
    found = json.loads(manager.get(f"/settings/rules/try/{row.pk}/answer.json").content)
    assert [(line["from"], line["to"]) for line in found["rows"]] == [
        ("Service desk", "Network"),
        ("Network", "Service desk"),
    ]
    assert found["without_effect"] == ["Idle"]
    early.refresh_from_db()
    assert early.team.name == "Service desk"


def test_a_trial_begins_with_the_rules_in_use_and_the_one_that_is_asked_for(
    p1_up: Rule, manager: Client, max_: User, at: datetime
) -> None:
    out_of_use = create_rule(name="Later perhaps", spec=says(NOTE, on=("created",)), by=max_, at=at)
    assert [
        draft.name for draft in read(manager.get("/settings/rules/try/").context["form"]["text"].value())
    ] == ["P1 goes up"]
    asked = manager.get("/settings/rules/try/", {"rule": out_of_use.pk}).context["form"]["text"].value()
    assert [(draft.name, draft.is_enabled) for draft in read(asked)] == [
        ("P1 goes up", True),
        ("Later perhaps", True),
    ]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"until": "2026-10-01"}, "until", "before the first"),
        ({"since": "2001-01-01"}, "until", "five years"),
        ({"text": "rules: []"}, "text", "There is no rule in the text"),
        ({"since": "soon"}, "since", "Write a day such as"),
        ({"since": "0001-01-01"}, "since", "between 1970 and 2199"),
    ],
)
def test_a_trial_that_cannot_be_is_refused_at_its_field(
    p1_up: Rule, manager: Client, changes: dict[str, str], field: str, words: str
) -> None:
    data = {"text": write([Draft("P1 goes up", UP)]), "since": "2026-11-01", "until": "2026-11-30"} | changes
    assert words in errors(manager.post("/settings/rules/try/", data))[field][0]


def test_a_trial_shows_a_lead_only_what_is_theirs_to_see(
    early: Ticket, lars: User, ada: User, signed_in: Any, later: Later, at: datetime
) -> None:
    operations.restrict(early, people=[], by=ada, at=later(minutes=-1))
    text = write([Draft("P1 goes up", UP)])
    row = run(try_rules(text=text, since=at.date(), until=at.date(), by=lars, at=at), at=at)
    lead = signed_in(lars)
    told = page(lead.get(f"/settings/rules/try/{row.pk}/"))
    assert (early.number in told, "1 line is of a ticket that you may not open" in told) == (False, True)
    assert json.loads(lead.get(f"/settings/rules/try/{row.pk}/answer.json").content)["rows"] == []
