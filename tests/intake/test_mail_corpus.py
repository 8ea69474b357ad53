"""Every message of the corpus is understood as `corpus/expected.yml` says."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from intake.mail.describing import as_data
from intake.mail.parsing import parse
from tests.intake.corpus.build import LARGE, MAILS

CORPUS = Path(__file__).parent / "corpus"
EXPECTED: dict[str, dict[str, Any]] = yaml.load(
    (CORPUS / "expected.yml").read_text(encoding="utf-8"),
    Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),
)
USUAL = {
    "from": "ines@northwind.example",
    "subject": "Printer",
    "date": "2026-11-23T09:15:00+01:00",
}
NEVER_UNLESS_SAID = (
    "is_auto",
    "is_bounce",
    "is_list",
    "is_spam",
    "is_encrypted",
    "is_signed",
    "forwarded",
    "invitation",
)


def raw(name: str) -> bytes:
    return LARGE[name]() if name in LARGE else (CORPUS / f"{name}.eml").read_bytes()


def test_the_corpus_is_whole() -> None:
    kept = {path.stem: path.read_bytes() for path in CORPUS.glob("*.eml")}

    assert kept == MAILS  # python -m tests.intake.corpus.build
    assert set(EXPECTED) == {*MAILS, *LARGE}
    assert len(EXPECTED) >= 120


@pytest.mark.parametrize("name", EXPECTED)
def test_a_message_is_understood(name: str) -> None:
    found, expected = as_data(parse(raw(name))), dict(EXPECTED[name])

    if expected.get("reply_text") == "the whole":
        expected["reply_text"] = found["text"]
    special = {
        "has_defects": bool(found["defects"]),
        "has_html": bool(found["html"]),
        "recipients": len(found["to"]),
        "to_last": (found["to"] or [""])[-1],
        "files": len(found["attachments"]),
        "references_kept": len(found["references"]),
    }
    for key in ("html_has", "html_lacks"):
        pieces = expected.pop(key, [])
        assert [piece for piece in pieces if (piece in found["html"]) != (key == "html_has")] == []
    if "attachments" in expected:
        found["attachments"] = [
            {key: value for key, value in file.items() if key in asked}
            for file, asked in zip(found["attachments"], expected["attachments"], strict=True)
        ]
    expected = {**USUAL, "has_defects": False, **expected}
    assert {key: special.get(key, found.get(key)) for key in expected} == expected
    unsaid = {key: found[key] for key in NEVER_UNLESS_SAID if key not in expected}
    assert not any(unsaid.values()), unsaid
    if name not in LARGE and "attachments" not in expected:
        assert found["attachments"] == []
