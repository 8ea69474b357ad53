"""Every number opens the list of the tickets that it counts, and the two agree; nobody counts what is not theirs."""

from collections.abc import Iterator
from datetime import date

import pytest

from accounts.models import Role, User
from insights.cuts import Cut, Dimension, Period, Step
from insights.measures import MEASURES
from insights.models import FigureSettings, TicketFact, TierRate
from insights.permissions import scope_of
from insights.queries.drill import facts_behind, hidden_behind, tickets_behind
from insights.queries.figures import (
    Value,
    ages_of,
    arrivals,
    backlog,
    by,
    compliance,
    costs,
    distribution,
    figures,
    flow,
    point_cut,
    technicians,
    times,
    trend,
)
from tests.conftest import person, seat
from tests.insights.recorded import BEGUN, Desk, add_up
from tickets.models import Ticket
from tickets.refusals import Invalid

PERIOD = Period(date(2026, 4, 8), date(2026, 7, 21))
LISTED = [key for key, measure in MEASURES.items() if measure.has_list]
ONCE = [key for key in LISTED if not key.endswith("_p90") and not key.endswith("_business_median")]
"""Measures with conditions of their own."""


@pytest.fixture
def desk(desk: Desk) -> Desk:
    for level in range(5):
        TierRate.objects.create(level=level, first_day=date(2026, 1, 1), cents=3000, by=None, at=BEGUN)
    return desk


@pytest.fixture
def readers(desk, max_, lars, greta) -> dict[str, User]:
    """Max manages, Lars leads the service desk, and Greta sees all that Northwind asked for."""
    return {"manager": max_, "lead": lars, "organisation": greta}


def told(values: dict[str, Value], keys: list[str]) -> dict[str, int]:
    return {key: values[key].n for key in keys if key in values}


def listed(cut: Cut, reader: User, keys: list[str]) -> dict[str, int]:
    return {key: tickets_behind(cut, key, reader).count() for key in keys}


def shapes(cut: Cut) -> Iterator[tuple[str, int]]:
    """What else counts tickets: key of the list, and the number."""
    yield from ((f"flow_{begin}_{end}", n) for begin, end, n in flow(cut))
    for day, row in enumerate(arrivals(cut)):
        yield from ((f"arrived_{day}_{hour}", n) for hour, n in enumerate(row) if n and hour % 6 == 0)
    for span in ("response", "resolution_business"):
        yield from ((bucket.key, bucket.n) for bucket in distribution(cut, span))
    yield from ((bucket.key, bucket.n) for bucket in ages_of(cut))
    yield from ((hands.key, hands.n) for hands in times(cut))
    for load in technicians(cut):
        yield from ((load.key, load.resolved), (load.open_key, load.open_now))
    yield "backlog", backlog(cut)[-1][1]
    yield "cost", costs(cut).tickets


def test_every_number_is_as_long_as_its_list(readers):
    for who, reader in readers.items():
        cut = Cut(PERIOD, scope_of(reader))
        found = figures(cut)
        assert found["resolved"].n > 10
        for key in LISTED:
            hidden = hidden_behind(cut, key, reader)
            assert found[key].n == tickets_behind(cut, key, reader).count() + hidden, (who, key)
            assert hidden == 0 or who == "manager"
        for key in ONCE:
            if found[key].of != found[key].n:
                assert facts_behind(cut, f"{key}.of").count() == found[key].of, (who, key)
                assert facts_behind(cut, f"{key}.not").count() == found[key].of - found[key].n, (who, key)
        for key, n in shapes(cut):
            assert (who, key, facts_behind(cut, key).count()) == (who, key, n)


def test_so_is_every_number_of_every_group(readers):
    groups = 0
    for who, reader in readers.items():
        cut = Cut(PERIOD, scope_of(reader))
        for dimension in Dimension:
            for group in by(cut, dimension):
                groups += 1
                keys = ONCE[groups % 8 :: 8]
                counted = {key: facts_behind(group.cut, key).count() for key in keys}
                assert counted == told(group.values, keys), (who, dimension, group.label)
                if who != "manager":
                    assert listed(group.cut, reader, keys) == counted
    assert groups > 60


def test_so_is_what_became_of_each_promise_in_every_group(readers):
    for who in ("manager", "lead"):
        cut = Cut(PERIOD, scope_of(readers[who]))
        for dimension in (None, Dimension.TIER, Dimension.POLICY):
            for row in compliance(cut, dimension):
                lists = [
                    facts_behind(row.cut, f"kept_{row.metric}{side}").count()
                    for side in ("", ".not", ".excepted")
                ]
                assert lists == [row.kept, row.broken, row.excepted], (who, dimension, row)


def test_so_is_every_number_of_every_point_of_a_trend(readers):
    cut = Cut(PERIOD, scope_of(readers["lead"]))
    for step, keys in ((Step.MONTH, ONCE[::2]), (Step.WEEK, ["resolved", "backlog"])):
        for first, values in trend(cut, step):
            narrowed = point_cut(cut, step, first)
            assert listed(narrowed, readers["lead"], keys) == told(values, keys), (step, first)


# --- whose figures count what ---


