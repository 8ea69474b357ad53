"""A policy as YAML: names for keys, hours for minutes, and every refusal with its line."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Organisation, User
from sla import exchange
from sla.models import Calendar, Metric, Policy
from sla.queries.named import named
from sla.spec import (
    NOTIFIED,
    PAUSES,
    REQUESTER_METRICS,
    Goal,
    PolicySpec,
    Target,
    Threshold,
    from_json,
)
from tests.plugins.examples import examples
from tickets.models import Category
from tickets.refusals import Invalid

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "sla_policy.yml"


@pytest.fixture
def hours(db: None) -> Calendar:
    return Calendar.objects.get(name="Business hours")


@pytest.fixture
def always(db: None) -> Calendar:
    return Calendar.objects.get(name="Around the clock")


def shipped() -> PolicySpec:
    version = Policy.objects.get(is_default=True).current
    assert version is not None
    return from_json(version.spec)


def test_the_shipped_policy_is_written_and_read_again_as_the_same(db: None) -> None:
    text = exchange.write("Standard", shipped())
    assert exchange.read(text) == exchange.Draft("Standard", shipped())
    assert "resolution: {time: 4h, calendar: Around the clock}" in text
    assert "update: {time: 30m, calendar: Around the clock}" in text


def test_vendors_stand_there_by_name(kestrel: Organisation, hours: Calendar) -> None:
    promised = {kestrel.pk: {str(Metric.VENDOR_RESPONSE): Target(120, hours.pk)}}
    spec = replace(shipped(), vendors=promised)
    text = exchange.write("With a vendor", spec)
    assert "Kestrel Networks:" in text
    assert exchange.read(text).spec.vendors == promised


def test_conditions_name_organisations_categories_and_people(
    northwind: Organisation, vpn: Category, ines: User
) -> None:
    when: dict[str, Any] = {
        "any": [
            {"field": "organisation", "op": "is", "value": [str(northwind.pk), "none"]},
            {"not": {"field": "category", "op": "under", "value": [str(vpn.pk)]}},
            {"all": [{"field": "requester", "op": "is", "value": [str(ines.pk)]}]},
        ]
    }
    text = exchange.write("By name", replace(shipped(), when=when))
    assert "[Northwind Care, none]" in text
    assert f"value: {vpn.full_name}" in text
    assert f"value: {ines.email}" in text
    assert exchange.read(text).spec.when == when


def test_a_day_is_a_day_of_the_calendar_beside_it(db: None) -> None:
    text = """
name: Days
priorities:
  P3:
    first_response: {time: 1d, calendar: Business hours}
    resolution: {time: 1d 2h, calendar: Around the clock}
"""
    targets = exchange.read(text).spec.targets[3]
    assert (targets["first_response"].minutes, targets["resolution"].minutes) == (600, 26 * 60)


def test_what_is_left_out_is_as_shipped_or_not_promised(db: None) -> None:
    assert exchange.read("name: Bare").spec == PolicySpec()


def test_the_example_in_the_documentation_is_read_on_a_fresh_desk(db: None) -> None:
    draft = exchange.read(EXAMPLE.read_text())
    assert draft.name == "Strategic customers"
    assert draft.spec.targets[1]["resolution"].minutes == 120


GOOD = """\
name: Gold
when:
  all:
    - {field: plan, op: is, value: strategic}
priorities:
  P1:
    resolution: {time: 4h, calendar: Around the clock}
    goal: {percent: 95}
tiers:
  L1:
    accept: {time: 1h, calendar: Business hours}
vendors:
  any:
    respond: {time: 4h, calendar: Business hours}
