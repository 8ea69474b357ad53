"""`manage.py receive_mail`: one message in, one JSON object out."""

import io
import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from intake.models import Mailbox
from tests.intake.mails import mail
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def receive(raw: bytes, monkeypatch: pytest.MonkeyPatch, name: str = "support") -> Any:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    call_command("receive_mail", mailbox=name, stdout=out)
    return json.loads(out.getvalue())


def test_it_prints_what_became_of_the_message(
    support: Mailbox, ines: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = mail()
    found = receive(raw, monkeypatch)
    assert found == {"result": "ticket", "ticket": Ticket.objects.get().number, "reason": "new"}
    assert receive(raw, monkeypatch) == found
    assert Ticket.objects.count() == 1


def test_a_stranger_waits(support: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    found = receive(mail(sender="zed@elsewhere.example"), monkeypatch)
    assert found == {"result": "quarantined", "ticket": None, "reason": "unknown_sender"}


def test_whatever_the_bytes_there_is_an_answer(support: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    found = receive(b"\x00\xff\xfe nonsense \x00" * 50, monkeypatch)
    assert (found["result"], found["ticket"]) == ("quarantined", None)


def test_an_unknown_mailbox_is_named_with_those_that_there_are(
    support: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match=r"no mailbox named 'sales'.*support"):
        receive(mail(), monkeypatch, name="sales")


def test_nothing_on_standard_input_is_an_error(support: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="empty"):
        receive(b"", monkeypatch)
