"""Figures: counted from facts and from cells alike, by groups, along time, and by nobody who may not."""

from datetime import date
from itertools import product

import pytest

from insights.cuts import NONE, Cut, Dimension, Period, Scope, Step
from insights.models import FigureSettings, TierRate
from insights.queries import costing, distributions, shapes, tallies, whole
from insights.queries.figures import (
    arrivals,
    backlog,
    by,
    compliance,
    costs,
    distribution,
    figures,
    flow,
    times,
    trend,
)
from insights.queries.tallies import Split
from tests.insights.recorded import Desk
from tests.plugins.examples import some

YEAR = Period(date(2025, 12, 1), date(2026, 11, 30))
SPRING = Period(date(2026, 3, 10), date(2026, 5, 20))
WHOLE = Cut(YEAR)


def counts(found: tallies.Tallies) -> dict[tallies.Place, dict[str, int]]:
    """What is not nothing."""
    return {
        place: told
        for place, tally in found.items()
        if (told := {name: n for name, n in sorted(tally.counts.items()) if n})
    }


def cuts(desk: Desk) -> list[Cut]:
    category, vpn, policy = desk.categories[1], desk.categories[2], desk.policies[1]
    assert category
    assert vpn
    assert policy
    return [
        WHOLE,
        Cut(SPRING),
        Cut(SPRING, kind="incident", priority=3),
        Cut(YEAR, team=desk.teams[2][0].pk),
        Cut(SPRING, level=2),
        Cut(SPRING, level=1, kind="request"),
        Cut(YEAR, organisation=desk.organisations[0].pk),
        Cut(YEAR, category=category.pk),
        Cut(YEAR, category=category.pk, category_alone=True),
        Cut(YEAR, category=vpn.pk),
        Cut(YEAR, category=NONE),
        Cut(YEAR, channel="mail", priority=1),
        Cut(SPRING, policy=policy.pk),
        Cut(SPRING, policy=NONE),
        *scoped(desk),
    ]


def scoped(desk: Desk) -> list[Cut]:
    """Of a lead of two teams, and of an organisation's manager: restricted tickets are in the cells."""
    led = Scope(teams=frozenset({desk.teams[1][0].pk, desk.teams[2][0].pk}))
    organisation = Scope(organisation=desk.organisations[0].pk)
    return [Cut(YEAR, led), Cut(SPRING, led, kind="incident"), Cut(YEAR, organisation)]


@pytest.mark.many
def test_cells_tell_what_facts_tell_of_every_cut_that_they_know(desk):
    splits = [
        Split(cut, step, dimension)
        for cut, step, dimension in product(cuts(desk), (None, Step.WEEK, Step.MONTH), (None, *Dimension))
        if not (step and dimension)
    ]
    asked = [(split, cube) for split in splits if (cube := whole.cube_of(split)) is not None]
    for split, cube in some(asked):
        by_facts, by_cells = tallies.tallies(split), whole.tallies(split, cube)
        assert counts(by_cells) == counts(by_facts), split
        assert {place: tally.quantiles for place, tally in by_cells.items() if tally.quantiles} == {
            place: tally.quantiles for place, tally in by_facts.items() if tally.quantiles
        }
    assert len(asked) > 90


def test_cells_tell_the_shapes_that_facts_tell(desk):
    known = [cut for cut in cuts(desk) if whole.knows(cut)]
    assert len(known) > 10
    for cut in (*known, Cut(Period(SPRING.first, SPRING.first), level=1)):
        assert whole.paths(cut) == shapes.paths(cut)
        assert whole.hours(cut) == shapes.hours(cut)
        assert whole.times(cut) == shapes.times(cut)
        assert whole.resolved_by_person(cut) == shapes.by_resolver(cut)
        if not distributions.knows(Split(cut)):
            continue
        for span in ("response_seconds", "resolution_business_seconds"):
            by_cells = shapes.buckets_of(span, distributions.buckets(cut, span, shapes.EDGES))
            assert by_cells == shapes.span_buckets(cut, span)
    for cut in cuts(desk):
        cube = whole.cube_of(Split(cut))
        assert shapes.running(cut.period, *whole.comings(cut, cube)) == shapes.running(
            cut.period, *shapes.comings(cut)
        )


