"""Replies on their way: they leave when their time has come, once, and nothing of it happens before."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from accounts.operations import deactivate
from delivery.models import Delivery
from sla.models import Clock
from tickets import events, operations
from tickets.models import Event, Outgoing, ReadyUse, Status, Ticket, UndoTime
from tickets.operations import outgoing
from tickets.operations.writing import drop_unsent_uploads
from tickets.refusals import Conflict, Invalid, NotAllowed

Later = Callable[..., datetime]


@pytest.fixture
def hers(ticket: Ticket, mira: User, later: Later) -> Ticket:
    return operations.take(ticket, by=mira, at=later(minutes=1))


@pytest.fixture
def put(hers: Ticket, mira: User, later: Later) -> Callable[..., Outgoing]:
    """Mira sends a reply at 9:05; it leaves ten seconds later."""

    def send(**facts: Any) -> Outgoing:
        given: dict[str, Any] = {
            "way": "reply",
            "text": "Restart it, please.",
            "by": mira,
            "at": later(minutes=5),
            "send_at": later(minutes=5, seconds=10),
        }
        return outgoing.put_on_its_way(hers, **(given | facts))

    return send


def said(ticket: Ticket) -> list[str]:
    return list(ticket.messages.filter(from_desk=True, audience="public").values_list("body", flat=True))


def test_nothing_happens_before_it_leaves(put: Callable[..., Outgoing], hers: Ticket, later: Later) -> None:
    before = (Event.objects.count(), Delivery.objects.count(), Clock.objects.count())
    put()
    assert outgoing.send_due(at=later(minutes=5, seconds=9)) == 0
    assert said(hers) == []
    assert (Event.objects.count(), Delivery.objects.count(), Clock.objects.count()) == before


def test_it_leaves_when_its_time_has_come_and_all_of_it_happens_then(
    put: Callable[..., Outgoing], hers: Ticket, mira: User, later: Later
) -> None:
    row, left_at = put(minutes=5), later(minutes=5, seconds=11)
    assert outgoing.send_due(at=left_at) == 1
    message = hers.messages.get(kind="reply")
    event = Event.objects.get(kind=events.REPLIED, ticket=hers)
    assert (message.body, message.author, message.at) == ("Restart it, please.", mira, left_at)
    assert (event.by, event.at) == (mira, left_at)
    hers.refresh_from_db()
    assert (hers.last_public_reply_at, hers.work.get().minutes) == (left_at, 5)
    row.refresh_from_db()
    assert (row.state, row.body, row.facts, row.attachments) == ("sent", "", {}, [])


def test_it_leaves_once(put: Callable[..., Outgoing], hers: Ticket, later: Later) -> None:
    put()
    for _time in range(2):
        outgoing.send_due(at=later(minutes=6))
    assert said(hers) == ["Restart it, please."]


def test_what_is_taken_back_does_not_leave_and_keeps_its_words(
    put: Callable[..., Outgoing], hers: Ticket, mira: User, later: Later
) -> None:
    row = outgoing.take_back(put().pk, by=mira, at=later(minutes=5, seconds=3))
    assert outgoing.send_due(at=later(hours=1)) == 0
    assert (row.state, row.body, said(hers)) == ("back", "Restart it, please.", [])


def test_undo_that_comes_too_late_says_so(
    put: Callable[..., Outgoing], hers: Ticket, mira: User, later: Later
) -> None:
    row = put()
    outgoing.send_due(at=later(minutes=6))
    with pytest.raises(outgoing.HasLeft):
        outgoing.take_back(row.pk, by=mira, at=later(minutes=6))


def test_send_now_leaves_now(put: Callable[..., Outgoing], hers: Ticket, mira: User, later: Later) -> None:
    outgoing.send_now(put().pk, by=mira, at=later(minutes=5, seconds=2))
    assert hers.messages.get(kind="reply").at == later(minutes=5, seconds=2)


def test_only_its_writer_takes_it_back(put: Callable[..., Outgoing], lars: User, later: Later) -> None:
    row = put()
    for act in (outgoing.take_back, outgoing.send_now):
        with pytest.raises(NotAllowed):
            act(row.pk, by=lars, at=later(minutes=5, seconds=2))


def test_what_the_operation_refuses_is_refused_when_it_is_sent(
    put: Callable[..., Outgoing], hers: Ticket, sara: User, dario: User, later: Later
) -> None:
    operations.note(hers, text="Called her.", by=sara, at=later(minutes=4))
    with pytest.raises(Conflict):
        put(seen=hers.version)
    with pytest.raises(NotAllowed):
        put(way="wait", by=dario)
    with pytest.raises(Invalid) as refused:
        put(text="  ")
    assert refused.value.field == "text"
    assert not Outgoing.objects.exists()
    assert said(hers) == []


@pytest.mark.parametrize(("seconds", "says"), [(-1, "in the past"), (61 * 86400, "60 days ahead")])
def test_a_time_that_cannot_be_is_refused(
    put: Callable[..., Outgoing], later: Later, seconds: int, says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        put(send_at=later(minutes=5, seconds=seconds))


def test_send_and_hold_waits_with_it(put: Callable[..., Outgoing], hers: Ticket, later: Later) -> None:
    put(way="hold", reason="part", until=later(days=2))
    hers.refresh_from_db()
    assert hers.status == Status.OPEN
    outgoing.send_due(at=later(minutes=6))
    hers.refresh_from_db()
    assert (hers.status, hers.hold_until) == (Status.ON_HOLD, later(days=2))
    assert said(hers) == ["Restart it, please."]


# --- What comes between ---


def held(row: Outgoing) -> Outgoing:
    row.refresh_from_db()
    assert (row.state, row.body) == ("held", "Restart it, please.")
    return row


def test_a_requester_who_wrote_meanwhile_holds_it_up(
    put: Callable[..., Outgoing], hers: Ticket, ines: User, mira: User, later: Later
) -> None:
    row = put()
    operations.reply(hers, text="It works again!", by=ines, at=later(minutes=5, seconds=4))
    outgoing.send_due(at=later(minutes=6))
    assert "Ines Okafor has written meanwhile" in held(row).reason
    event = Event.objects.get(kind=events.REPLY_HELD)
    assert event.data == {"outgoing": row.pk, "writer": mira.pk, "code": "requester_wrote"}
    assert said(hers) == []
    outgoing.send_now(row.pk, by=mira, at=later(minutes=7))
    assert said(hers) == ["Restart it, please."]


def test_a_machine_that_wrote_meanwhile_does_not(
    put: Callable[..., Outgoing], hers: Ticket, ines: User, later: Later
) -> None:
    put()
    operations.reply(hers, text="I am away.", by=ines, at=later(minutes=5, seconds=4), automatic=True)
    outgoing.send_due(at=later(minutes=6))
    assert said(hers) == ["Restart it, please."]


def test_a_colleague_who_answered_meanwhile_holds_it_up_a_note_does_not(
    put: Callable[..., Outgoing], hers: Ticket, sara: User, later: Later
) -> None:
    first = put()
    operations.note(hers, text="Called her.", by=sara, at=later(minutes=5, seconds=2))
    outgoing.send_due(at=later(minutes=6))
    first.refresh_from_db()
    assert first.state == "sent"
    second = put(at=later(minutes=7), send_at=later(minutes=8))
    operations.reply(hers, text="Try the cable.", by=sara, at=later(minutes=7, seconds=5))
    outgoing.send_due(at=later(minutes=9))
    assert held(second).code == "answered"


def test_a_ticket_that_was_merged_or_ended_meanwhile_holds_it_up(
    put: Callable[..., Outgoing], hers: Ticket, ines: User, mira: User, lars: User, later: Later
) -> None:
    row = put(send_at=later(hours=3), is_later=True)
    other = operations.open_ticket(
        requester=ines, subject="Again", description="Again", by=ines, at=later(hours=1)
    )
    operations.merge(hers, into=other, by=lars, at=later(hours=2))
    outgoing.send_due(at=later(hours=4))
    assert held(row).code == "merged"


def test_a_writer_who_left_meanwhile_holds_it_up(
    put: Callable[..., Outgoing], hers: Ticket, mira: User, later: Later
) -> None:
    row = put()
    deactivate(mira, by=None, at=later(minutes=5, seconds=3))
    outgoing.send_due(at=later(minutes=6))
    assert held(row).code == "not_allowed"
    assert said(hers) == []


def test_who_no_longer_sees_the_ticket_does_not_send_it_by_hand_either(
    put: Callable[..., Outgoing], hers: Ticket, sara: User, lars: User, later: Later
) -> None:
    row = put(by=sara)
    operations.restrict(hers, people=[lars], by=lars, at=later(minutes=5, seconds=3))
    outgoing.send_due(at=later(minutes=6))
    assert held(row).code == "not_allowed"
    with pytest.raises(NotAllowed):
        outgoing.send_now(row.pk, by=sara, at=later(minutes=7))
    assert said(hers) == []


def test_what_fails_is_tried_again_and_is_held_up_in_the_end(
    put: Callable[..., Outgoing], hers: Ticket, later: Later
) -> None:
    def fail(*_args: Any, **_facts: Any) -> Any:
        raise RuntimeError("the disk is full")

    outgoing.teach("broken", lambda ticket, **facts: ticket)
    row = put(way="broken")
    outgoing.teach("broken", fail)
    for minute in range(6, 6 + outgoing.MOST_TRIES):
        assert said(hers) == []
        outgoing.send_due(at=later(minutes=minute * 5))
    assert "Something went wrong" in held(row).reason


# --- How long, and what is kept ---


def test_everybody_chooses_how_long_within_what_the_desk_says(mira: User, sara: User, ada: User) -> None:
    assert outgoing.seconds_to_undo(mira) == 0  # the tests' own; the product begins with ten
    outgoing.choose_seconds(20, by=ada, for_desk=True)
    outgoing.choose_seconds(5, by=mira)
    assert (outgoing.seconds_to_undo(mira), outgoing.seconds_to_undo(sara)) == (5, 20)
    outgoing.choose_seconds(None, by=mira)
    assert outgoing.seconds_to_undo(mira) == 20
    with pytest.raises(NotAllowed):
        outgoing.choose_seconds(0, by=mira, for_desk=True)
    with pytest.raises(Invalid):
        outgoing.choose_seconds(61, by=mira)
    assert UndoTime.objects.count() == 1


def test_files_of_a_reply_for_later_are_kept_until_it_leaves(
    put: Callable[..., Outgoing], hers: Ticket, mira: User, later: Later
) -> None:
    file = SimpleUploadedFile("how-to.pdf", b"1234")
    kept = operations.store_upload(file=file, by=mira, at=later(minutes=4))
    put(attachments=[kept.pk], send_at=later(days=20), is_later=True)
    assert drop_unsent_uploads(at=later(days=15)) == 0
    outgoing.send_due(at=later(days=21))
    assert hers.messages.get(kind="reply").attachments.get() == kept


def test_rows_of_what_was_sent_are_emptied_at_once_and_gone_after_a_day(
    put: Callable[..., Outgoing], mira: User, later: Later
) -> None:
    put()
    outgoing.send_due(at=later(minutes=6))
    back = outgoing.take_back(
        put(at=later(minutes=7), send_at=later(minutes=8)).pk, by=mira, at=later(minutes=7)
    )
    outgoing.forget_outgoing(at=later(days=2))
    assert list(Outgoing.objects.all()) == [back]
    outgoing.forget_outgoing(at=later(days=32))
    assert not Outgoing.objects.exists()


def test_a_ready_made_text_counts_as_used_when_the_reply_leaves(
    put: Callable[..., Outgoing], hers: Ticket, mira: User, later: Later
) -> None:
    put(used=[("reply", 7)])
    assert not ReadyUse.objects.exists()
    outgoing.send_due(at=later(minutes=6))
    use = ReadyUse.objects.get()
    assert (use.of, use.about, use.by, use.ticket, use.at) == ("reply", 7, mira, hers, later(minutes=6))
