"""What a policy may promise, what it may ask of a ticket, what it is warned of, and who reaches it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Organisation, Tier, User
from sla.advice import reach, warnings
from sla.book import Rule
from sla.conditions import STEADY, WHY_NOT, check_condition, implies, is_impossible, is_steady, shadows
from sla.durations import day_of, parse_span, spell
from sla.models import Calendar, CalendarDay, CalendarVersion, Policy
from sla.queries.named import named
from sla.spec import Goal, PolicySpec, Target, Threshold, check, from_json, to_json
from tests.plugins.examples import examples
from tickets.models import CustomField
from tickets.refusals import Invalid
from tickets.vocabulary import EVERYTHING, parse, registered


@pytest.fixture
def hours(db: None) -> int:
    return Calendar.objects.get(name="Business hours").pk


@pytest.fixture
def always(db: None) -> int:
    return Calendar.objects.get(name="Around the clock").pk


def asks(field: str, *values: str, op: str = "is") -> dict[str, Any]:
    return {"field": field, "op": op, "value": list(values)}


PLAN, KIND = asks("plan", "strategic"), asks("kind", "incident")


# --- what may be promised ---


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"targets": {1: {"resolution": Target(0, 1)}}}, "targets.1.resolution"),
        ({"targets": {2: {"update": Target(-5, 1)}}}, "targets.2.update"),
        ({"tiers": {2: {"accept": Target(10**9, 1)}}}, "tiers.2.accept"),
        ({"targets": {5: {"resolution": Target(60, 1)}}}, "targets.5.resolution"),
        ({"targets": {1: {"accept": Target(60, 1)}}}, "targets.1.accept"),
        ({"tiers": {7: {"work": Target(60, 1)}}}, "tiers.7.work"),
        ({"pauses": ("resolved",)}, "pauses"),
        ({"reopening": "never"}, "reopening"),
        ({"thresholds": ()}, "thresholds"),
        ({"thresholds": (Threshold(75),)}, "thresholds"),
        ({"thresholds": (Threshold(80), Threshold(70), Threshold(100))}, "thresholds"),
        ({"thresholds": (Threshold(0), Threshold(100))}, "thresholds"),
        ({"thresholds": (Threshold(100, ("boss",)),)}, "thresholds"),
        ({"thresholds": (Threshold(100, (), "x" * 41),)}, "thresholds"),
        ({"thresholds": tuple(map(Threshold, [*range(1, 11), 100]))}, "thresholds"),
        ({"goals": {1: Goal(0)}}, "goals.1"),
        ({"goals": {1: Goal(100.5)}}, "goals.1"),
        ({"goals": {9: Goal(95)}}, "goals.9"),
        ({"goals": {1: Goal(95, "x" * 201)}}, "goals.1"),
        ({"when": {"field": "colour", "op": "is", "value": "red"}}, "when"),
    ],
)
def test_what_cannot_be_promised_is_refused_with_its_field(
    db: None, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check(replace(PolicySpec(), **change))
    assert refused.value.field == field


def test_a_calendar_that_is_gone_or_has_no_hours_is_refused(db: None) -> None:
    empty = Calendar.objects.create(name="Never")
    empty.current = CalendarVersion.objects.create(
        calendar=empty, number=1, zone="UTC", weekly=[[]] * 7, days_from="2026-01-01", days_until="2031-01-01",
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    empty.save()
    spec = PolicySpec(targets={1: {"resolution": Target(60, empty.pk)}})
    with pytest.raises(Invalid, match="“Never” has no hours"):
        check(spec, named())
    CalendarDay.objects.create(version=empty.current, date="2026-12-24", kind="own", intervals=[[540, 720]])
    check(spec, named())
    with pytest.raises(Invalid, match="not there any more"):
        check(PolicySpec(tiers={1: {"work": Target(60, 999_999)}}), named())


def test_a_vendor_that_is_gone_is_refused(hours: int, kestrel: Organisation) -> None:
    row = {"vendor_response": Target(60, hours)}
    check(PolicySpec(vendors={0: row, kestrel.pk: row}), named())
    with pytest.raises(Invalid, match="This vendor"):
        check(PolicySpec(vendors={999_999: row}), named())


def test_the_shipped_policy_can_be_promised_and_survives_its_json(db: None) -> None:
    version = Policy.objects.get(is_default=True).current
    assert version is not None
    spec = from_json(version.spec)
    check(spec, named())
    assert to_json(spec) == version.spec


# --- how spans are typed ---


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("30m", 30), ("4h", 240), ("2d", 1200), ("1d 4h", 840), ("1h30m", 90), ("90 min", 90), ("1D, 5M", 605)],
)
def test_a_span_is_typed_in_minutes_hours_and_days_of_the_calendar(text: str, minutes: int) -> None:
    assert parse_span(text, day=600, field="x") == minutes


@pytest.mark.parametrize("text", ["", "4", "soon", "4h later", "-4h", "1.5h", "4w"])
def test_what_is_no_span_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(Invalid, match="Write minutes, hours or days: 30m, 4h, 2d") as refused:
        parse_span(text, day=600, field="targets.1.update")
    assert refused.value.field == "targets.1.update"


@given(st.integers(1, 5 * 366 * 24 * 60))
def test_a_span_is_spelt_as_it_can_be_typed_again(minutes: int) -> None:
    assert parse_span(spell(minutes), day=1, field="x") == minutes


def test_a_day_is_the_usual_open_day_of_its_calendar() -> None:
    short_friday = [[[480, 1080]]] * 4 + [[[480, 720]], [], []]
    lunch = [[[480, 720], [780, 1020]]] * 5 + [[], []]
    nights = [[[1320, 1800]]] * 7
    lengths = [day_of(CalendarVersion(weekly=weekly)) for weekly in (short_friday, lunch, nights)]
    assert lengths == [600, 480, 480]
    assert day_of(CalendarVersion(weekly=[[]] * 7, is_always_open=True)) == 24 * 60


# --- what may be asked ---


def test_every_field_of_the_vocabulary_is_steady_or_says_why_not() -> None:
    assert set(registered()) - STEADY - set(WHY_NOT) == {"restricted"}
    assert set(registered()) >= STEADY
    assert not STEADY & set(WHY_NOT)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (asks("tier", "2"), "by “Tier”: it changes as the ticket is handed on"),
        (asks("team", "1"), "by “Team”: it changes as the ticket is handed on"),
        (asks("status", "open"), "by “Status”: it changes while the ticket is worked"),
        (asks("created", "2026-01-01", op="before"), "by “Created”: it changes as time passes"),
        (asks("breached", "true"), "it follows from the clocks that the policy itself sets"),
        ({"all": [PLAN, {"not": asks("assignee", "none")}]}, "by “Assignee”"),
        (asks("subject", "vpn", op="contains"), "ask for a category or a tag"),
        (asks("restricted", "true"), "it can change while the ticket is worked. Choose from: Category,"),
        (asks("requester", "me"), "nobody reads a policy, so “me” means nobody"),
        (asks("colour", "red"), "There is no field “colour”"),
        ({"maybe": []}, "A part of a filter is one of"),
    ],
)
def test_what_a_policy_may_not_ask_is_refused_with_the_field_and_why(
    db: None, when: dict[str, Any], words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_condition(when)
    assert words in str(refused.value)
    assert refused.value.field == "when"


def test_custom_fields_may_be_asked(db: None) -> None:
    CustomField.objects.create(key="line", label="Line")
    assert is_steady("field.line")
    check_condition(asks("field.line", "fast", op="contains"))


# --- what is warned of ---


def test_a_resolution_shorter_than_the_first_response_is_warned_of(hours: int, always: int) -> None:
    def warned(resolution: Target, first: Target) -> list[str]:
        return warnings(PolicySpec(targets={2: {"resolution": resolution, "first_response": first}}), named())

    words = ["P2: the resolution (1h) is shorter than the first response (2h)."]
    assert warned(Target(60, hours), Target(120, hours)) == words
    assert warned(Target(60, always), Target(120, hours)) == words
    assert warned(Target(60, hours), Target(120, always)) == []
    assert warned(Target(120, hours), Target(120, hours)) == []


def test_tiers_that_together_take_longer_than_the_resolution_are_warned_of_with_the_sum(hours: int) -> None:
    spec = PolicySpec(
        targets={1: {"resolution": Target(240, hours)}, 3: {"resolution": Target(600, hours)}},
        tiers={
            1: {"accept": Target(60, hours), "work": Target(120, hours)},
            2: {"work": Target(90, hours)},
        },
    )
    assert warnings(spec, named()) == [
        "The tiers may take 4h 30m together (L1 3h + L2 1h 30m), longer than the resolution of P1 (4h)."
    ]
    Tier.objects.filter(level=2).update(is_enabled=False)
    assert warnings(spec, named()) == []


def test_a_goal_without_a_target_is_warned_of(db: None) -> None:
    assert warnings(PolicySpec(goals={3: Goal(90)}), named()) == [
        "P3 has a goal and no target: no ticket will ever be counted."
    ]


# --- who reaches a policy ---


@pytest.mark.parametrize(
    ("earlier", "later", "shadowed"),
    [
        ([PLAN], PLAN, True),
        ([{"all": []}], PLAN, True),
        ([PLAN], {"all": []}, False),
        ([PLAN], {"all": [PLAN, KIND]}, True),
        ([{"all": [PLAN, KIND]}], PLAN, False),
        ([{"any": [PLAN, KIND]}], KIND, True),
        ([KIND], {"any": [PLAN, KIND]}, False),
        ([{"any": [KIND, PLAN]}], {"any": [PLAN, KIND]}, True),
        ([{"all": [KIND, PLAN]}], {"all": [PLAN, KIND]}, True),
        ([asks("priority", "1", "2")], asks("priority", "P1"), True),
        ([asks("priority", "1")], asks("priority", "1", "2"), False),
        ([asks("priority", "1"), asks("priority", "2")], asks("priority", "1", "2"), True),
        ([asks("category", "1", op="under")], asks("category", "1"), True),
        ([asks("category", "1")], asks("category", "1", op="under"), False),
        ([{"not": asks("kind", "incident")}], {"not": asks("kind", "incident", "request")}, True),
        ([{"not": asks("kind", "incident", "request")}], {"not": asks("kind", "incident")}, False),
        ([{"any": []}], PLAN, False),
        ([PLAN, KIND], {"all": [asks("vip", "true"), {"any": [PLAN, KIND]}]}, True),
    ],
)
def test_a_policy_is_shadowed_only_where_earlier_ones_take_all_of_its_tickets(
    db: None, earlier: list[dict[str, Any]], later: dict[str, Any], shadowed: bool
) -> None:
    before = [(str(n), parse(when)) for n, when in enumerate(earlier)]
    assert bool(shadows(parse(later), before)) is shadowed


def test_the_policies_that_cast_the_shadow_are_named(db: None) -> None:
    one, two, other = asks("priority", "1"), asks("priority", "2"), asks("kind", "problem")
    before = [("Other", parse(other)), ("One", parse(one)), ("Two", parse(two))]
    assert shadows(parse(asks("priority", "1", "2")), before) == ["One", "Two"]
    assert shadows(parse({"all": [two, other]}), before) == ["Other"]


@pytest.mark.parametrize(
    ("when", "impossible"),
    [
        ({"any": []}, True),
        ({"not": {"all": []}}, True),
        ({"all": [asks("priority", "1"), asks("priority", "2", "3")]}, True),
        ({"all": [asks("priority", "1", "2"), asks("priority", "2", "3")]}, False),
        ({"all": [asks("tag", "a"), asks("tag", "b")]}, False),
        ({"all": [asks("vip", "true"), asks("vip", "false")]}, True),
        ({"any": [asks("priority", "1"), asks("priority", "2")]}, False),
        (PLAN, False),
    ],
)
def test_a_condition_that_contradicts_itself_matches_nothing(
    db: None, when: dict[str, Any], impossible: bool
) -> None:
    assert is_impossible(parse(when)) is impossible


LEAVES = [
    asks("priority", "1"),
    asks("priority", "2", "3"),
    asks("priority", "1", "2"),
    asks("kind", "incident"),
    asks("kind", "request", "incident"),
    asks("vip", "true"),
]
TREES = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=6,
)


def truth(when: dict[str, Any], world: dict[str, str]) -> bool:
    """A condition in a world of three fields, read straight from its JSON."""
    if "all" in when:
        return all(truth(part, world) for part in when["all"])
    if "any" in when:
        return any(truth(part, world) for part in when["any"])
    if "not" in when:
        return not truth(when["not"], world)
    return world[when["field"]] in when["value"]


WORLDS = [
    {"priority": priority, "kind": kind, "vip": vip}
    for priority in "1234"
    for kind in ("incident", "request", "problem", "question")
    for vip in ("true", "false")
]


@pytest.mark.many
def test_no_policy_is_ever_called_shadowed_that_is_not() -> None:
    @settings(max_examples=examples(400))
    @given(st.lists(TREES, max_size=3), TREES)
    def sound(earlier: list[dict[str, Any]], later: dict[str, Any]) -> None:
        left = [world for world in WORLDS if truth(later, world)]
        free = [world for world in left if not any(truth(when, world) for when in earlier)]
        names = shadows(_parsed(later), [(str(n), _parsed(when)) for n, when in enumerate(earlier)])
        if names:
            assert not free
            named_ones = [earlier[int(name)] for name in names]
            assert all(any(truth(when, world) for when in named_ones) for world in left)
        if is_impossible(_parsed(later)):
            assert not left
        for when in earlier:
            if implies(_parsed(later), _parsed(when)):
                assert all(truth(when, world) for world in left)

    def _parsed(when: dict[str, Any]) -> Any:
        return parse(when)

    sound()


def test_who_cannot_be_reached_is_told_with_the_reason(db: None) -> None:
    def rule(key: int, name: str, when: Any, problem: str = "") -> Rule:
        return Rule(key, key, name, False, PolicySpec(), when, problem)

    rules = [
        rule(1, "Gone", None, "There is no field “field.x” to filter by."),
        rule(2, "Gold", parse(PLAN)),
        rule(3, "Gold incidents", parse({"all": [PLAN, KIND]})),
        rule(4, "Never", parse({"any": []})),
        rule(5, "Incidents", parse(KIND)),
        Rule(6, 6, "Standard", True, PolicySpec(), EVERYTHING),
    ]
    assert reach(rules) == {
        1: "Its condition cannot be read, so it matches nothing. There is no field “field.x” to filter by.",
        3: "Nobody reaches it: “Gold” comes first and takes all of its tickets.",
        4: "Its condition contradicts itself, so it matches nothing.",
    }


def test_an_unreadable_policy_shadows_nobody(db: None, ada: User) -> None:
    gone = Rule(1, 1, "Gone", False, PolicySpec(), None, "x")
    gold = Rule(2, 2, "Gold", False, PolicySpec(), parse(PLAN))
    assert 2 not in reach([gone, gold])