def resolved_of(fact: TicketFact) -> Cut:
    assert fact.resolved_on
    return Cut(Period(fact.resolved_on, fact.resolved_on))


def a_fact(**which: object) -> TicketFact:
    return TicketFact.objects.filter(is_counted=True, resolved_on__isnull=False, **which)[0]


def test_a_lead_counts_the_own_teams_and_nothing_of_others(readers, desk):
    cut = Cut(PERIOD, scope_of(readers["lead"]))
    own = desk.teams[1][0]
    assert [group.label for group in by(cut, Dimension.TEAM)] == [own.name]
    other = desk.teams[2][0].pk
    assert figures(cut.within(team=other))["resolved"].n == 0
    assert not facts_behind(cut.within(team=other), "opened").exists()


def test_an_organisation_s_manager_counts_the_own_organisation_and_nobody_of_the_desk(readers, desk):
    cut = Cut(PERIOD, scope_of(readers["organisation"]))
    northwind, harbour = desk.organisations
    assert [group.label for group in by(cut, Dimension.ORGANISATION)] == [northwind.name]
    assert figures(cut.within(organisation=harbour.pk))["opened"].n == 0
    assert technicians(cut) == []
    with pytest.raises(Invalid):
        facts_behind(cut, f"person_{desk.people[0].pk}")


@pytest.mark.parametrize("who", ["lead", "organisation"])
def test_restricted_tickets_are_in_no_scoped_figure_even_where_the_reader_may_open_them(readers, desk, who):
    reader = readers[who]
    cut = Cut(PERIOD, scope_of(reader))
    before = figures(cut)["resolved"].n
    ticket = tickets_behind(cut, "resolved", reader).get(
        pk=tickets_behind(cut, "resolved", reader).first().pk
    )
    Ticket.objects.filter(pk=ticket.pk).update(is_restricted=True)
    TicketFact.objects.filter(ticket=ticket).update(is_restricted=True)
    add_up()
    assert figures(cut)["resolved"].n == before - 1
    assert ticket not in tickets_behind(cut, "resolved", reader)


def test_a_manager_s_figures_count_restricted_tickets_and_the_list_says_how_many_are_not_shown(readers):
    manager, cut = readers["manager"], Cut(PERIOD, scope_of(readers["manager"]))
    restricted = facts_behind(cut, "resolved").filter(ticket__is_restricted=True).count()
    assert restricted > 0
    assert hidden_behind(cut, "resolved", manager) == restricted
    assert not tickets_behind(cut, "resolved", manager).filter(is_restricted=True).exists()


def test_a_ticket_that_went_on_to_another_team_is_counted_where_it_was_resolved(readers, desk, northwind):
    """The service desk handed it over: it is in the figures of the network team, and in none of Lars'."""
    lars, network = readers["lead"], desk.teams[2][0]
    fact = a_fact(team=network, path__startswith="1", ticket__is_restricted=False)
    cut = resolved_of(fact).within(scope=scope_of(lars))
    assert fact not in facts_behind(cut, "resolved")
    lead = seat(person("Nadia Berg"), network, Role.LEAD)
    assert fact in facts_behind(cut.within(scope=scope_of(lead)), "resolved")


def test_one_that_a_team_resolved_and_that_lies_elsewhere_now_is_counted_and_said_not_to_be_open_to_its_lead(
    readers, desk
):
    """Only an import can leave one so: a move reopens it, and then it is resolved by nobody."""
    lars = readers["lead"]
    fact = a_fact(team=desk.teams[1][0], ticket__is_restricted=False, organisation__isnull=False)
    elsewhere = desk.teams[3][0]
    elsewhere.serves.set([])
    Ticket.objects.filter(pk=fact.pk).update(team=elsewhere, tier=elsewhere.tier)
    cut = resolved_of(fact).within(scope=scope_of(lars))
    total = facts_behind(cut, "resolved").count()
    shown = tickets_behind(cut, "resolved", lars).count()
    assert hidden_behind(cut, "resolved", lars) == total - shown


@pytest.mark.parametrize(
    "key", ["", "opened.excepted", "flow_9_1", "arrived_1_24", "age_9", "response_took_44"]
)
def test_a_figure_that_does_not_exist_is_refused_by_name(key):
    with pytest.raises(Invalid) as refused:
        facts_behind(Cut(PERIOD), key)
    assert refused.value.field == "of"


def test_no_ticket_stands_behind_a_deflected_request():
    with pytest.raises(Invalid, match="No tickets stand behind “Deflected”"):
        facts_behind(Cut(PERIOD), "deflected")


def test_where_names_are_hidden_loads_stand_side_by_side_and_no_list_tells_a_person(desk, mira):
    cut = Cut(PERIOD)
    assert [load.name for load in technicians(cut)] == ["Dario Pek", "Mira Kask"]
    FigureSettings.objects.update_or_create(pk=1, defaults={"hides_names": True})
    hidden = technicians(cut)
    assert [(load.name, load.person, load.key) for load in hidden] == [("", 0, "")] * 2
    assert hidden[0].resolved >= hidden[1].resolved
    with pytest.raises(Invalid):
        facts_behind(cut, f"person_{mira.pk}")
