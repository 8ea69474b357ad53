"""One language of filters, two evaluators that agree always."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from helpdesk.demo.texts import read
from sla.defaults import BUSINESS_HOURS
from sla.models import Calendar, Clock
from tests.plugins.examples import examples
from tickets import vocabulary
from tickets.indexing import index_many
from tickets.models import (
    FAR,
    PLAIN_COLUMNS,
    CustomField,
    ExternalReference,
    FieldValue,
    Revision,
    Tag,
    Tagging,
    Ticket,
    Watch,
    WorkLog,
)
from tickets.state import State
from tickets.vocabulary import Facts, Unreadable, facts_of
from tickets.words import fold_words, normal_value

CASES = read(Path(__file__).parent / "vocabulary_cases.yml")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Scene:
    """The six tickets that the cases speak of, and the reader."""

    tickets: dict[str, Ticket]
    ids: dict[str, int]
    reader: User

    def found_by_sql(self, tree: vocabulary.Tree) -> list[str]:
        keys = set(
            Ticket.objects.filter(vocabulary.as_q(tree, at=NOW, user=self.reader)).values_list(
                "pk", flat=True
            )
        )
        return [name for name, ticket in self.tickets.items() if ticket.pk in keys]

    def found_in_python(self, tree: vocabulary.Tree) -> list[str]:
        facts = facts_of([ticket.pk for ticket in self.tickets.values()])
        return [
            name
            for name, ticket in self.tickets.items()
            if vocabulary.holds(tree, State.of(ticket), at=NOW, facts=facts[ticket.pk], user=self.reader)
        ]


def row(subject: str, **columns: Any) -> Ticket:
    """A ticket's row as it might stand, without its history: filters read nothing else."""
    since = columns.setdefault("created_at", NOW - timedelta(days=1))
    for name in ("changed_at", "tier_since", "status_since"):
        columns.setdefault(name, since)
    ticket = Ticket(subject=subject, **columns)
    for column, plain in PLAIN_COLUMNS.items():
        setattr(ticket, plain, fold_words(getattr(ticket, column)))
    ticket.save(force_insert=True)
    return ticket


def say(ticket: Ticket, field: CustomField, value: Any) -> None:
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    revision = Revision.objects.create(ticket=ticket, column=f"field:{field.pk}", text=shown, at=NOW)
    FieldValue.objects.create(
        ticket=ticket, field=field, value=value, normal=normal_value(shown), revision=revision
    )


@pytest.fixture
def scene(
    ines, otto, mira, dario, vera, service_desk, network, vendors, kestrel, northwind, harbour, vpn
) -> Scene:
    User.objects.filter(pk=ines.pk).update(is_vip=True)
    User.objects.filter(pk=mira.pk).update(timezone="Europe/Berlin")
    ours = {"requester": ines, "organisation": northwind, "opened_by": ines}
    tickets = {
        "printer": row(
            "Drücker im Büro", **ours, tier_id=1, team=service_desk, location="Büro 2. OG",
            created_at=NOW - timedelta(hours=1),
        ),
        "vpn": row(
            "VPN 50 % slow", **ours, tier_id=2, team=network, status="open", priority=2, assignee=dario,
            contact=mira, category=vpn, channel="phone", device="NW-1180", next_due_at=NOW + timedelta(hours=1),
            requester_waiting_since=NOW, last_public_reply_at=NOW, bounce_count=1, handoff_count=2, path=[1, 2],
        ),
        "vendor": row(
            "Line is down at the depot", requester=otto, opened_by=otto, organisation=harbour, tier_id=4,
            team=vendors, status="pending_vendor", kind="request", priority=3, assignee=vera, vendor=kestrel,
            unaccepted_since=NOW, is_restricted=True, handoff_count=1,
        ),
        "held": row(
            "The file server", **ours, tier_id=2, team=network, status="on_hold", kind="problem", priority=1,
            impact=1, urgency=1, category=vpn.parent, hold_reason="part", hold_until=NOW + timedelta(days=1),
            next_due_at=NOW - timedelta(hours=1), requester_waiting_since=NOW,
        ),
        "done": row(
            "How to print envelopes", requester=ines, organisation=northwind, opened_by=mira, tier_id=1,
            team=service_desk, status="resolved", kind="question", urgency=3, assignee=mira, contact=mira,
            channel="phone", resolution_code="fixed", resolved_at=NOW - timedelta(days=2), reopen_count=2,
            rating=5, handle_with_care=True, created_at=NOW - timedelta(days=9),
            changed_at=NOW - timedelta(days=2),
        ),
        "gone": row(
            "Cheap watches", requester=otto, tier_id=1, team=service_desk, status="cancelled", channel="mail",
            cancel_reason="noise", closed_at=NOW - timedelta(days=365), created_at=NOW - timedelta(days=366),
        ),
    }  # fmt: skip
    dress(tickets, mira, ines)
    ids = {
        "network": network.pk,
        "otto": otto.pk,
        "northwind": northwind.pk,
        "kestrel": kestrel.pk,
        "parent": vpn.parent_id,
        "vpn": vpn.pk,
        "office": Calendar.objects.get(name=BUSINESS_HOURS).pk,
    }
    stored = {name: Ticket.objects.get(pk=ticket.pk) for name, ticket in tickets.items()}
    return Scene(stored, ids, User.objects.get(pk=mira.pk))


