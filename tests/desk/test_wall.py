"""The wall between public and internal: what would carry words of a note to the requester is asked about first."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from tests.api.conftest import Program, mira_api, program
from tests.api.test_frame import problem
from tickets import operations
from tickets.models import Category, Message, Outgoing, Status, Ticket
from tickets.operations.wall import words_of_notes

__all__ = ["mira_api", "program"]

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]

NOTE = "Between us: the customer has **never** paid, so the contract ends on Friday and nobody will come."


@pytest.fixture
def hers(ticket: Ticket, mira: User, dario: User, vpn: Category, later: Later) -> Ticket:
    operations.take(ticket, by=mira, at=later(minutes=1))
    operations.change(ticket, category=vpn, by=mira, at=later(minutes=2))
    return operations.note(ticket, text=NOTE, by=dario, at=later(minutes=3))


def write(client: Any, ticket: Ticket, body: str, **more: str) -> Any:
    return client.post(f"/desk/tickets/{ticket.number}/write/", {"kind": "reply", "body": body, **more})


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (
            "Dear Ines,\n\n> The customer has never paid — so the contract ends on Friday.\n\nBest",
            "The customer has never paid — so the contract ends on Friday",
        ),
        ("The customer has never been here, so the contract stays.", None),
        ("", None),
    ],
)
def test_eight_words_in_a_row_are_a_quote_whatever_marks_stand_between(
    hers: Ticket, mira: User, said: str, found: str | None
) -> None:
    result = words_of_notes(hers, said, reader=mira)
    assert (result[1] if result else None) == found


def test_a_long_key_is_a_quote_though_it_is_one_word(hers: Ticket, mira: User, later: Later) -> None:
    key = "k7" * 30
    operations.note(hers, text=f"Recovery key {key}", by=mira, at=later(minutes=4))
    result = words_of_notes(hers, f"Type {key}.", reader=mira)
    assert result is not None
    assert result[1] == key


def test_what_the_requester_reads_anyway_is_no_quote_of_a_note(
    hers: Ticket, mira: User, ines: User, later: Later
) -> None:
    words = "The little green lamp on the back blinks three times and then goes out."
    operations.reply(hers, text=words, by=ines, at=later(minutes=4))
    operations.note(hers, text=f"She writes: {words}", by=mira, at=later(minutes=5))
    assert words_of_notes(hers, words, reader=mira) is None


def test_a_note_that_the_writer_does_not_read_gives_nothing_away(
    hers: Ticket, mira: User, yuki: User, later: Later
) -> None:
    words = "the signing key of the whole platform lies in the lower drawer"
    operations.note(hers, text=words, min_tier=3, by=yuki, at=later(minutes=4))
    assert words_of_notes(hers, words, reader=mira) is None
    assert words_of_notes(hers, words, reader=yuki) is not None


def test_endless_repetition_is_answered(hers: Ticket, mira: User, later: Later) -> None:
    operations.note(hers, text="again and " * 9_000, by=mira, at=later(minutes=4))
    assert words_of_notes(hers, "and again " * 9_000, reader=mira) is not None


def test_the_composer_comes_back_with_a_question_that_names_the_note(
    signed_in: SignIn, mira: User, hers: Ticket
) -> None:
    response = write(signed_in(mira), hers, NOTE, then="resolve:fixed", minutes="5")
    text = response.content.decode()
    note = Message.objects.get(kind="note")
    assert response.status_code == 409
    assert "The requester would read words of an internal note of Dario Pek." in text
    assert f'href="#message-{note.pk}"' in text
    assert f'name="despite_note" value="{note.pk}"' in text
    assert 'name="then_asked" value="resolve:fixed"' in text
    assert 'value="5"' in text
    assert not Message.objects.filter(audience="public", from_desk=True).exists()


def test_send_it_anyway_does_what_was_asked_for(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    note = Message.objects.get(kind="note")
    write(signed_in(mira), hers, NOTE, then_asked="resolve:fixed", despite_note=str(note.pk))
    hers.refresh_from_db()
    assert hers.status == Status.RESOLVED


def test_another_note_asks_again(signed_in: SignIn, mira: User, hers: Ticket, later: Later) -> None:
    other = "the spare laptop in the cupboard belongs to the new director, do not give it away"
    operations.note(hers, text=other, by=mira, at=later(minutes=4))
    first = Message.objects.filter(kind="note").earliest("id")
    response = write(signed_in(mira), hers, f"{NOTE} {other}", despite_note=str(first.pk))
    assert response.status_code == 409


def test_of_two_notes_each_is_asked_about_once(
    signed_in: SignIn, mira: User, hers: Ticket, later: Later
) -> None:
    other = "the spare laptop in the cupboard belongs to the new director, do not give it away"
    operations.note(hers, text=other, by=mira, at=later(minutes=4))
    client, both = signed_in(mira), f"{NOTE} {other}"
    first = agreed(write(client, hers, both, then="resolve:fixed"))
    second = agreed(write(client, hers, both, **first))
    assert second["then_asked"] == first["then_asked"] == "resolve:fixed"
    assert sorted(second["despite_note"].split()) == sorted(
        str(note.pk) for note in Message.objects.filter(kind="note")
    )
    assert write(client, hers, both, **second).status_code == 302
    hers.refresh_from_db()
    assert hers.status == Status.RESOLVED


def test_what_was_to_leave_later_leaves_later(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    client = signed_in(mira)
    asked = agreed(write(client, hers, NOTE, later="tomorrow"))
    assert asked["later_asked"] == "tomorrow"
    assert write(client, hers, NOTE, **asked).status_code == 302
    row = Outgoing.objects.get(ticket=hers)
    assert row.is_later
    assert row.send_at.astimezone(mira.zone).hour == 8


def test_a_reply_that_waits_is_asked_about_what_was_noted_since(
    signed_in: SignIn, mira: User, dario: User, hers: Ticket
) -> None:
    client, words = signed_in(mira), "The courier brings the new line card on Monday between nine and ten."
    write(client, hers, words, later="tomorrow")
    row = Outgoing.objects.get(ticket=hers)
    operations.note(hers, text=f"Unsure: {words}", by=dario, at=row.written_at + timedelta(hours=1))
    note = Message.objects.filter(kind="note").latest("id")
    answer = client.post(f"/desk/outgoing/{row.pk}/now/")
    assert answer["Location"] == f"/desk/outgoing/?ask={row.pk}&despite_note=#row-{row.pk}"
    text = client.get(answer["Location"]).content.decode()
    assert "The requester would read words of an internal note of Dario Pek." in text
    assert f'name="despite_note" value="{note.pk}"' in text
    assert Outgoing.objects.get().state == "waiting"
    client.post(f"/desk/outgoing/{row.pk}/now/", {"despite_note": str(note.pk)})
    assert Message.objects.filter(audience="public", author=mira, body=words).exists()


def test_about_a_note_that_may_be_read_nobody_is_asked_again(
    signed_in: SignIn, mira: User, hers: Ticket
) -> None:
    client, note = signed_in(mira), Message.objects.get(kind="note")
    write(client, hers, NOTE, later="tomorrow", despite_note=str(note.pk))
    client.post(f"/desk/outgoing/{Outgoing.objects.get().pk}/now/")
    assert Message.objects.filter(audience="public", author=mira, body=NOTE).exists()


def test_a_reply_that_was_taken_back_is_asked_about_like_any_other(
    signed_in: SignIn, mira: User, hers: Ticket
) -> None:
    client = signed_in(mira)
    write(client, hers, "It is mended.", later="tomorrow")
    row = Outgoing.objects.get(ticket=hers)
    client.post(f"/desk/outgoing/{row.pk}/undo/")
    asked = write(client, hers, f"It is mended. {NOTE}", back=str(row.pk))
    assert asked.status_code == 409
    assert f'name="back" value="{row.pk}"' in asked.content.decode()
    assert write(client, hers, f"It is mended. {NOTE}", back=str(row.pk), **agreed(asked)).status_code == 302


def agreed(response: Any) -> dict[str, str]:
    """What *Send it anyway* of this question sends."""
    assert response.status_code == 409
    names = ("then_asked", "later_asked", "despite_note")
    found = {name: re.search(f'name="{name}" value="([^"]*)"', response.content.decode()) for name in names}
    return {name: match[1] for name, match in found.items() if match}


def test_words_that_may_be_read_may_be_read_though_another_note_quotes_them(
    hers: Ticket, mira: User, later: Later
) -> None:
    first = Message.objects.get(kind="note")
    operations.note(hers, text=f"Dario Pek wrote:\n> {NOTE}", by=mira, at=later(minutes=4))
    assert words_of_notes(hers, NOTE, reader=mira) is not None
    assert words_of_notes(hers, NOTE, reader=mira, despite=[first.pk]) is None


def test_a_note_may_repeat_a_note(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    client = signed_in(mira)
    response = client.post(f"/desk/tickets/{hers.number}/write/", {"kind": "note", "body": NOTE})
    assert response.status_code == 302


@pytest.mark.parametrize(
    ("act", "data"),
    [
        ("resolve", {"code": "fixed", "summary": NOTE}),
        ("wait", {"what": "requester", "question": NOTE}),
    ],
)
def test_the_dialogs_ask_as_well(
    signed_in: SignIn, mira: User, hers: Ticket, vpn: Category, act: str, data: dict[str, str]
) -> None:
    client = signed_in(mira)
    url = f"/desk/tickets/{hers.number}/{act}/"
    response = client.post(url, {"category": vpn.pk, **data})
    assert response.status_code == 409
    assert "words of an internal note of Dario Pek" in response.content.decode()
    note = Message.objects.get(kind="note")
    assert client.post(url, {"category": vpn.pk, "despite_note": note.pk, **data}).status_code == 302


def test_a_program_is_refused_once_and_says_which_note_may_be_read(mira_api: Program, hers: Ticket) -> None:
    url = f"/api/v1/tickets/{hers.number}/reply/"
    told = problem(mira_api.post(url, {"text": NOTE}), 409, "repeats_note")
    note = Message.objects.get(kind="note")
    assert told["note"] == note.pk
    assert told["words"].startswith("Between us: the customer has **never** paid")
    assert mira_api.post(url, {"text": NOTE, "despite_note": note.pk}).status_code == 200


def test_the_requester_may_say_what_they_like(hers: Ticket, ines: User) -> None:
    operations.reply(hers, text=NOTE, by=ines, at=hers.changed_at)
    assert Message.objects.filter(audience="public", author=ines, body=NOTE).exists()
