"""The rules of docs/sla.md and the tests of their names are the same list."""

import re
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "sla.md"


def test_every_rule_names_its_test_and_every_test_is_a_rule() -> None:
    others = re.compile(r"test_(semantics|state_machine|complaints|promising|business_time)")
    named = re.findall(r"`(test_[a-z0-9_]+)`", DOCUMENT.read_text())
    written = [
        name
        for path in sorted(HERE.glob("test_semantics_*.py"))
        if path != Path(__file__)
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    ]
    assert Counter(name for name in named if not others.fullmatch(name)) == Counter(written)
