"""What rules ask, as a table of cases (`rule_cases.yml`): SQL over many tickets and Python on one agree, always."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from sla.defaults import BUSINESS_HOURS
from sla.models import Calendar, Clock
from tests.conftest import MONDAY
from tests.sla.conftest import hours
from tickets import vocabulary
from tickets.indexing import index_many
from tickets.models import PLAIN_COLUMNS, ExternalReference, Tag, Tagging, Ticket
from tickets.state import State
from tickets.vocabulary import facts_of
from tickets.words import fold_words

TABLE = yaml.safe_load((Path(__file__).parent / "rule_cases.yml").read_text())
CASES: list[dict[str, Any]] = TABLE["cases"]
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
SHARES = [75, 90, 100]
SIX = [[22 * 60, 30 * 60]]
"""From 22 in the evening to 6 in the morning."""


@dataclass
class Stage:
    """The tickets of the table, by name, and the keys that its conditions name."""

    tickets: dict[str, Ticket]
    keys: dict[str, int]

    def tree(self, when: Any) -> vocabulary.Tree:
        return vocabulary.parse(filled(when, self.keys))

    def by_sql(self, tree: vocabulary.Tree) -> set[str]:
        found = set(Ticket.objects.filter(vocabulary.as_q(tree, at=MONDAY)).values_list("pk", flat=True))
        return {name for name, ticket in self.tickets.items() if ticket.pk in found}

    def in_python(self, tree: vocabulary.Tree) -> set[str]:
        facts = facts_of([ticket.pk for ticket in self.tickets.values()])
        return {
            name
            for name, ticket in self.tickets.items()
            if vocabulary.holds(tree, State.of(ticket), at=MONDAY, facts=facts[ticket.pk])
        }


def filled(when: Any, keys: dict[str, int]) -> Any:
    """The condition with the keys of this run."""
    if isinstance(when, dict):
        return {name: filled(value, keys) for name, value in when.items()}
    if isinstance(when, list):
        return [filled(each, keys) for each in when]
    return when.format(**keys) if isinstance(when, str) else when


def span(text: str) -> timedelta:
    return timedelta(**{UNITS[text[-1]]: int(text[:-1])})


def put(says: dict[str, Any], rows: dict[str, Any]) -> Ticket:
    """A ticket's row as the table describes it, with what hangs on it; filters read nothing else."""
    says = dict(says)
    said, clock = says.pop("said"), says.pop("clock", None)
    tags, reference = says.pop("tags", ()), says.pop("reference", None)
    times = {name: MONDAY - span(text) for name, text in says.pop("ago").items()}
    times |= {name: MONDAY + span(text) for name, text in says.pop("in", {}).items()}
    columns = {
        name: rows.get(value, value) if isinstance(value, str) else value for name, value in says.items()
    }
    columns["tier_id"], requester = columns.pop("tier"), columns["requester"]
    organisation = None if columns.pop("organisation", "") == "none" else requester.organisation
    for name in ("tier_since", "status_since", "changed_at"):
        times.setdefault(name, times["created_at"])
    ticket = Ticket(**columns, organisation=organisation, **times)
    for column, plain in PLAIN_COLUMNS.items():
        setattr(ticket, plain, fold_words(getattr(ticket, column)))
    ticket.save(force_insert=True)
    index_many([(ticket.pk, ticket.subject, [said], ["A note that nobody outside reads."])])
    for name in tags:
        Tagging.objects.create(ticket=ticket, tag=Tag.objects.get_or_create(name=name)[0])
    if reference:
        ExternalReference.objects.create(ticket=ticket, system=reference[0], key=reference[1])
    if clock:
        put_clock(ticket, **clock)
    return Ticket.objects.get(pk=ticket.pk)


def put_clock(ticket: Ticket, *, state: str, fired: int, due: str = "", breached: bool = False) -> None:
    ended = {"ended_at": MONDAY, "outcome": "met"} if state == "ended" else {}
    Clock.objects.create(
        ticket=ticket, metric="resolution", priority=ticket.priority, target=timedelta(hours=4), state=state,
        since=MONDAY, started_at=ticket.created_at, shares=SHARES, fired=fired,
        due_at=MONDAY + span(due) if due else None, breached_at=MONDAY if breached else None, **ended,
    )  # fmt: skip


@pytest.fixture
def stage(
    ines,
    tomasz,
    otto,
    mira,
    dario,
    yuki,
    vera,
    service_desk,
    network,
    platform,
    vendors,
    kestrel,
    northwind,
    vpn,
) -> Stage:
    User.objects.filter(pk=tomasz.pk).update(is_vip=True)
    rows = {
        "ines": ines, "tomasz": tomasz, "otto": otto, "mira": mira, "dario": dario, "yuki": yuki, "vera": vera,
        "service_desk": service_desk, "network": network, "platform": platform, "vendors": vendors,
        "kestrel": kestrel, "northwind": northwind, "vpn": vpn, "networks": vpn.parent,
        "office": Calendar.objects.get(name=BUSINESS_HOURS), "nights": hours("Nights", weekly=[SIX] * 7),
    }  # fmt: skip
    tickets = {name: put(says, rows) for name, says in TABLE["tickets"].items()}
    return Stage(tickets, {name: row.pk for name, row in rows.items()})


def test_there_are_at_least_120_cases_and_each_ticket_is_asked() -> None:
    assert len(CASES) >= 120
    assert {case["ticket"] for case in CASES} == set(TABLE["tickets"])
    assert {case["verdict"] for case in CASES} == {True, False}


def test_every_verdict_is_the_same_as_sql_over_all_tickets(stage: Stage) -> None:
    wrong = [
        case
        for case in CASES
        if (case["ticket"] in stage.by_sql(stage.tree(case["when"]))) != case["verdict"]
    ]
    assert wrong == []


def test_every_verdict_is_the_same_in_python_on_the_one_ticket(stage: Stage) -> None:
    facts = {name: facts_of([ticket.pk])[ticket.pk] for name, ticket in stage.tickets.items()}
    wrong = [
        case
        for case in CASES
        if vocabulary.holds(
            stage.tree(case["when"]),
            State.of(stage.tickets[case["ticket"]]),
            at=MONDAY,
            facts=facts[case["ticket"]],
        )
        != case["verdict"]
    ]
    assert wrong == []


def leaves(when: Any) -> list[Any]:
    """The conditions in a tree, each by itself."""
    if "field" in when:
        return [when]
    parts = when.get("all", when.get("any", [when["not"]] if "not" in when else []))
    return [leaf for part in parts for leaf in leaves(part)]


LEAVES = list({str(leaf): leaf for case in CASES for leaf in leaves(case["when"])}.values())


def agree_on(stage: Stage, examples: int) -> None:
    """Trees made of the table's conditions find the same in both ways."""
    trees = st.recursive(
        st.sampled_from(LEAVES),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(lambda parts: {"all": parts}),
            st.lists(inner, max_size=4).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=8,
    ).filter(lambda tree: depth(tree) < 8)

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(trees)
    def agree(when: Any) -> None:
        tree = stage.tree(when)
        assert stage.by_sql(tree) == stage.in_python(tree)

    agree()


def depth(when: Any) -> int:
    parts = when.get("all", when.get("any", [when["not"]] if "not" in when else []))
    return 1 + max(map(depth, parts), default=0)


def test_any_tree_of_these_conditions_finds_the_same_both_ways(stage: Stage) -> None:
    agree_on(stage, 12)


@pytest.mark.long
def test_two_thousand_trees_find_the_same_both_ways(stage: Stage) -> None:
    agree_on(stage, 2_000)
