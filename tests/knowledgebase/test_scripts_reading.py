"""What a script says: read from YAML and JSON, written back, and refused with the step named."""

import json
from typing import Any

import pytest
import yaml

from knowledgebase.scripts.patterns import Untame, matches, tame
from knowledgebase.scripts.reading import from_json, from_yaml, to_yaml
from knowledgebase.scripts.spec import (
    NO,
    OTHERWISE,
    YES,
    Faulty,
    Kind,
    in_order,
    in_words,
    to_json,
    to_mapping,
)

PASSWORD = """
start: who
requires_verification: true
steps:
  who:
    kind: choice
    text: "Who **calls**?"
    options: {own: The person, other: A colleague}
    next: {own: verify, other: refused}
  verify: {kind: verify, text: Who is it, ways: [call_back, code], next: {passed: locked, failed: refused}}
  locked: {kind: yes_no, text: "Is it locked?", next: {yes: note, no: reset}, fills: "checklist:The account is known"}
  note: {kind: text, label: Since when, required: false, next: reset, fills: summary}
  reset: {kind: action, webhook: Directory, text: Reset it, next: {ok: wait, failed: hand}}
  wait: {kind: timer, minutes: 5, text: Let it spread, next: signs_in}
  signs_in: {kind: number, label: How many tries, min: 1, max: 10, next: tries}
  tries: {kind: branch, of: signs_in, cases: {"<= 2": done}, otherwise: kind}
  kind: {kind: branch, of: ticket.kind, cases: {incident: hand}, otherwise: look}
  look: {kind: link, article: sign-in-faq, text: Read this together, next: done}
  done: {kind: outcome, act: resolve, code: fixed, text: Your password is new.}
  hand: {kind: outcome, act: hand_over, tier: L2, reason: needs_access, text: The directory refuses.}
  refused: {kind: outcome, act: next_sop, sop: suspicious-call}
"""


def faults(text: str) -> list[tuple[str, str]]:
    with pytest.raises(Faulty) as refused:
        from_yaml(text)
    return [(fault.step, fault.field) for fault in refused.value.faults]


def one(step: str) -> str:
    """A script of one step `a` and an end."""
    return f"start: a\nsteps:\n  a: {step}\n  end: {{kind: outcome, act: resolve, code: fixed}}\n"


def test_every_kind_of_step_is_read() -> None:
    script = from_yaml(PASSWORD)
    assert {step.kind for step in script.steps.values()} == set(Kind) - {Kind.INSTRUCTION, Kind.FILE}
    assert script.requires_verification
    assert script["locked"].next == {YES: "note", NO: "reset"}
    assert script["tries"].next == {"<= 2": "done", OTHERWISE: "kind"}
    assert (script["note"].required, script["who"].name) == (False, "Who calls?")


def test_written_and_read_again_it_is_the_same_script() -> None:
    script = from_yaml(PASSWORD)
    assert from_json(to_json(script)) == script
    assert from_yaml(to_yaml(script)) == script


def test_what_is_stored_keeps_the_order_that_a_database_forgets() -> None:
    """`jsonb` sorts names. The order of steps, options and cases counts, and is kept beside them."""
    script = from_yaml(PASSWORD)
    shuffled = json.loads(json.dumps(to_json(script), sort_keys=True))
    again = from_json(shuffled)
    assert list(again.steps) == list(script.steps)
    assert [list(step.next.items()) for step in again.steps.values() if step.kind == Kind.BRANCH] == [
        list(step.next.items()) for step in script.steps.values() if step.kind == Kind.BRANCH
    ]
    assert list(again["who"].options) == ["own", "other"]
    assert in_words(shuffled) == to_mapping(script)


def test_what_is_half_done_keeps_its_order_too() -> None:
    half = {"start": 5, "steps": {"b": {"kind": "choice", "options": {"z": 1, "a": 2}}, "a": None}}
    shuffled = json.loads(json.dumps(in_order(half), sort_keys=True))
    assert list(in_words(shuffled)["steps"]) == ["b", "a"]
    assert list(in_words(shuffled)["steps"]["b"]["options"]) == ["z", "a"]
    assert in_words([5]) == [5]


def test_other_readers_of_yaml_make_yes_a_truth_value_and_mean_the_same() -> None:
    """PyYAML's own loader reads `yes:` as true, and JSON writes that as a text."""
    plain = yaml.safe_load(PASSWORD)
    assert True in plain["steps"]["locked"]["next"]
    assert from_json(plain) == from_yaml(PASSWORD)
    plain["steps"]["locked"]["next"] = {"true": "note", "false": "reset"}
    assert from_json(plain) == from_yaml(PASSWORD)


