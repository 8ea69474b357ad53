"""A script as a machine: where answers lead, going back, branches; and that what was checked always ends."""

import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from knowledgebase.scripts.checking import check
from knowledgebase.scripts.reading import from_json, from_yaml
from knowledgebase.scripts.spec import ONWARD, Faulty, Kind, Script
from knowledgebase.scripts.walking import Answer, NotAnAnswer, Position, read_answer, walk
from tests.plugins.examples import examples

END = "  end: {kind: outcome, act: resolve, code: fixed}\n"
DEVICE = (
    """
start: ask
steps:
  ask: {kind: choice, text: "Which?", options: {laptop: A laptop, phone: A phone}, next: {laptop: wifi, phone: which}}
  wifi: {kind: yes_no, text: "Is Wi-Fi on?", next: {yes: which, no: turn}}
  turn: {kind: instruction, text: Turn it on, next: wifi}
  which: {kind: branch, of: ask, cases: {laptop: note}, otherwise: end}
  note: {kind: text, label: Address, pattern: "[0-9.]+", next: kind}
  kind: {kind: branch, of: ticket.kind, cases: {incident: end}, otherwise: look}
  look: {kind: instruction, text: Look it up, next: end}
"""
    + END
)


def answered(*pairs: tuple[str, str]) -> dict[int, Answer]:
    return {place: Answer(step, value) for place, (step, value) in enumerate(pairs)}


def at(text: str, *pairs: tuple[str, str], readings: Mapping[str, Any] | None = None) -> Position:
    return walk(from_yaml(text), answered(*pairs), readings)


def test_it_begins_at_its_start() -> None:
    position = at(DEVICE)
    assert (position.step.key, position.place, position.is_ended) == ("ask", 0, False)


def test_answers_lead_on_and_branches_are_passed_through() -> None:
    assert at(DEVICE, ("ask", "phone")).step.key == "end"
    assert at(DEVICE, ("ask", "laptop"), ("wifi", "yes")).step.key == "note"


def test_a_loop_is_a_longer_way() -> None:
    position = at(DEVICE, ("ask", "laptop"), ("wifi", "no"), ("turn", ONWARD), ("wifi", "yes"))
    assert [passed.step.key for passed in position.path] == ["ask", "wifi", "turn", "wifi"]
    assert position.step.key == "note"


def test_an_answer_of_another_step_does_not_count() -> None:
    position = at(DEVICE, ("ask", "laptop"), ("note", "10.0.0.1"))
    assert (position.step.key, position.place) == ("wifi", 1)


def test_answering_again_keeps_what_still_lies_on_the_way() -> None:
    """The answer at place 1 is another one: what follows belongs to other steps and is asked anew."""
    way = answered(("ask", "laptop"), ("wifi", "no"), ("turn", ONWARD), ("wifi", "yes"))
    assert walk(from_yaml(DEVICE), way | {1: Answer("wifi", "yes")}).step.key == "note"
    assert walk(from_yaml(DEVICE), way | {1: Answer("wifi", "no")}).place == 4


def test_a_branch_on_the_ticket_waits_for_its_reading() -> None:
    way = (("ask", "laptop"), ("wifi", "yes"), ("note", "10.0.0.1"))
    waiting = at(DEVICE, *way)
    assert (waiting.step.key, waiting.needs) == ("kind", "kind")
    assert at(DEVICE, *way, readings={"kind": {"incident"}}).step.key == "end"
    assert at(DEVICE, *way, readings={"kind": {"request", "service request"}}).step.key == "look"


@pytest.mark.parametrize(
    ("value", "to"), [("1", "low"), ("2", "end"), ("7.5", "high"), ("", "end"), ("10", "high")]
)
def test_a_branch_compares_numbers(value: str, to: str) -> None:
    text = (
        "start: n\nsteps:\n  n: {kind: number, label: How many, required: false, next: b}\n"
        "  b: {kind: branch, of: n, cases: {'< 2': low, '>= 7': high, '2': end}, otherwise: end}\n"
        "  low: {kind: instruction, text: x, next: end}\n  high: {kind: instruction, text: x, next: end}\n"
    ) + END
    assert at(text, ("n", value)).step.key == to


