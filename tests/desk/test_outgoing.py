"""Sending from the composer with ten seconds to undo: what the page shows, takes back, and keeps for later."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Team, User
from delivery.models import Mail, Notice
from helpdesk.notices import tell_of_held_reply
from tickets import operations
from tickets.events import REPLY_HELD
from tickets.models import Category, Event, Outgoing, Status, Ticket
from tickets.operations import outgoing

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def hers(ticket: Ticket, mira: User, vpn: Category, later: Later) -> Ticket:
    operations.take(ticket, by=mira, at=later(minutes=1))
    return operations.change(ticket, category=vpn, by=mira, at=later(minutes=2))


@pytest.fixture
def ten_seconds(settings: Any) -> None:
    settings.UNDO_SECONDS = 10


pytestmark = pytest.mark.usefixtures("ten_seconds")


def send(client: Any, ticket: Ticket, **data: Any) -> Any:
    given = {"kind": "reply", "body": "Try again, please."}
    return client.post(f"/desk/tickets/{ticket.number}/write/", given | data, **HTMX)


def page(client: Any, ticket: Ticket, query: str = "") -> str:
    return str(client.get(f"/desk/tickets/{ticket.number}/{query}").content.decode())


def test_a_reply_is_on_its_way_and_the_page_offers_to_undo(
    signed_in: SignIn, mira: User, hers: Ticket
) -> None:
    client = signed_in(mira)
    told = json.loads(send(client, hers)["HX-Trigger"])
    row = Outgoing.objects.get()
    assert (row.send_at - row.written_at) == timedelta(seconds=10)
    assert told["replyLeaving"] == {"key": row.pk, "number": hers.number, "at": row.send_at.isoformat()}
    text = page(client, hers)
    assert f'id="outgoing-{row.pk}"' in text
    assert "Try again, please." in text
    assert f"/desk/outgoing/{row.pk}/undo/" in text
    assert not hers.messages.filter(kind="reply").exists()


def test_undo_puts_words_files_and_what_follows_back_into_the_composer(
    signed_in: SignIn, mira: User, hers: Ticket
) -> None:
    client = signed_in(mira)
    send(
        client,
        hers,
        then="resolve:fixed",
        minutes="7",
        files=SimpleUploadedFile("how-to.pdf", b"1234"),
    )
    row = Outgoing.objects.get()
    answer = client.post(f"/desk/outgoing/{row.pk}/undo/", **HTMX)
    back = json.loads(answer["HX-Trigger"])["visit"]["url"]
    assert back == f"/desk/tickets/{hers.number}/?back={row.pk}#composer"
    text = page(client, hers, f"?back={row.pk}")
    assert "Try again, please.</textarea>" in text
    assert "how-to.pdf" in text
    assert 'value="7"' in text
    assert 'name="then" value="resolve:fixed"' in text
    assert "Send and resolve: fixed" in text
    assert f'data-draft="ticket-{hers.pk}-composer-{row.pk}"' in text
    hers.refresh_from_db()
    assert hers.status == Status.OPEN


def test_what_was_taken_back_and_sent_again_is_there_once(
    signed_in: SignIn, mira: User, hers: Ticket
) -> None:
    client = signed_in(mira)
    send(client, hers)
    first = Outgoing.objects.get()
    client.post(f"/desk/outgoing/{first.pk}/undo/", **HTMX)
    send(client, hers, body="Try once more, please.", back=first.pk)
    second = Outgoing.objects.get()
    outgoing.send_due(at=second.send_at)
    assert [row.body for row in hers.messages.filter(kind="reply")] == ["Try once more, please."]


def test_the_next_ticket_opens_at_once_while_the_reply_is_on_its_way(
    signed_in: SignIn, mira: User, hers: Ticket, ines: User, later: Later
) -> None:
    waiting = operations.open_ticket(
        requester=ines, subject="Printer", description="Paper jam", by=ines, at=later(minutes=3)
    )
    answer = send(signed_in(mira), hers, next="1")
    told = json.loads(answer["HX-Trigger"])
    assert told["visit"]["url"] == f"/desk/tickets/{waiting.number}/"
    assert told["replyLeaving"]["number"] == hers.number


def test_undo_too_late_says_so_and_another_persons_reply_is_not_there(
    signed_in: SignIn, mira: User, sara: User, hers: Ticket
) -> None:
    client = signed_in(mira)
    send(client, hers)
    row = Outgoing.objects.get()
    assert signed_in(sara).post(f"/desk/outgoing/{row.pk}/undo/", **HTMX).status_code == 409
    assert "undo/" not in page(signed_in(sara), hers)
    outgoing.send_due(at=row.send_at)
    late = signed_in(mira).post(f"/desk/outgoing/{row.pk}/undo/", **HTMX)
    assert late.status_code == 409
    assert "It has left already." in late["HX-Trigger"]


def test_a_note_and_a_reply_of_somebody_who_wants_no_delay_leave_at_once(
    signed_in: SignIn, mira: User, hers: Ticket
) -> None:
    client = signed_in(mira)
    send(client, hers, kind="note", body="Suspect the rekey bug.")
    client.post("/desk/outgoing/", {"seconds": "0"})
    send(client, hers)
    assert not Outgoing.objects.exists()
    assert set(hers.messages.values_list("kind", flat=True)) >= {"note", "reply"}


def test_what_would_be_refused_is_refused_before_it_is_on_its_way(
    signed_in: SignIn, mira: User, ticket: Ticket, vpn: Category, later: Later
) -> None:
    operations.take(ticket, by=mira, at=later(minutes=1))
    answer = send(signed_in(mira), ticket, then="resolve:fixed")
    assert answer.status_code == 422
    assert "Choose the category that it was in the end." in answer.content.decode()
    assert not Outgoing.objects.exists()


# --- Later, and what follows ---


def test_a_reply_for_tomorrow_leaves_at_eight_in_the_writers_zone(
    signed_in: SignIn, mira: User, hers: Ticket
) -> None:
    User.objects.filter(pk=mira.pk).update(timezone="Europe/Berlin")
    client = signed_in(mira)
    send(client, hers, later="tomorrow")
    row = Outgoing.objects.get()
    local = row.send_at.astimezone(User.objects.get(pk=mira.pk).zone)
    assert (local.hour, local.minute, row.is_later) == (8, 0, True)
    assert local.date() == timezone.now().astimezone(local.tzinfo).date() + timedelta(days=1)
    listed = client.get("/desk/outgoing/").content.decode()
    assert hers.number in listed
    assert "Try again, please." in listed


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"later": "chosen"}, "Say when it is sent."),
        ({"later": "chosen", "send_at": "2020-01-01T08:00"}, "This lies in the past."),
        ({"later": "chosen", "send_at": "tomorrow"}, "Enter a valid date/time."),
        ({"then": "hold"}, "Choose why it is set aside."),
        ({"then": "hold", "hold_reason": "part"}, "Say until when it is set aside."),
        ({"then": "nonsense"}, "Choose what follows."),
    ],
)
def test_bad_times_are_told_and_nothing_is_lost(
    signed_in: SignIn, mira: User, hers: Ticket, data: dict[str, str], says: str
) -> None:
    text = send(signed_in(mira), hers, **data).content.decode()
    assert says in text
    assert "Try again, please." in text
    assert not Outgoing.objects.exists()


def test_send_and_set_aside_and_send_and_hand_over(
    signed_in: SignIn, mira: User, hers: Ticket, network: Team, settings: Any
) -> None:
    settings.UNDO_SECONDS = 0
    client = signed_in(mira)
    until = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    answer = send(client, hers, then="hold", hold_reason="part", hold_until=until)
    assert answer.status_code == 204
    hers.refresh_from_db()
    assert (hers.status, hers.hold_reason) == (Status.ON_HOLD, "part")
    answer = send(client, hers, body="A colleague goes on.", then="hand-over")
    assert json.loads(answer["HX-Trigger"])["visit"]["url"] == f"/desk/tickets/{hers.number}/hand-over/"
    assert hers.messages.filter(kind="reply").count() == 2


def test_a_reply_that_was_held_up_waits_on_the_ticket_with_its_reason(
    signed_in: SignIn, mira: User, ines: User, hers: Ticket
) -> None:
    client = signed_in(mira)
    send(client, hers)
    row = Outgoing.objects.get()
    operations.reply(hers, text="It works again!", by=ines, at=row.written_at)
    outgoing.send_due(at=row.send_at)
    text = page(client, hers)
    assert "Ines Okafor has written meanwhile. Read it before you answer." in text
    assert "The reply of Mira Kask did not leave, because the requester wrote first" in text
    client.post(f"/desk/outgoing/{row.pk}/now/", **HTMX)
    assert hers.messages.filter(author=mira, kind="reply").count() == 1


def test_its_writer_is_told_that_it_did_not_leave(
    signed_in: SignIn, mira: User, ines: User, hers: Ticket, settings: Any
) -> None:
    send(signed_in(mira), hers)
    row = Outgoing.objects.get()
    operations.reply(hers, text="It works again!", by=ines, at=row.written_at)
    outgoing.send_due(at=row.send_at)
    event = Event.objects.get(kind=REPLY_HELD)
    tell_of_held_reply(event, row.send_at)
    assert Notice.objects.get(event_id=event.pk).person == mira
    mail = Mail.objects.get(person=mira, text__contains="has not left")
    assert "Ines Okafor has written meanwhile." in mail.text


def test_the_dialogs_resolve_and_wait_can_be_undone_as_well(
    signed_in: SignIn, mira: User, hers: Ticket, vpn: Category
) -> None:
    client = signed_in(mira)
    said = {"code": "fixed", "summary": "Updated the client.", "category": vpn.pk, "minutes": "3"}
    answer = client.post(f"/desk/tickets/{hers.number}/resolve/", said, **HTMX)
    assert json.loads(answer["HX-Trigger"])["replyLeaving"]["number"] == hers.number
    row = Outgoing.objects.get()
    client.post(f"/desk/outgoing/{row.pk}/undo/", **HTMX)
    text = page(client, hers, f"?back={row.pk}")
    assert "Updated the client.</textarea>" in text
    assert "Send and resolve: fixed" in text
    asked = {"what": "requester", "question": "Which client?"}
    client.post(f"/desk/tickets/{hers.number}/wait/", asked, **HTMX)
    asks = Outgoing.objects.exclude(pk=row.pk).get()
    outgoing.send_due(at=asks.send_at)
    hers.refresh_from_db()
    assert hers.status == Status.PENDING_REQUESTER
    until = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    held = {"what": "hold", "reason": "part", "until": until}
    client.post(f"/desk/tickets/{hers.number}/wait/", held, **HTMX)
    hers.refresh_from_db()
    assert hers.status == Status.ON_HOLD


def test_take_next_does_not_give_back_what_has_an_answer_on_its_way(
    signed_in: SignIn, mira: User, ines: User, hers: Ticket, later: Later
) -> None:
    operations.reply(hers, text="I am on it.", by=mira, at=later(minutes=3))
    operations.reply(hers, text="It is down again.", by=ines, at=later(minutes=4))
    client = signed_in(mira)
    first = operations.take_next(by=mira, at=later(minutes=4))
    assert first
    assert first.ticket == hers

    send(client, hers)
    assert operations.take_next(by=mira, at=later(minutes=5)) is None

    client.post(f"/desk/outgoing/{Outgoing.objects.get().pk}/undo/", **HTMX)
    again = operations.take_next(by=mira, at=later(minutes=6))
    assert again
    assert again.ticket == hers