def test_one_way_may_stand_for_all_answers() -> None:
    script = from_yaml(one("{kind: yes_no, text: x, next: end}"))
    assert script["a"].next == {YES: "end", NO: "end"}


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ("{kind: dance, text: x, next: end}", ["kind"]),
        ("{kind: instruction, text: x}", ["next"]),
        ("{kind: instruction, next: end}", ["text"]),
        ("{kind: instruction, text: x, next: nowhere}", ["next"]),
        ("{kind: instruction, text: x, next: {yes: end}}", ["next"]),
        ("{kind: instruction, text: x, minutes: 4, next: end}", ["minutes"]),
        ("{kind: yes_no, text: x, next: {yes: end}}", ["next"]),
        ("{kind: yes_no, text: x, next: {yes: end, no: end, perhaps: end}}", ["next"]),
        ("{kind: choice, text: x, options: {a: A}, next: end}", ["options"]),
        ("{kind: choice, text: x, options: {a: A, b: B}, next: {a: end}}", ["next"]),
        ("{kind: text, next: end}", ["label"]),
        ("{kind: text, label: x, pattern: '(', next: end}", ["pattern"]),
        ("{kind: text, label: x, required: perhaps, next: end}", ["required"]),
        ("{kind: text, label: x, fills: elsewhere, next: end}", ["fills"]),
        ("{kind: text, label: x, fills: 'checklist:', next: end}", ["fills"]),
        ("{kind: number, label: x, min: 5, max: 4, next: end}", ["max"]),
        ("{kind: number, label: x, min: .inf, next: end}", ["min"]),
        ("{kind: verify, text: x, ways: [wink], next: end}", ["ways"]),
        ("{kind: action, text: x, next: end}", ["webhook"]),
        ("{kind: link, text: x, next: end}", ["article"]),
        ("{kind: link, text: x, url: 'javascript:alert(1)', next: end}", ["url"]),
        ("{kind: timer, text: x, minutes: 0, next: end}", ["minutes"]),
        ("{kind: timer, text: x, minutes: 20000, next: end}", ["minutes"]),
        ("{kind: branch, of: end, cases: {x: end}, otherwise: end}", ["of"]),
        ("{kind: branch, of: ticket.kind, otherwise: end}", ["cases"]),
        ("{kind: branch, of: ticket.kind, cases: {incident: end}}", ["otherwise"]),
        ("{kind: outcome, act: dance}", ["act"]),
        ("{kind: outcome, act: resolve}", ["code"]),
        ("{kind: outcome, act: hand_over}", ["tier"]),
        ("{kind: outcome, act: hand_over, tier: L9}", ["tier"]),
        ("{kind: outcome, act: next_sop}", ["sop"]),
        ("{kind: outcome, act: resolve, code: fixed, sop: x}", ["sop"]),
        ("nothing", [""]),
    ],
)
def test_a_step_that_cannot_be_is_refused_with_its_name_and_field(step: str, wrong: list[str]) -> None:
    assert faults(one(step)) == [("a", field) for field in wrong]


def test_all_faults_are_told_at_once_each_with_its_line() -> None:
    text = "start: a\nsteps:\n  a: {kind: timer, text: x, minutes: no, next: b}\n  c:\n    kind: link\n    next: a\n"
    with pytest.raises(Faulty) as refused:
        from_yaml(text)
    assert [(fault.step, fault.field, fault.line) for fault in refused.value.faults] == [
        ("a", "minutes", 3),
        ("c", "article", 5),
        ("a", "next", 3),
    ]
    assert str(refused.value.faults[-1]) == "Step “a”: There is no step “b”. Add it, or lead elsewhere."


def test_a_branch_asks_only_for_what_can_be_answered() -> None:
    text = (
        one("{kind: yes_no, text: x, next: b}")
        + "  b: {kind: branch, of: a, cases: {%s: end}, otherwise: end}\n"
    )
    assert from_yaml(text % "yes").steps["b"].next == {"yes": "end", OTHERWISE: "end"}
    assert faults(text % "perhaps") == [("b", "cases")]


def test_a_step_has_no_name_that_yaml_takes_for_a_truth_value() -> None:
    assert ("on", "key") in faults("start: a\nsteps:\n  on: {kind: outcome, act: resolve, code: fixed}\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "start: a",
        "start: a\nsteps: {}",
        "start: b\nsteps: {a: {kind: outcome, act: resolve, code: fixed}}",
        "start: [",
        "steps: {a: {kind: outcome, act: resolve, code: fixed}}",
        "start: a\nsteps: {a: {kind: outcome, act: resolve, code: fixed}}\nmore: 1",
        "start: a\nsteps: {a: &x {kind: outcome, act: resolve, code: fixed}, b: *x}",
        "x" * 100_001,
        "start: s0\nsteps:\n"
        + "".join(f"  s{n}: {{kind: outcome, act: resolve, code: fixed}}\n" for n in range(201)),
    ],
)
def test_a_text_that_is_no_script_is_refused(text: str) -> None:
    assert faults(text)


@pytest.mark.parametrize("text", [r"[0-9]{1,3}(\.[0-9]{1,3}){3}", "[A-Z]{2}-[0-9]+", "a|b", "(x|y){2}", ""])
def test_everyday_patterns_may_be_used(text: str) -> None:
    tame(text)


@pytest.mark.parametrize(
    "text", ["(a+)+$", "(a|a)*b", "(.*)(.*)(.*)(.*)", r"(a)\1", "(?=x)y", "((a{1,50}){1,50}){1,50}", "("]
)
def test_patterns_that_keep_a_server_busy_may_not(text: str) -> None:
    with pytest.raises(Untame):
        tame(text)


def test_a_pattern_is_of_the_whole_answer() -> None:
    assert matches("[0-9]+", "123")
    assert not matches("[0-9]+", "123 and more")
    assert not matches("[0-9]+", "1" * 201)


def test_any_mapping_at_all_is_read_or_refused() -> None:
    """Whatever stands where: never an exception of ours."""
    odd: list[Any] = [None, True, 5, 0.5, "x", [], {}, ["x"], {"x": "y"}, {True: {}}]
    for kind in Kind:
        for value in odd:
            fields = (
                "text",
                "label",
                "next",
                "options",
                "cases",
                "otherwise",
                "ways",
                "minutes",
                "of",
                "act",
                "min",
            )
            step = {"kind": kind, **dict.fromkeys(fields, value)}
            with pytest.raises(Faulty):
                from_json({"start": "a", "steps": {"a": step}})
    for value in odd:
        with pytest.raises(Faulty):
            from_json({"start": value, "steps": value})