@pytest.mark.parametrize(
    ("step", "given_", "kept"),
    [
        ("{kind: yes_no, text: x, next: end}", "yes", "yes"),
        ("{kind: text, label: x, next: end}", "  two\r\nlines\x00 ", "two\nlines"),
        ("{kind: text, label: x, required: false, next: end}", " ", ""),
        ("{kind: number, label: x, next: end}", "0,50", "0.5"),
        ("{kind: number, label: x, next: end}", "-012", "-12"),
        ("{kind: instruction, text: x, next: end}", "anything", ""),
    ],
)
def test_answers_are_kept_in_one_form(step: str, given_: str, kept: str) -> None:
    assert read_answer(from_yaml(f"start: a\nsteps:\n  a: {step}\n{END}")["a"], given_) == kept


@pytest.mark.parametrize(
    ("step", "given_"),
    [
        ("{kind: yes_no, text: x, next: end}", "perhaps"),
        ("{kind: choice, text: x, options: {a: A, b: B}, next: end}", "c"),
        ("{kind: text, label: x, next: end}", " \n "),
        ("{kind: text, label: x, pattern: '[A-Z]+', next: end}", "abc"),
        ("{kind: text, label: x, next: end}", "x" * 10_001),
        ("{kind: number, label: x, next: end}", "many"),
        ("{kind: number, label: x, next: end}", "١٢"),
        ("{kind: number, label: x, next: end}", "9" * 40),
        ("{kind: number, label: x, min: 1, next: end}", "0"),
        ("{kind: number, label: x, max: 1, next: end}", "1.01"),
    ],
)
def test_what_is_no_answer_is_refused(step: str, given_: str) -> None:
    with pytest.raises(NotAnAnswer):
        read_answer(from_yaml(f"start: a\nsteps:\n  a: {step}\n{END}")["a"], given_)


# --- checked before it is used ---


def faults(text: str) -> list[str]:
    with pytest.raises(Faulty) as refused:
        check(from_yaml(text))
    return list(map(str, refused.value.faults))


def test_a_good_script_passes() -> None:
    assert check(from_yaml(DEVICE)).start == "ask"


def test_a_step_that_no_way_leads_to_is_named() -> None:
    text = "start: end\nsteps:\n  lost: {kind: instruction, text: x, next: end}\n" + END
    assert faults(text) == ["Step “lost”: No way leads to this step. Lead another step to it, or delete it."]


def test_a_case_that_cannot_come_about_makes_its_step_unreachable() -> None:
    text = (
        "start: a\nsteps:\n  a: {kind: number, label: x, max: 5, next: b}\n"
        "  b: {kind: branch, of: a, cases: {'> 5': c}, otherwise: end}\n  c: {kind: instruction, text: x, next: end}\n"
    ) + END
    assert [fault.split(":")[0] for fault in faults(text)] == ["Step “c”"]


def test_an_endless_loop_is_named_with_the_steps_it_goes_round() -> None:
    text = (
        "start: go\nsteps:\n  go: {kind: yes_no, text: x, next: {yes: end, no: a}}\n"
        "  a: {kind: instruction, text: x, next: b}\n  b: {kind: yes_no, text: x, next: {yes: a, no: a}}\n"
    ) + END
    (fault,) = faults(text)
    assert fault.startswith("Step “a”: From here no answer leads to an outcome: it goes round through a › b.")


def test_branches_that_lead_to_each_other_ask_nobody() -> None:
    text = (
        "start: go\nsteps:\n  go: {kind: yes_no, text: x, next: {yes: end, no: b}}\n"
        "  b: {kind: branch, of: go, cases: {no: c}, otherwise: end}\n"
        "  c: {kind: branch, of: ticket.kind, cases: {incident: b}, otherwise: end}\n"
    ) + END
    (fault,) = faults(text)
    assert "go round without anybody being asked" in fault


def test_a_loop_whose_way_out_hangs_on_an_answer_that_is_not_asked_again_is_endless() -> None:
    text = (
        "start: ask\nsteps:\n  ask: {kind: yes_no, text: x, next: say}\n  say: {kind: instruction, text: x, next: b}\n"
        "  b: {kind: branch, of: ask, cases: {yes: end}, otherwise: say}\n"
    ) + END
    (fault,) = faults(text)
    assert fault.startswith("Step “say”")


def test_a_loop_that_asks_again_may_go_round() -> None:
    text = (
        "start: ask\nsteps:\n  ask: {kind: yes_no, text: x, next: b}\n"
        "  b: {kind: branch, of: ask, cases: {yes: end}, otherwise: ask}\n"
    ) + END
    check(from_yaml(text))


