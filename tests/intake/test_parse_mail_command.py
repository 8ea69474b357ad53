"""`manage.py parse_mail < message`: one JSON object that says what was understood."""

import io
import json
import sys

import pytest
from django.core.management import call_command

from tests.intake.corpus.build import MAILS

KEYS = {
    "from", "to", "cc", "subject", "text", "reply_text", "html", "attachments", "is_auto", "is_bounce", "message_id",
    "references",
}  # fmt: skip


def parse_mail(
    raw: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[str, object]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    call_command("parse_mail")
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_an_answer_is_printed_with_its_new_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = parse_mail(MAILS["gmail_de"], monkeypatch, capsys)

    assert found.keys() >= KEYS
    assert found["from"] == "ines@northwind.example"
    assert found["to"] == ["support@demo.example"]
    assert found["reply_text"] == "Geht wieder, danke!"
    assert found["message_id"] == "<gmail_de@northwind.example>"
    assert found["references"] == ["<m0@demo.example>", "<m1@demo.example>"]
    assert (found["is_auto"], found["is_bounce"]) == (False, False)


def test_files_are_printed_by_name_type_and_size(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = parse_mail(MAILS["file_with_a_path"], monkeypatch, capsys)

    assert found["attachments"] == [
        {"name": "passwd", "type": "text/plain", "size": 6, "content_id": "", "is_inline": False}
    ]


def test_no_mail_at_all_is_printed_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = parse_mail(b"", monkeypatch, capsys)

    assert (found["from"], found["text"], found["attachments"]) == ("", "", [])