def dress(tickets: dict[str, Ticket], mira: User, ines: User) -> None:
    """What hangs on the tickets."""
    tags = {name: Tag.objects.create(name=name) for name in ("vpn", "home")}
    for name, tag in (("vpn", "vpn"), ("vpn", "home"), ("held", "vpn")):
        Tagging.objects.create(ticket=tickets[name], tag=tags[tag])
    Watch.objects.create(ticket=tickets["held"], user=mira)
    Watch.objects.create(ticket=tickets["vpn"], user=ines)
    for minutes in (60, 30):
        WorkLog.objects.create(ticket=tickets["held"], by=mira, at=NOW, tier_level=2, minutes=minutes)
    ExternalReference.objects.create(ticket=tickets["vendor"], system="servicenow", key="INC1")
    kinds = {"serial": "text", "seats": "number", "floor": "choice", "since": "date", "approver": "user"}
    fields = {
        key: CustomField.objects.create(key=key, label=key.title(), type=kind, choices=["First", "Second"])
        for key, kind in (kinds | {"urgent": "checkbox"}).items()
    }
    CustomField.objects.create(key="secret", label="Secret", min_tier=3)
    say(tickets["printer"], fields["serial"], "AB-1234")
    say(tickets["printer"], fields["seats"], "many")  # written before the field took numbers only
    say(tickets["vpn"], fields["seats"], "12.50")
    say(tickets["vendor"], fields["seats"], "3")
    say(tickets["vpn"], fields["floor"], "First")
    say(tickets["held"], fields["since"], "2026-05-31")
    say(tickets["done"], fields["approver"], mira.pk)
    say(tickets["held"], fields["urgent"], False)
    say(tickets["held"], fields["serial"], "")
    clock(tickets["vpn"], state="running", due_at=NOW + timedelta(hours=1), shares=[75, 90, 100], fired=1)
    index_many(
        [(tickets["vpn"].pk, "VPN 50 % slow", ["From my home office, since Friday."], ["Office line"])]
    )
    clock(tickets["held"], state="paused", breached_at=NOW)
    clock(
        tickets["done"],
        state="ended",
        outcome="met",
        ended_at=NOW,
        breached_at=NOW - timedelta(days=3),
        shares=[75, 100],
        fired=2,
    )
    clock(
        tickets["gone"], state="ended", outcome="void", ended_at=NOW, breached_at=NOW, shares=[100], fired=1
    )
    clock(tickets["printer"], metric="next_response", state="paused")


def clock(ticket: Ticket, **columns: Any) -> None:
    columns = {"metric": "resolution", "priority": 4, "target": timedelta(hours=1)} | columns
    Clock.objects.create(ticket=ticket, since=NOW, started_at=NOW, **columns)


def filled(where: Any, ids: dict[str, int]) -> Any:
    """The case with the keys of this run."""
    if isinstance(where, dict):
        return {key: filled(value, ids) for key, value in where.items()}
    if isinstance(where, list):
        return [filled(each, ids) for each in where]
    return where.format(**ids) if isinstance(where, str) else where


def test_every_case_finds_the_same_in_sql_and_in_python(scene):
    for case in CASES:
        tree = vocabulary.parse(filled(case["where"], scene.ids), scene.reader)
        answers = (scene.found_by_sql(tree), scene.found_in_python(tree))
        assert answers == (case["finds"], case["finds"]), case["where"]
        assert vocabulary.parse(vocabulary.to_json(tree), scene.reader) == tree


