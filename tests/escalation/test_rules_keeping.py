"""Rules are written in versions by managers and administrators; what cannot be is refused with its remedy."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts.models import Membership, Team, Tier, User
from delivery.models import Delivery
from delivery.operations import create_webhook
from escalation import defaults
from escalation.models import Firing, Rule, RuleBook, RuleVersion
from escalation.operations import rules
from escalation.operations.rules import RuleChanged, RuleInUse
from escalation.rules import asking, exchange
from escalation.rules.actions import TYPES
from escalation.rules.book import rules_in_force
from escalation.rules.checking import checked
from escalation.rules.engine import evaluate
from escalation.rules.spec import Action, RuleSpec, TimeTrigger, from_json, to_json
from sla.defaults import BUSINESS_HOURS
from sla.models import Calendar
from sla.operations.calendars import CalendarInUse, delete_calendar
from tests.escalation.rule_book import NOTE, TO_L2, both, is_, rule, says, tag
from tests.sla.conftest import hours
from tickets.models import Category, Event, Ticket
from tickets.refusals import Invalid, NotAllowed

Later = Callable[..., datetime]


def in_force() -> list[str]:
    return [live.name for live in rules_in_force().rules]


# --- versions, order, use ---


def test_a_rule_says_who_wrote_which_version_when_and_why(
    max_: User, ada: User, at: datetime, later: Later
) -> None:
    row = rules.create_rule(name=" All  new ", spec=says(NOTE, on=("created",)), why="First", by=max_, at=at)
    rules.publish_rule(
        row, spec=says(tag("new"), on=("created",)), why="Tags, not notes", by=ada, at=later(days=1)
    )
    rules.publish_rule(row, spec=says(tag("new"), on=("created",)), why="Again", by=ada, at=later(days=2))
    rules.restore_rule(row, number=1, by=max_, at=later(days=3))
    row.refresh_from_db()
    assert (row.name, row.owner, row.is_enabled) == ("All new", max_, False)
    assert [(v.number, v.by, v.note) for v in row.versions.order_by("number")] == [
        (1, max_, "First"),
        (2, ada, "Tags, not notes"),
        (3, max_, "Version 1 again"),
    ]
    assert row.current is not None
    assert row.current.spec == row.versions.get(number=1).spec


def test_only_what_is_in_use_is_in_force_and_in_its_order(max_: User, at: datetime) -> None:
    one, two, three = (rule(name, NOTE, on=("created",)) for name in ("one", "two", "three"))
    rules.move_rule(three, up=True, by=max_, at=at)
    rules.disable_rule(one, by=max_, at=at)
    assert in_force() == ["three", "two"]
    rules.enable_rule(one, by=max_, at=at)
    rules.order_rules([two.pk, one.pk, three.pk], by=max_, at=at)
    assert in_force() == ["two", "one", "three"]


def test_every_change_gives_another_stamp_and_asks_for_what_was_missed(max_: User, at: datetime) -> None:
    stamps = {RuleBook.objects.get().stamp}
    row = rules.create_rule(name="All", spec=says(NOTE, on=("created",)), by=max_, at=at)
    for act in (rules.enable_rule, rules.disable_rule, rules.duplicate_rule):
        stamps.add(RuleBook.objects.get().stamp)
        act(row, by=max_, at=at)
    rules.rename_rule(row, name="Every one", by=max_, at=at)
    stamps.add(RuleBook.objects.get().stamp)
    assert len(stamps) == 5
    assert Delivery.objects.filter(kind=asking.MISSED_KIND).count() == 5


def test_what_somebody_else_published_meanwhile_is_not_written_over(
    max_: User, ada: User, at: datetime
) -> None:
    row = rules.create_rule(name="All", spec=says(NOTE, on=("created",)), by=max_, at=at)
    rules.publish_rule(row, spec=says(tag("a"), on=("created",)), by=ada, at=at, seen=1)
    with pytest.raises(RuleChanged, match="Version 2 was published"):
        rules.publish_rule(row, spec=says(tag("b"), on=("created",)), by=max_, at=at, seen=1)


def test_technicians_and_leads_change_no_rules(mira: User, lars: User, at: datetime) -> None:
    for user in (mira, lars):
        with pytest.raises(NotAllowed):
            rules.create_rule(name="All", spec=says(NOTE, on=("created",)), by=user, at=at)


def test_a_rule_that_has_fired_stays(open_ticket: Callable[..., Ticket], max_: User, at: datetime) -> None:
    row, unused = rule("All", NOTE, on=("created",)), rule("None", NOTE, on=("returned",))
    ticket = open_ticket()
    evaluate(Event.objects.get(ticket=ticket), at=at)
    with pytest.raises(RuleInUse, match="Take it out of use instead"):
        rules.delete_rule(row, by=max_, at=at)
    rules.delete_rule(unused, by=max_, at=at)
    assert not Rule.objects.filter(pk=unused.pk).exists()
    assert Firing.objects.count() == 1


def test_recipes_are_shipped_out_of_use_and_can_all_be_put_to_use(
    mira: User, dario: User, at: datetime
) -> None:
    shipped = Rule.objects.filter(is_enabled=True).count(), Rule.objects.count()
    assert shipped == (0, 11)
    for row in Rule.objects.all():
        rules.enable_rule(row, by=None, at=at)
    assert len(in_force()) == 11
    defaults.ensure_defaults()
    assert Rule.objects.count() == 11


# --- what cannot be ---


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        (says(NOTE), "events", "Say when the rule is asked"),
        (says(NOTE, on=("created",), waits=("tier_since", 5)), "time", "not for both"),
        (says(NOTE, on=("deleted",)), "events", "There is no event “deleted”. Choose from: created"),
        (says(NOTE, on=("changed:subject",)), "events", "There is no event"),
        (says(on=("created",)), "actions", "A rule does something"),
        (says(NOTE, waits=("tier_since", 0)), "time", "more than no time"),
        (says(NOTE, waits=("created_at", 5)), "time", "measured from one of: tier_since"),
        (says(NOTE, waits=("tier_since", 5, 999_999)), "time", "Choose a calendar that exists"),
        (says(NOTE, waits=("tier_since", 5), stops=True), "stops", "is for events"),
        (says(NOTE, on=("created",), when=is_("colour", "red")), "when", "There is no field “colour”"),
        (says(NOTE, on=("created",), when=is_("assignee", "me")), "when", "nobody reads a rule"),
        (
            says(NOTE, on=("created",), when=both(is_("tier", 1), is_("tier", 2))),
            "when",
            "contradict each other",
        ),
        (
            says(("explode", {}), on=("created",)),
            "actions.0",
            "There is no action “explode”. Choose from: assign",
        ),
        (says(NOTE, ("tag", {"name": ""}), on=("created",)), "actions.1.name", "A tag has 1 to 40"),
        (says(("reply", {"text": "Hello {name}"}), on=("created",)), "actions.0.text", "{first_name}"),
        (says(("reply", {"template": 999_999}), on=("created",)), "actions.0.template", "that is shared"),
        (says(("status", {"to": "reopen"}), on=("created",)), "actions.0.to", "wait, hold, resume"),
        (says(("status", {"to": "resolve", "text": "x"}), on=("created",)), "actions.0.code", "how it was"),
        (
            says(("status", {"to": "hold", "reason": "part"}), on=("created",)),
            "actions.0.minutes",
            "how many",
        ),
        (says(("notify", {"who": "everybody"}), on=("created",)), "actions.0.who", "assignee, contact, lead"),
        (says(("notify", {"who": "person", "person": "x"}), on=("created",)), "actions.0.person", "somebody"),
        (says(("webhook", {"webhook": 1}), on=("created",)), "actions.0.webhook", "that is in use"),
        (says(("set", {"field": "subject", "value": "x"}), on=("created",)), "actions.0.field", "priority"),
        (says(("move", {}), on=("created",)), "actions.0.team", "Choose a tier or a team"),
        (says(("move", {"team": "x"}), on=("created",)), "actions.0.team", "Choose a team that exists"),
        (says(("move", {"team": "9" * 30}), on=("created",)), "actions.0.team", "Choose a team that exists"),
        (says(("move", {"tier": "7"}), on=("created",)), "actions.0.tier", "Tiers go from L0 to L4"),
        (says(("assign", {"to": "bob"}), on=("created",)), "actions.0.to", "somebody who is here"),
        (says(("set", {"field": "category", "value": "x"}), on=("created",)), "actions.0.value", "in use"),
        (
            says(("set", {"field": "priority", "value": "P9"}), on=("created",)),
            "actions.0.value",
            "1, 2, 3, 4",
        ),
        (says(("vendor", {"team": 1}), on=("created",)), "actions.0.team", "Choose a team of a vendor"),
        (says(("checklist", {}), on=("created",)), "actions.0.checklist", "Choose a checklist"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    spec: RuleSpec, field: str, words: str, max_: User, at: datetime
) -> None:
    with pytest.raises(Invalid) as refused:
        rules.create_rule(name="Bad", spec=spec, by=max_, at=at)
    assert (refused.value.field, words in str(refused.value)) == (field, True), str(refused.value)
    assert not Rule.objects.filter(name="Bad").exists()


def moves(when: Any = None, **to: Any) -> RuleSpec:
    return says(("move", to), on=("created",), when=when or {"all": []})


def test_a_tier_that_is_off_is_no_target(network: Team, dario: User, db: None) -> None:
    Tier.objects.filter(level=3).update(is_enabled=False)
    with pytest.raises(Invalid, match=r"L3 .* is not in use\. Choose L2") as refused:
        checked(moves(tier=3))
    assert refused.value.field == "actions.0.tier"


def test_a_team_that_receives_nothing_or_has_no_members_is_no_target(network: Team, dario: User) -> None:
    checked(moves(team=network.pk))
    Membership.objects.filter(team=network).delete()
    with pytest.raises(Invalid, match=r"has no members.*Put somebody in, or choose another team"):
        checked(moves(team=network.pk))
    Team.objects.filter(pk=network.pk).update(is_active=False)
    with pytest.raises(Invalid, match="receives nothing"):
        checked(moves(team=network.pk))


def test_a_rule_that_moves_to_itself_is_refused(network: Team, dario: User) -> None:
    for when in (is_("team", network.pk), both(is_("team", network.pk), is_("priority", 1))):
        with pytest.raises(Invalid, match="moves to itself: its condition asks for tickets of Network"):
            checked(moves(when, team=network.pk))
    with pytest.raises(Invalid, match=r"moves to itself.*L2"):
        checked(moves(is_("tier", 2), tier=2))
    checked(moves({"any": [is_("team", network.pk), is_("priority", 1)]}, team=network.pk))


def test_putting_to_use_looks_once_more(network: Team, dario: User, max_: User, at: datetime) -> None:
    row = rules.create_rule(name="Up", spec=moves(team=network.pk), by=max_, at=at)
    Team.objects.filter(pk=network.pk).update(is_active=False)
    with pytest.raises(Invalid, match="receives nothing"):
        rules.enable_rule(row, by=max_, at=at)
    row.refresh_from_db()
    assert row.is_enabled is False


def test_a_rule_whose_team_has_gone_says_so_and_holds_up_nothing(
    open_ticket: Callable[..., Ticket], mira: User, network: Team, dario: User, at: datetime
) -> None:
    rule("Up", TO_L2, tag("tried"), on=("created",))
    Tier.objects.filter(level__gte=2).update(is_enabled=False)
    ticket = open_ticket()
    (firing,) = evaluate(Event.objects.get(ticket=ticket), at=at)
    assert [(row["do"], row["done"]) for row in firing.effects] == [("move", False), ("tag", True)]


def test_a_condition_that_cannot_be_read_any_more_never_fires(
    open_ticket: Callable[..., Ticket], at: datetime
) -> None:
    row = rule("Field", NOTE, on=("created",))
    RuleVersion.objects.filter(rule=row).update(
        spec={**to_json(says(NOTE, on=("created",))), "when": is_("gone", 1)}
    )
    RuleBook.objects.update(stamp="00000000-0000-4000-8000-000000000000")
    ticket = open_ticket()
    assert evaluate(Event.objects.get(ticket=ticket), at=at) == []


@pytest.mark.parametrize("how", ["waits in it", "asks for its hours"])
def test_a_calendar_that_a_rule_counts_in_is_not_deleted(how: str, ada: User, at: datetime) -> None:
    nights = hours("Nights")
    if how == "waits in it":
        rule("Late", NOTE, waits=("tier_since", 5, nights.pk))
    else:
        rule("At night", NOTE, on=("created",), when={"any": [{"not": is_("hours", nights.pk)}]})
    with pytest.raises(CalendarInUse, match=r"Nights is used by the rule “(Late|At night)”"):
        delete_calendar(nights, by=ada, at=at)
    assert Calendar.objects.filter(pk=nights.pk, current__isnull=False).exists()


# --- as text ---


def every_action(network: Team, vendors: Team, mira: User, at: datetime) -> tuple[Action, ...]:
    hook, _secret = create_webhook(name="Chat", url="https://chat.example.com/in", by=None, at=at)
    said: dict[str, dict[str, Any]] = {
        "move": {"team": network.pk, "reason": "needs_access"},
        "set": {"field": "priority", "value": 1},
        "tag": {"name": "home office"},
        "untag": {"name": "old"},
        "assign": {"to": mira.pk},
        "note": {"text": "Line one\nline two"},
        "reply": {"text": "Hello {first_name}"},
        "status": {"to": "hold", "reason": "part", "minutes": 60},
        "notify": {"who": "person", "person": mira.pk, "text": "Look: {number}"},
        "webhook": {"webhook": hook.pk},
        "vendor": {"team": vendors.pk},
    }
    return tuple(Action(do, args) for do, args in said.items() if do in TYPES)


def test_a_rule_comes_back_from_its_text_as_it_was(
    network: Team, vendors: Team, dario: User, mira: User, vpn: Category, at: datetime
) -> None:
    office = Calendar.objects.get(name=BUSINESS_HOURS)
    when = both(
        is_("team", network.pk),
        {"any": [{"not": is_("category", vpn.pk, op="under")}, is_("been_in_tier", 3)]},
        is_("hours", office.pk),
        is_("assignee", mira.pk, "none"),
        is_("contact", "true", op="empty"),
    )
    events = checked(
        RuleSpec(
            ("created", "changed:team_id"), None, when, every_action(network, vendors, mira, at)[1:], True
        )
    )
    time = checked(
        RuleSpec(
            (), TimeTrigger("status_since", 90, office.pk), {"all": []}, (Action("tag", {"name": "late"}),)
        )
    )
    drafts = [
        exchange.Draft("On events", events, "A note: with a colon", is_enabled=False),
        exchange.Draft("By time", time),
    ]
    text = exchange.write(drafts)
    assert exchange.read(text) == drafts
    for words in (
        "Network › VPN",
        "team, op: is, value: Network",
        "mira@desk.example",
        "for: 1h 30m",
        "calendar: Business hours",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The text is empty"),
        ("rules: []", "There is no rule in the text"),
        (
            "rules:\n- name: A\n  events: [created]",
            "Line 2, rules[1]: A rule has a name and says what it does",
        ),
        ("name: A\nevents: [gone]\nthen: [{note: {text: x}}]", "Line 2, events: There is no event “gone”"),
        ("name: A\nevents: [created]\nwen: {}\nthen: []", "Line 3, wen: “wen” is not known here"),
        (
            "name: A\nevents: [created]\nwhen: {field: team, op: is, value: Nobody}\nthen: [{note: {text: x}}]",
            "Line 3, when.value: There is no “Nobody” here",
        ),
        (
            "name: A\nevents: [created]\nthen:\n- move: {team: Nobody}",
            "Line 4, then[1].move.team: There is no “Nobody” here",
        ),
        (
            "name: A\ntime: {since: tier_since, for: soon}\nthen: [{note: {text: x}}]",
            "Line 2, time.for: “soon” is no span",
        ),
        (
            "name: A\ntime: {since: tier_since, for: 1h, calendar: Moon}\nthen: [{note: {text: x}}]",
            "There is no calendar “Moon”. There are: Around the clock",
        ),
        (
            "rules:\n- {name: A, events: [created], then: [{note: {text: x}}]}\n"
            "- {name: a, events: [created], then: [{note: {text: x}}]}",
            "Line 3, rules[2]: “a” stands here twice",
        ),
        (
            "name: A\nevents: [created]\nthen:\n- tag: {name: ''}",
            "Line 4, then[1].tag.name: A tag has 1 to 40",
        ),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_its_line(text: str, words: str, db: None) -> None:
    with pytest.raises(Invalid) as refused:
        exchange.read(text)
    assert words in str(refused.value), str(refused.value)


def test_the_worked_example_of_the_guide_can_be_read_and_written_back(
    network: Team, dario: User, mira: User
) -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "examples" / "rules.yml").read_text()
    drafts = exchange.read(text)
    assert len(drafts) == 8
    assert exchange.read(exchange.write(drafts)) == drafts


def test_the_specs_of_rules_are_the_same_after_json() -> None:
    spec = RuleSpec((), TimeTrigger("tier_since", 5, 3), {"all": []}, (Action("tag", {"name": "x"}),), False)
    assert from_json(to_json(spec)) == spec