pauses: [pending_requester]
reopening: resume
thresholds:
  - {share: 75, notify: [assignee]}
  - {share: 100, notify: [lead]}
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("4h, calendar: Around", "0m, calendar: Around", "Line 7, priorities.P1.resolution.time: A target is more"),
        ("4h, calendar: Around", "soon, calendar: Around", "Line 7, priorities.P1.resolution.time: “soon” is no span"),
        ("Around the clock", "Nights", "Line 7, priorities.P1.resolution.calendar: There is no calendar “Nights”."),
        ("{time: 1h, calendar: Business hours}", "1h", "Line 11, tiers.L1.accept: Here is expected: names"),
        ("{time: 1h, calendar: Business hours}", "{time: 1h}", "Line 11, tiers.L1.accept: A target has a time and"),
        ("  P1:", "  P5:", "priorities.P5: “P5” is not known here. Choose from: P1, P2, P3, P4."),
        ("  L1:", "  L9:", "tiers.L9: “L9” is not known here. Choose from: L0, L1, L2, L3, L4."),
        ("  any:", "  Kestrel:", "vendors.Kestrel: There is no vendor “Kestrel”. There are: any."),
        ("[pending_requester]", "[resolved]", "Line 15, pauses: “resolved” pauses nothing."),
        ("reopening: resume", "reopening: never", "Line 16, reopening: Reopening resumes or restarts."),
        ("share: 100", "share: 70", "Line 18, thresholds: Thresholds are rising shares"),
        ("[lead]", "[boss]", "Line 18, thresholds: “boss” cannot be told."),
        ("percent: 95", "percent: 120", "Line 8, priorities.P1.goal: A goal is more than 0"),
        ("percent: 95", "percent: many", "Line 8, priorities.P1.goal.percent: Here is expected: a number."),
        ("plan, op: is, value: strategic", "tier, op: is, value: 2", "Line 4, when.all[1]: A policy cannot be chosen"),
        ("field: plan", "field: colour", "Line 4, when.all[1]: There is no field “colour”"),
        ("strategic", "golden", "Line 4, when.all[1]: Support plan: “golden” cannot be used"),
        ("{field: plan, op: is, value: strategic}", "{plan: gold}", "Line 4, when.all[1].plan: “plan” is not known"),
        ("plan, op: is, value: strategic", "organisation, op: is, value: Nil", "Line 4, when.all[1]: There is no “Nil"),
        ("name: Gold\n", "", "A policy has a name."),
        ("reopening:", "reopens:", "Line 16, reopens: “reopens” is not known here."),
        ("reopening: resume", "pauses: []", "Line 16, pauses: “pauses” stands here twice."),
        ("reopening: resume", "reopening: [", "this is no YAML"),
        ("pauses: [pending_requester]", "pauses: &a [x]\nx: *a", "aliases (*name) are not read"),
    ],
)  # fmt: skip
def test_a_refusal_names_line_place_and_remedy(db: None, old: str, new: str, words: str) -> None:
    assert exchange.read(GOOD).name == "Gold"
    assert old in GOOD
    with pytest.raises(Invalid) as refused:
        exchange.read(GOOD.replace(old, new, 1))
    assert words in str(refused.value)


@pytest.mark.parametrize("text", ["", "- one", "just words", "\x00", "[" * 5_000, "a: " + "x" * 200_001])
def test_what_is_no_policy_at_all_is_refused(db: None, text: str) -> None:
    with pytest.raises(Invalid):
        exchange.read(text)


def specs(calendars: list[int], vendors: list[int]) -> st.SearchStrategy[PolicySpec]:
    target = st.builds(Target, st.integers(1, 100_000), st.sampled_from(calendars))

    def rows(keys: list[int], metrics: tuple[Metric, ...]) -> st.SearchStrategy[Any]:
        row = st.dictionaries(st.sampled_from([str(metric) for metric in metrics]), target, min_size=1)
        return st.dictionaries(st.sampled_from(keys), row)

    shares = st.lists(st.integers(1, 99), unique=True, max_size=4).map(lambda found: [*sorted(found), 100])
    threshold = st.builds(
        Threshold,
        st.just(0),
        st.lists(st.sampled_from(NOTIFIED), unique=True).map(tuple),
        st.sampled_from(["", "late", "sla: breached", "1"]),
    )
    return st.builds(
        PolicySpec,
        targets=rows([1, 2, 3, 4], REQUESTER_METRICS),
        tiers=rows([0, 1, 2, 3, 4], (Metric.ACCEPT, Metric.WORK)),
        vendors=rows([0, *vendors], (Metric.VENDOR_RESPONSE, Metric.VENDOR_RESOLVE)),
        pauses=st.lists(st.sampled_from(PAUSES), unique=True).map(tuple),
        pauses_responses=st.booleans(),
        reopening=st.sampled_from(["resume", "restart"]),
        phone_is_response=st.booleans(),
        thresholds=st.tuples(shares, st.lists(threshold, min_size=5, max_size=5)).map(
            lambda pair: tuple(replace(each, share=share) for share, each in zip(pair[0], pair[1], strict=False))
        ),
        goals=st.dictionaries(
            st.integers(1, 4),
            st.builds(Goal, st.sampled_from([95, 99.5, 100]), st.sampled_from(["", "5 % of the fee: no"])),
        ),
    )  # fmt: skip


@pytest.mark.many
def test_any_policy_survives_its_yaml(kestrel: Organisation, hours: Calendar, always: Calendar) -> None:
    known = named()

    @settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
    @given(specs([hours.pk, always.pk], [kestrel.pk]))
    def survives(spec: PolicySpec) -> None:
        assert exchange.read(exchange.write("Any: of them", spec, known), known).spec == spec

    survives()