def test_every_field_and_operator_has_a_case() -> None:
    used: set[tuple[str, str]] = set()

    def walk(where: Any) -> None:
        if isinstance(where, dict) and "field" in where:
            used.add((where["field"], where["op"]))
        for part in where.values() if isinstance(where, dict) else where if isinstance(where, list) else ():
            walk(part)

    walk(CASES)
    untried = {"in_tier_since", "in_status_since", "news_asked", "close_reason"}  # twins of others
    assert {field for field, _op in used} >= set(vocabulary.registered()) - untried
    assert {op for _field, op in used} == {*map(str, vocabulary.Op), "not"}


def conditions(scene: Scene) -> st.SearchStrategy[Any]:
    """Any field with any of its operators and values that occur, or nearly."""
    spans = st.sampled_from(["0m", "1h", "90m", "1d", "2d", "52w"])
    times = st.sampled_from(["now", "2026-11-23", "2026-11-22T09:00:00Z", "2025-11-23T10:00", "2026-11-24"])
    flags = st.sampled_from(["true", "false"])
    by_type = {
        "time": times,
        "number": st.sampled_from(["0", "1", "2", "5", "90"]),
        "date": st.sampled_from(["2026-05-31", "2026-06-01", "0001-01-01"]),
        "text": st.sampled_from(["e", "VPN", "büro", "%", "the file server", "AB-1234", "\u2121", "ß"]),
        "flag": flags,
    }
    people = [str(user.pk) for user in User.objects.all()]

    by_name = {
        "external": st.sampled_from(["servicenow", "servicenow/INC1", "jira"]),
        "tag": st.sampled_from(["vpn", "home", "other"]),
        "text": st.sampled_from(["VPN", "home office", "office home", "since friday", "Fríday", "line"]),
    }
    by_op = {vocabulary.Op.EMPTY: flags, vocabulary.Op.WITHIN: spans, vocabulary.Op.OLDER_THAN: spans}

    def values(field: vocabulary.Field, op: vocabulary.Op) -> st.SearchStrategy[str]:
        keys = [*map(str, scene.ids.values()), *people, "1", "2", "4", *getattr(field, "words", ())]
        options = [value for value, _label in field.options()]
        if op in by_op:
            return by_op[op]
        if options:
            return st.sampled_from(options)
        return by_name.get(field.name, by_type.get(field.type, st.sampled_from(keys)))

    fields = st.sampled_from(vocabulary.all_fields(scene.reader))
    pairs = fields.flatmap(lambda field: st.tuples(st.just(field), st.sampled_from(field.operators)))
    return pairs.flatmap(
        lambda pair: st.lists(values(*pair), min_size=1, max_size=3).map(
            lambda chosen: {"field": pair[0].name, "op": str(pair[1]), "value": chosen}
        )
    )


@pytest.mark.many
def test_any_tree_finds_the_same_in_sql_and_in_python(scene):
    trees = st.recursive(
        conditions(scene),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=6,
    )

    @settings(max_examples=examples(120), deadline=None, suppress_health_check=list(HealthCheck))
    @given(trees)
    def agree(json: Any) -> None:
        try:
            tree = vocabulary.parse(json, scene.reader)
        except Unreadable as refused:
            assert "nested" in str(refused)  # noqa: PT017
            return
        assert scene.found_by_sql(tree) == scene.found_in_python(tree)
        params = QueryDict(mutable=True)
        for name, value in vocabulary.params_from_tree(tree):
            params.appendlist(name, value)
        again, errors = vocabulary.tree_from_params(params, scene.reader)
        assert (scene.found_in_python(again), errors) == (scene.found_in_python(tree), [])
        vocabulary.describe(tree)

    agree()


