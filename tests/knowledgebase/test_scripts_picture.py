"""The drawing of a script: every step and way is in it, it is SVG that strict pages may show, and it has words."""

import re
from xml.etree import ElementTree as ET

from hypothesis import HealthCheck, assume, given, settings

from knowledgebase.scripts.picture import describe, draw
from knowledgebase.scripts.reading import from_json, from_yaml, read
from knowledgebase.scripts.spec import Script
from tests.knowledgebase.sops import PASSWORD, WIFI
from tests.knowledgebase.test_scripts_walking import scripts

SVG = "{http://www.w3.org/2000/svg}"


def drawn(script: Script, **how: object) -> ET.Element:
    text = draw(script, title="A <script>", **how)  # type: ignore[arg-type]
    return ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def test_every_step_is_a_box_and_every_way_an_arrow() -> None:
    root = drawn(from_yaml(WIFI))
    names = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "name"]
    assert sorted(map(str, names)) == [
        "Does it work?",
        "Is Wi-Fi on?",
        "The address it got",
        "The switch was off.",
        "Turn it on",
        "Which device?",
        "Wi-Fi does not come up.",
    ]
    assert len([path for path in root.iter(f"{SVG}path") if "way" in str(path.get("class"))]) == 8


def test_it_says_in_words_what_it_shows() -> None:
    root = drawn(from_yaml(PASSWORD))
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert title.text == "A <script>"
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert str(desc.text).startswith("Verify the caller: Who is it. Verified leads to Reset the password.")


def test_it_carries_no_style_and_no_script() -> None:
    text = draw(from_yaml(WIFI), title='"><script>alert(1)</script>', here="switch", faulty={"hand"})
    assert not re.search(r"style=|<script|onload|fill=|stroke=", text)
    assert 'class="step yes_no here"' in text
    assert 'class="step outcome faulty"' in text


def test_words_of_steps_are_escaped() -> None:
    json = {
        "start": "a",
        "steps": {"a": {"kind": "outcome", "act": "resolve", "code": "x", "text": "<b>&\"'"}},
    }
    root = drawn(from_json(json))
    assert "<b>&\"'" in [text.text for text in root.iter(f"{SVG}text")]


def test_a_way_back_is_drawn_at_the_side() -> None:
    text = (
        "start: a\nsteps:\n  a: {kind: yes_no, text: On, next: {yes: c, no: b}}\n"
        "  b: {kind: instruction, text: x, next: a}\n  c: {kind: outcome, act: resolve, code: fixed}"
    )
    paths = [str(path.get("d")) for path in drawn(from_yaml(text)).iter(f"{SVG}path")]
    assert len([path for path in paths if re.fullmatch(r"M[\d. ]+H[\d.]+V[\d.]+H[\d.]+", path)]) == 1


def test_what_is_half_done_is_drawn_as_far_as_it_can_be_read() -> None:
    json = {
        "start": "a",
        "steps": {
            "a": {"kind": "yes_no", "text": "x", "next": {"yes": "b", "no": "gone"}},
            "b": {"kind": "dance"},
            "c": {"kind": "timer"},
        },
    }
    script, faults = read(json)
    assert faults
    names = [text.text for text in drawn(script).iter(f"{SVG}text") if text.get("class") == "name"]
    assert names == ["x", "c"]
    assert drawn(read(None)[0]).get("class") == "flow"


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(scripts())
def test_no_two_steps_lie_on_each_other(script: Script | None) -> None:
    assume(script is not None)
    assert script
    boxes = {(rect.get("x"), rect.get("y")) for rect in drawn(script).iter(f"{SVG}rect")}
    assert len(boxes) == len(script.steps)
    assert describe(script)