def test_nothing_is_reset_for_a_caller_whom_nobody_has_verified() -> None:
    text = (
        "start: ask\nrequires_verification: true\nsteps:\n"
        "  ask: {kind: yes_no, text: x, next: {yes: reset, no: verify}}\n"
        "  verify: {kind: verify, text: x, next: {passed: reset, failed: %s}}\n"
        "  reset: {kind: action, text: x, webhook: Directory, next: {ok: end, failed: hand}}\n"
        "  hand: {kind: outcome, act: hand_over, tier: L2}\n"
    ) + END
    assert [fault.split(":")[0] for fault in faults(text % "hand")] == ["Step “reset”", "Step “end”"]
    good = (text % "hand").replace("yes: reset", "yes: verify")
    check(from_yaml(good))
    assert [
        fault.split(":")[0]
        for fault in faults(good.replace("failed: hand}}\n  reset", "failed: end}}\n  reset"))
    ] == ["Step “end”"]


def test_what_hangs_on_too_much_is_refused_instead_of_being_tried_for_hours() -> None:
    steps: dict[str, Any] = {}
    for n in range(16):
        steps[f"a{n}"] = {"kind": "yes_no", "text": "x", "next": f"a{n + 1}"}
    steps["a16"] = {"kind": "instruction", "text": "x", "next": "b0"}
    for n in range(16):
        steps[f"b{n}"] = {
            "kind": "branch",
            "of": f"a{n}",
            "cases": {"yes": f"b{n + 1}"},
            "otherwise": f"b{n + 1}",
        }
    steps["b16"] = {"kind": "outcome", "act": "resolve", "code": "fixed"}
    with pytest.raises(Faulty, match="hang on each other"):
        check(from_json({"start": "a0", "steps": steps}))


# --- whatever is checked ends ---

KEYS = [f"s{n}" for n in range(6)]
STEPS = st.sampled_from(KEYS)


OPTIONS = {"a": "A", "b": "B", "c": "C"}
OF = st.one_of(STEPS, st.sampled_from(["ticket.kind", "ticket.open"]))
CASES = st.sampled_from(["yes", "a", "3", "< 3", ">= 4", "x"])


def a_step(kind: str, **facts: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A step of this kind: facts that are drawn, or fixed."""
    drawn = {
        name: fact if isinstance(fact, st.SearchStrategy) else st.just(fact) for name, fact in facts.items()
    }
    return st.fixed_dictionaries({"kind": st.just(kind), **drawn})


BRANCH = a_step("branch", of=OF, cases=st.dictionaries(CASES, STEPS, min_size=1, max_size=2), otherwise=STEPS)
STEP = st.one_of(
    a_step("instruction", text="x", next=STEPS),
    a_step("yes_no", text="x", next=st.fixed_dictionaries({"yes": STEPS, "no": STEPS})),
    a_step("choice", text="x", options=OPTIONS, next=st.fixed_dictionaries(dict.fromkeys(OPTIONS, STEPS))),
    a_step("number", label="x", next=STEPS),
    BRANCH,
    BRANCH,
    a_step("outcome", act="resolve", code="fixed"),
)


@st.composite
def scripts(draw: st.DrawFn) -> Script | None:
    """A script that can be read and passes the check, or none. Unreachable steps are left out first."""
    json: dict[str, Any] = {"start": "s0", "steps": {key: draw(STEP) for key in KEYS}}
    for _attempt in range(len(KEYS)):
        try:
            return check(from_json(json))
        except Faulty as faulty:
            lost = {fault.step for fault in faulty.faults if fault.message.startswith("No way leads")}
            if not lost or len(lost) == len(json["steps"]):
                return None
            json = {**json, "steps": {key: step for key, step in json["steps"].items() if key not in lost}}
    return None


@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(scripts(), st.randoms(use_true_random=False), st.booleans(), st.booleans())
def test_a_checked_script_always_ends(
    script: Script | None, chance: random.Random, is_x: bool, is_open: bool
) -> None:
    """Whoever answers at random comes to an outcome, from wherever the answers have led so far."""
    assume(script is not None)
    assert script
    readings = {"kind": {"x"} if is_x else {"y"}, "open": {"x"} if is_open else set()}
    answers: dict[int, Answer] = {}
    for _turn in range(2_000):
        position = walk(script, answers, readings)
        if position.is_ended:
            return
        answers[position.place] = Answer(position.step.key, chance.choice(ANSWERS[position.step.kind]))
    pytest.fail(f"no end: {script}")


ANSWERS = {
    Kind.INSTRUCTION: [""],
    Kind.YES_NO: ["yes", "no"],
    Kind.CHOICE: ["a", "b", "c"],
    Kind.NUMBER: ["1", "3", "3.5", "4", "9"],
}