@pytest.mark.parametrize(
    ("json", "words"),
    [
        ({"field": "colour", "op": "is", "value": "red"}, "There is no field “colour”"),
        ({"field": "status", "op": "after", "value": "new"}, "Status cannot be compared by “after”"),
        ({"field": "status", "op": "is", "value": "gone"}, "Status: “gone” cannot be used; give one of: new"),
        ({"field": "created", "op": "within", "value": "soon"}, "give a span such as 30m, 2h, 3d or 1w"),
        ({"field": "created", "op": "before", "value": "2026-02-30"}, "give a date such as"),
        ({"field": "assignee", "op": "is", "value": "bob"}, "give the number of one or me, none"),
        ({"field": "team", "op": "is", "value": str(10**30)}, "Team: “1000"),
        ({"field": "reopened", "op": "at_least", "value": -1}, "give a number from 0 to"),
        ({"field": "vip", "op": "is", "value": "maybe"}, "give true or false"),
        ({"field": "subject", "op": "contains", "value": " "}, "give 1 to 250 characters"),
        ({"field": "status", "op": "is", "value": []}, "give 1 to 100 values"),
        ({"field": "status", "op": "is", "value": {"a": 1}}, "a value is a text, a number, true or false"),
        ({"field": "status", "op": "is"}, "A part of a filter is one of"),
        ({"all": [], "any": []}, "A part of a filter is one of"),
        ("status", "Each part of a filter is an object"),
        (None, "Each part of a filter is an object"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_remedy(db, json, words):
    with pytest.raises(Unreadable) as refused:
        vocabulary.parse(json)
    assert words in str(refused.value)


def test_a_filter_nested_too_deep_or_too_large_is_refused(db: None) -> None:
    deep: Any = {"all": []}
    for _level in range(2_000):
        deep = {"not": deep}
    with pytest.raises(Unreadable, match="nested more than 8 deep"):
        vocabulary.parse(deep)
    with pytest.raises(Unreadable, match="more than 200 parts"):
        vocabulary.parse({"all": [{"all": []}] * 201})


def test_an_address_reads_as_a_filter_and_back(scene):
    address = (
        "status=open,new&team=mine&created.after=2026-01-01&not.status=closed&subject=a,b&minutes.at_least=3"
    )
    tree, errors = vocabulary.tree_from_params(QueryDict(address), scene.reader)
    assert errors == []
    assert vocabulary.params_from_tree(tree) == [
        ("status", "open,new"),
        ("team", "mine"),
        ("created.after", "2026-01-01"),
        ("not.status", "closed"),
        ("subject", "a,b"),
        ("minutes.at_least", "3"),
    ]


def test_bad_parameters_are_named_and_left_out(scene):
    query = QueryDict("status=opn&foo=1&sort=due&cursor=x&priority=2&created.within=2x&filter={")
    tree, errors = vocabulary.tree_from_params(query, scene.reader)
    assert vocabulary.params_from_tree(tree) == [("priority", "2")]
    assert [error.field for error in errors] == ["status", "foo", "created", "filter"]


def test_a_tree_that_is_not_flat_goes_into_one_parameter(scene):
    json = {
        "any": [
            {"field": "status", "op": "is", "value": ["new"]},
            {"field": "tier", "op": "is", "value": ["2"]},
        ]
    }
    tree = vocabulary.parse(json)
    [(name, value)] = vocabulary.params_from_tree(tree)
    again, errors = vocabulary.tree_from_params(MultiValueDict({name: [value]}), scene.reader)
    assert (name, errors, again) == ("filter", [], vocabulary.AllOf((tree,)))


def test_pills_name_people_and_teams_and_lead_to_the_filter_without_them(scene, mira):
    query = QueryDict(f"assignee={mira.pk},none&not.tier=2&created.within=2d&assignee.empty=false")
    tree, _errors = vocabulary.tree_from_params(query, scene.reader)
    pills = [(pill.label, pill.operator, pill.value) for pill in vocabulary.describe(tree)]
    assert pills == [
        ("Assignee", "is", "Mira Kask or nobody"),
        ("Tier", "is not", "L2 Technical"),
        ("Created", "within", "2 days"),
        ("Assignee", "is not empty", ""),
    ]
    assert vocabulary.describe(tree)[1].without == (
        f"assignee={mira.pk}%2Cnone&created.within=2d&assignee.empty=false"
    )


def test_a_field_marked_for_a_higher_tier_cannot_be_filtered_by(scene, ada):
    json = {"field": "field.secret", "op": "is", "value": "x"}
    with pytest.raises(Unreadable, match="no field"):
        vocabulary.parse(json, scene.reader)
    assert vocabulary.parse(json, ada)


def test_reading_the_facts_of_a_ticket_is_one_query(scene, django_assert_num_queries):
    with django_assert_num_queries(1):
        facts = Facts.of(scene.tickets["vpn"])
    assert (facts.tags, facts.due_at) == (frozenset({"vpn", "home"}), NOW + timedelta(hours=1))
    assert scene.tickets["printer"].next_due_at == FAR


def test_an_upper_app_cannot_take_a_name_that_is_there(db):
    with pytest.raises(ValueError, match="already"):
        vocabulary.register(vocabulary.registered()["status"])
