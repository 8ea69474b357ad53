"""Which custom fields are asked, by the answers to others; what is hidden is neither needed nor kept."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from escalation.operations import hand_over
from tickets import operations
from tickets.conditions import ANY, answers_among, circle_of, shown
from tickets.models import Category, CustomField, FieldValue, Ticket
from tickets.refusals import Invalid
from tickets.settings.fields import set_questions

KEYS = ("a", "b", "c", "d", "e")
ANSWERS = ("red", "blue", "")
WANTED = st.lists(st.sampled_from(("red", "blue", ANY)), min_size=1, max_size=2, unique=True)


@st.composite
def fields_without_circles(draw: Any) -> list[CustomField]:
    """Each may wait for any that stand before it in a hidden order; the list itself is in another one."""
    order = draw(st.permutations(KEYS))
    found = []
    for place, key in enumerate(order):
        waits_for = draw(st.lists(st.sampled_from(order[:place]), max_size=2, unique=True)) if place else []
        shown_when = {each: draw(WANTED) for each in waits_for}
        found.append(CustomField(key=key, type="text", shown_when=shown_when))
    return list(draw(st.permutations(found)))


ANSWERED = st.fixed_dictionaries({key: st.sampled_from(ANSWERS) for key in KEYS})


def shown_step_by_step(fields: list[CustomField], answers: dict[str, str]) -> set[str]:
    """The same told otherwise: begin with those that wait for nothing, and add until nothing comes any more."""
    found: set[str] = set()
    while True:
        more = {
            field.key
            for field in fields
            if all(
                key in found and answers[key] and (ANY in wanted or answers[key] in wanted)
                for key, wanted in field.shown_when.items()
            )
        }
        if more <= found:
            return found
        found |= more


@given(fields=fields_without_circles(), answers=ANSWERED)
def test_a_field_is_shown_when_all_that_it_waits_for_are_shown_and_answered_so(
    fields: list[CustomField], answers: dict[str, str]
) -> None:
    assert {field.key for field in shown(fields, answers)} == shown_step_by_step(fields, answers)


@given(fields=fields_without_circles(), answers=ANSWERED)
def test_what_is_shown_keeps_its_order_and_does_not_hang_on_hidden_answers(
    fields: list[CustomField], answers: dict[str, str]
) -> None:
    found = shown(fields, answers)
    keys = {field.key for field in found}
    assert found == [field for field in fields if field in found]
    assert found == shown(fields, {key: answer if key in keys else "" for key, answer in answers.items()})


@given(fields=fields_without_circles())
def test_what_waits_for_nothing_in_a_circle_is_no_circle(fields: list[CustomField]) -> None:
    others = {field.key: field.shown_when for field in fields}
    for field in fields:
        assert circle_of(field.key, field.shown_when, others) == []


def test_a_circle_is_told_along_its_way() -> None:
    assert circle_of("a", ["b"], {"b": ["c"], "c": ["a"]}) == ["a", "b", "c", "a"]
    assert circle_of("a", ["a"], {}) == ["a", "a"]


def test_a_field_that_waits_for_itself_or_for_none_that_is_here_is_never_shown() -> None:
    itself = CustomField(key="a", shown_when={"a": [ANY]})
    orphan = CustomField(key="b", shown_when={"gone": [ANY]})
    assert shown([itself, orphan], {"a": "x", "gone": "x"}) == []


@pytest.fixture
def laptop(db: None) -> CustomField:
    """“Asset” is asked of laptops alone, and needed there; “Dock” of those that have an asset number."""
    CustomField.objects.create(key="device", label="Device", type="choice", choices=["Laptop", "Phone"])
    asset = CustomField.objects.create(
        key="asset", label="Asset", required="filing", shown_when={"device": ["Laptop"]}, position=1
    )
    CustomField.objects.create(key="dock", label="Dock", shown_when={"asset": [ANY]}, position=2)
    return asset


def said(ticket: Ticket) -> dict[str, Any]:
    return dict(ticket.field_values.values_list("field__key", "value"))


def test_a_hidden_field_is_not_needed(open_ticket: Any, laptop: CustomField) -> None:
    assert said(open_ticket(fields={"device": "Phone"})) == {"device": "Phone"}
    with pytest.raises(Invalid, match="Asset is needed") as refused:
        open_ticket(fields={"device": "Laptop"})
    assert refused.value.field == "fields.asset"


def test_a_value_for_a_hidden_field_is_refused_with_its_condition(
    open_ticket: Any, laptop: CustomField
) -> None:
    with pytest.raises(Invalid, match="Asset is asked only when Device is: Laptop") as refused:
        open_ticket(fields={"device": "Phone", "asset": "NW-7"})
    assert refused.value.field == "fields.asset"


def test_a_changed_answer_takes_along_what_it_showed(
    open_ticket: Any, laptop: CustomField, mira: User, at: datetime
) -> None:
    ticket = open_ticket(fields={"device": "Laptop", "asset": "NW-7", "dock": "D-1"})
    ticket = operations.change(ticket, fields={"device": "Phone"}, by=mira, at=at)
    assert said(ticket) == {"device": "Phone"}
    # Each that was emptied is a revision that the history names.
    assert set(ticket.words) >= {f"field:{field.pk}" for field in CustomField.objects.all()}


def test_what_is_said_of_something_else_leaves_the_fields_alone(
    open_ticket: Any, laptop: CustomField, mira: User, at: datetime
) -> None:
    ticket = open_ticket(fields={"device": "Laptop", "asset": "NW-7"})
    CustomField.objects.filter(key="asset").update(shown_when={"device": ["Phone"]})
    ticket = operations.change(ticket, location="Leeds", by=mira, at=at)
    assert said(ticket) == {"device": "Laptop", "asset": "NW-7"}


def test_a_box_that_is_not_ticked_is_an_answer(open_ticket: Any) -> None:
    CustomField.objects.create(key="remote", label="At home", type="checkbox")
    CustomField.objects.create(key="room", label="Room", required="filing", shown_when={"remote": ["false"]})
    open_ticket(fields={"remote": True})
    with pytest.raises(Invalid, match="Room is needed"):
        open_ticket()


def test_a_choice_taken_away_stays_with_who_has_it(
    open_ticket: Any, laptop: CustomField, mira: User, at: datetime
) -> None:
    ticket = open_ticket(fields={"device": "Phone"})
    CustomField.objects.filter(key="device").update(choices=["Laptop"], retired_choices=["Phone"])
    ticket = operations.change(ticket, fields={"device": "Phone"}, location="Leeds", by=mira, at=at)
    assert said(ticket) == {"device": "Phone"}
    with pytest.raises(Invalid, match="Device is one of: Laptop"):
        open_ticket(fields={"device": "Phone"})


class TestOnTheWayUp:
    @pytest.fixture
    def cause(self, db: None) -> CustomField:
        return CustomField.objects.create(key="log", label="Log", required="handover")

    def hand_up(self, ticket: Ticket, mira: User, at: datetime, **facts: Any) -> Ticket:
        facts = {"reason": "needs_expertise", "summary": "Look, please.", "tier": 2, **facts}
        return hand_over(ticket, by=mira, at=at, **facts).ticket

    def test_it_is_asked_and_may_be_answered_with_it(self, ticket, cause, network, mira, at) -> None:
        with pytest.raises(Invalid, match="Log is needed") as refused:
            self.hand_up(ticket, mira, at)
        assert refused.value.field == "fields.log"
        assert said(self.hand_up(ticket, mira, at, fields={"log": "E-42"})) == {"log": "E-42"}

    def test_a_p1_is_not_held_up_and_neither_is_another_act(
        self, open_ticket, cause, network, mira, at
    ) -> None:
        urgent = open_ticket(impact=1, urgency=1)
        assert self.hand_up(urgent, mira, at).tier_id == 2
        ticket = operations.take(open_ticket(), by=mira, at=at)
        assert operations.reply(ticket, text="We look.", by=mira, at=at)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    device=st.sampled_from(["", "Laptop", "Phone"]),
    asset=st.sampled_from(["", "NW-7"]),
    dock=st.sampled_from(["", "D"]),
)
def test_nothing_hidden_is_ever_kept(
    open_ticket: Any, laptop: CustomField, device: str, asset: str, dock: str
) -> None:
    given_ = {"device": device, "asset": asset, "dock": dock}
    try:
        ticket = open_ticket(fields=given_)
    except Invalid:
        return
    fields = list(CustomField.objects.order_by("position"))
    answers = answers_among(fields, said(ticket))
    kept = set(FieldValue.objects.filter(ticket=ticket).values_list("field__key", flat=True))
    assert kept <= {field.key for field in shown(fields, answers)}
    assert device != "Laptop" or "asset" in kept


def test_the_portal_asks_in_the_words_and_order_of_the_categorys_form(
    open_ticket: Any, laptop: CustomField, vpn: Category, at: datetime
) -> None:
    """Needed is what the form says, also through the API: one operation serves both."""
    CustomField.objects.filter(key="asset").update(shown_when={})
    asked = [{"ask": "field:asset", "is_asked": True, "required": False}]
    set_questions(vpn, questions=asked, by=None, at=at)
    vpn.refresh_from_db()
    assert open_ticket(category=vpn).category == vpn
    with pytest.raises(Invalid):
        open_ticket()