def test_rates_count_from_their_day_on_and_cells_cost_what_facts_cost(desk, ada, at):
    for level, first, cents in ((1, "2026-01-01", 3000), (2, "2026-01-01", 6000), (1, "2026-04-15", 4000)):
        TierRate.objects.create(level=level, first_day=date.fromisoformat(first), cents=cents, by=ada, at=at)
    known = costing.rates()
    for cut, step, dimension in (
        (WHOLE, None, None),
        (Cut(SPRING), Step.MONTH, None),
        (Cut(SPRING), None, Dimension.KIND),
        *((cut, None, dimension) for cut in scoped(desk) for dimension in (None, Dimension.PRIORITY)),
    ):
        split = Split(cut, step, dimension)
        by_facts, by_cells = costing.spent(split, known), whole.spent(split, known)
        assert {place: spent.cents(known) for place, spent in by_cells.items()} == {
            place: spent.cents(known) for place, spent in by_facts.items()
        }
        assert {place: spent.logged for place, spent in by_cells.items()} == {
            place: spent.logged for place, spent in by_facts.items()
        }


def test_the_medians_of_many_are_less_than_5_percent_off(desk, monkeypatch):
    splits = [
        Split(WHOLE),
        Split(Cut(SPRING)),
        Split(Cut(SPRING), Step.WEEK),
        Split(Cut(SPRING, kind="incident"), Step.DAY),
        Split(WHOLE, Step.MONTH),
        Split(Cut(SPRING), dimension=Dimension.PRIORITY),
        Split(Cut(SPRING), dimension=Dimension.TEAM),
        Split(Cut(SPRING, level=2), dimension=Dimension.KIND),
        Split(Cut(SPRING), dimension=Dimension.ORGANISATION),
        Split(Cut(SPRING), dimension=Dimension.CHANNEL),
        Split(Cut(YEAR, channel="mail"), Step.MONTH),
        *map(Split, scoped(desk)),
    ]
    exact = [tallies.tallies(split) for split in splits]
    monkeypatch.setattr(tallies, "EXACT", 0)
    for split, by_facts in zip(splits, exact, strict=True):
        by_cells = whole.tallies(split, whole.cube_of(split))
        found = {place: tally.quantiles for place, tally in by_facts.items() if tally.quantiles}
        assert by_cells.keys() >= found.keys()
        for place, spans in found.items():
            for span, quantiles in spans.items():
                assert by_cells[place].quantiles[span] == pytest.approx(quantiles, rel=0.05), (
                    split,
                    place,
                    span,
                )


def test_of_many_tickets_there_are_no_medians_of_groups_that_no_cell_knows(desk, monkeypatch):
    monkeypatch.setattr(tallies, "EXACT", 0)
    for group in by(WHOLE, Dimension.CATEGORY):
        assert group.values["resolution_median"].value is None
        assert group.values["resolution_median"].n == group.values["resolved"].n


def test_medians_of_very_many_are_those_of_a_part_always_the_same(desk, monkeypatch):
    split = Split(Cut(YEAR, organisation=desk.organisations[0].pk))
    monkeypatch.setattr(tallies, "SAMPLE", 10)
    first, again = (tallies.tallies(split)[None, None] for _time in range(2))
    assert first == again
    assert first.counts["n_resolved"] > 20


MOST_QUERIES = [
    (figures, 7),
    (lambda cut: trend(cut, Step.WEEK), 9),
    (lambda cut: by(cut, Dimension.TEAM), 8),
    (lambda cut: by(cut, Dimension.CATEGORY), 9),
    (lambda cut: compliance(cut, Dimension.TIER), 5),
    (flow, 1),
    (arrivals, 1),
    (backlog, 3),
    (times, 1),
    (lambda cut: distribution(cut, "resolution"), 1),
    (costs, 5),
]


def test_the_number_of_queries_does_not_grow(desk, django_assert_max_num_queries):
    FigureSettings.load()
    led = WHOLE.within(scope=Scope(teams=frozenset({desk.teams[1][0].pk})))
    for ask, most in MOST_QUERIES:
        with django_assert_max_num_queries(most):
            ask(WHOLE)
        # The days at both edges are read from facts.
        with django_assert_max_num_queries(most + 2):
            ask(led)
