"""Acts through the pages: done once, refused in sentences, and nothing that was typed is lost."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Team, Tier, User
from escalation import operations as escalation
from escalation.models import Handoff
from helpdesk.desk.acts import ACTS
from tickets import operations
from tickets.models import Attachment, Category, Link, Message, Status, Submission, Ticket

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]


@pytest.fixture
def hers(ticket: Ticket, mira: User, vpn: Category, later: Later) -> Ticket:
    """Mira works on it and has said what it is about."""
    operations.take(ticket, by=mira, at=later(minutes=1))
    return operations.change(ticket, category=vpn, by=mira, at=later(minutes=2))


def send(client: Any, ticket: Ticket, act: str, /, **data: Any) -> Any:
    return client.post(f"/desk/tickets/{ticket.number}/{act}/", data)


def test_a_reply_goes_to_the_requester(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    response = send(signed_in(mira), hers, "write", kind="reply", body="Try again, please.", minutes="5")
    assert response["Location"] == f"/desk/tickets/{hers.number}/"
    message = hers.messages.get(kind="reply")
    assert (message.body, message.audience, message.author) == ("Try again, please.", "public", mira)
    assert hers.work.get().minutes == 5


def test_send_and_wait_asks_and_waits(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    send(signed_in(mira), hers, "write", kind="reply", body="Which client?", then="wait")
    hers.refresh_from_db()
    assert hers.status == Status.PENDING_REQUESTER
    assert hers.messages.get(kind="question").body == "Which client?"


def test_send_and_resolve_is_one_act(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    send(signed_in(mira), hers, "write", kind="reply", body="Updated the client.", then="resolve:fixed")
    hers.refresh_from_db()
    assert (hers.status, hers.resolution_code) == (Status.RESOLVED, "fixed")


def test_send_and_resolve_without_a_category_asks_for_it_and_keeps_the_text(
    signed_in: SignIn, mira: User, ticket: Ticket, vpn: Category, later: Later
) -> None:
    operations.take(ticket, by=mira, at=later(minutes=1))
    client = signed_in(mira)
    sent = {"kind": "reply", "body": "Updated the client.", "then": "resolve:fixed"}
    response = send(client, ticket, "write", **sent)
    text = response.content.decode()
    assert response.status_code == 400
    assert "Choose the category that it was in the end." in text
    assert "Updated the client." in text
    send(client, ticket, "write", **sent, category=vpn.pk)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.category) == (Status.RESOLVED, vpn)


def test_a_note_stays_inside(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    send(signed_in(mira), hers, "write", kind="note", body="Suspect the rekey bug.")
    assert hers.messages.get(kind="note").audience == "internal"


def test_an_empty_text_is_refused(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    response = send(signed_in(mira), hers, "write", kind="reply", body="   ")
    assert response.status_code == 400
    assert "Nothing is written yet." in response.content.decode()


def test_what_came_back_with_an_error_keeps_its_words_and_files(
    signed_in: SignIn, mira: User, dario: User, network: Team, hers: Ticket, later: Later
) -> None:
    log = SimpleUploadedFile("client.log", b"rekey failed")
    said = {"kind": "reply", "then": "resolve:fixed", "body": "Dear <b>Ines</b>", "files": log}
    response = send(signed_in(dario), hers, "write", **said)
    text = response.content.decode()
    assert response.status_code == 403
    assert "Only its members and leads can do this." in text
    assert "Dear &lt;b&gt;Ines&lt;/b&gt;" in text
    assert "client.log" in text
    assert Attachment.objects.get().ticket is None
    assert not Message.objects.filter(author=dario).exists()


def test_sending_twice_sends_once(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    client = signed_in(mira)
    for _time in range(2):
        response = send(client, hers, "write", kind="reply", body="Once.", submission="key-1")
        assert response.status_code == 302
    assert hers.messages.filter(kind="reply").count() == 1
    assert Submission.objects.count() == 1


def test_the_same_key_with_other_words_is_refused_and_the_words_stay(
    signed_in: SignIn, mira: User, hers: Ticket
) -> None:
    client = signed_in(mira)
    send(client, hers, "write", kind="reply", body="Once.", submission="key-1")
    response = send(client, hers, "write", kind="reply", body="Something else.", submission="key-1")
    assert response.status_code == 409
    assert "Something else." in response.content.decode()


def test_a_conflict_shows_what_changed_and_what_was_typed(
    signed_in: SignIn, mira: User, sara: User, hers: Ticket, later: Later
) -> None:
    seen = hers.version
    operations.note(hers, text="I have called her.", by=sara, at=later(minutes=5))
    client = signed_in(mira)
    response = send(client, hers, "write", kind="reply", body="Please call us.", version=str(seen))
    text = response.content.decode()
    assert response.status_code == 409
    assert "Sara Amin left a note" in text
    assert "Please call us." in text
    assert f'name="version" value="{seen + 1}"' in text
    assert not hers.messages.filter(kind="reply").exists()
    send(client, hers, "write", kind="reply", body="Please call us.", version=str(seen + 1))
    assert hers.messages.filter(kind="reply").exists()


def test_a_conflict_in_a_dialog_keeps_every_field(
    signed_in: SignIn, mira: User, sara: User, network: Team, hers: Ticket, later: Later
) -> None:
    seen = hers.version
    operations.note(hers, text="Wait.", by=sara, at=later(minutes=5))
    response = send(
        signed_in(mira),
        hers,
        "hand-over",
        to=f"team:{network.pk}",
        reason="needs_expertise",
        summary="All checked.",
        version=str(seen),
    )
    text = response.content.decode()
    assert response.status_code == 409
    assert f'name="to" value="team:{network.pk}"' in text
    assert "All checked." in text
    assert not Handoff.objects.exists()


def test_handing_over_to_a_tier_that_is_off_says_where_it_went(
    signed_in: SignIn, mira: User, vendors: Team, hers: Ticket
) -> None:
    Tier.objects.filter(level__in=[2, 3]).update(is_enabled=False)
    response = signed_in(mira).post(
        f"/desk/tickets/{hers.number}/hand-over/",
        {"to": "tier:3", "reason": "needs_expertise", "summary": "See the log."},
        follow=True,
    )
    assert "L3 is not in use: handed to L4 instead." in response.content.decode()
    hers.refresh_from_db()
    assert hers.team == vendors


def test_accepting_and_returning(
    signed_in: SignIn, mira: User, dario: User, network: Team, hers: Ticket, later: Later
) -> None:
    escalation.hand_over(
        hers, team=network, reason="needs_expertise", summary="Log.", by=mira, at=later(minutes=3)
    )
    client = signed_in(dario)
    send(client, hers, "accept")
    hers.refresh_from_db()
    assert (hers.assignee, hers.unaccepted_since) == (dario, None)
    send(client, hers, "return", reason="information_missing", text="Which client?")
    hers.refresh_from_db()
    assert (hers.assignee, hers.bounce_count) == (mira, 1)


def test_an_illegal_move_is_a_409_that_names_the_legal_ones(
    signed_in: SignIn, lars: User, hers: Ticket
) -> None:
    response = send(signed_in(lars), hers, "close")
    assert response.status_code == 409
    assert "cannot become closed" in response.content.decode()
    assert "resolved" in response.content.decode()


def test_an_illegal_move_from_the_open_page_is_a_toast(signed_in: SignIn, lars: User, hers: Ticket) -> None:
    response = signed_in(lars).post(f"/desk/tickets/{hers.number}/close/", headers={"hx-request": "true"})
    assert response.status_code == 409
    assert "cannot become closed" in response["HX-Trigger"]


def test_waiting_needs_a_question_a_vendor_or_an_end(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    client = signed_in(mira)
    for what, sentence in {
        "requester": "without a question nobody answers",
        "vendor": "Choose the vendor.",
        "hold": "Say until when.",
    }.items():
        response = send(client, hers, "wait", what=what)
        assert response.status_code == 400, what
        assert sentence in response.content.decode()
    hers.refresh_from_db()
    assert hers.status == Status.OPEN


def test_a_hold_has_a_reason_and_an_end(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    send(signed_in(mira), hers, "wait", what="hold", reason="part", until="2026-12-01T10:00", note="Ordered.")
    hers.refresh_from_db()
    assert (hers.status, hers.hold_reason) == (Status.ON_HOLD, "part")


def test_changing_fields_touches_only_what_was_changed(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    client = signed_in(mira)
    same = {
        "subject": hers.subject,
        "kind": hers.kind,
        "category": hers.category_id,
        "impact": hers.impact,
        "urgency": hers.urgency,
        "requester": hers.requester_id,
        "location": hers.location,
    }
    send(client, hers, "change", **same, device="NW-1180")
    event = hers.events.latest("id")
    hers.refresh_from_db()
    assert hers.device == "NW-1180"
    assert set(event.changes) == {"words"}
    before = hers.version
    send(client, hers, "change", **same, device="NW-1180")
    hers.refresh_from_db()
    assert hers.version == before


def test_overriding_the_priority_needs_a_reason(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    client = signed_in(mira)
    assert send(client, hers, "override-priority", priority="1").status_code == 400
    send(client, hers, "override-priority", priority="1", reason="The board meets at noon.")
    hers.refresh_from_db()
    assert (hers.priority, hers.priority_overridden) == (1, True)


def test_links_tags_watchers_and_merging(
    signed_in: SignIn, mira: User, hers: Ticket, open_ticket: Callable[..., Ticket]
) -> None:
    other, twin = open_ticket("Another"), open_ticket("The same again")
    client = signed_in(mira)
    send(client, hers, "link", type="related", other=other.number)
    send(client, hers, "tag", names="home-office, VPN")
    send(client, hers, "watch")
    assert send(client, hers, "link", type="related", other="TD-99999").status_code == 400
    response = send(client, twin, "merge", into=hers.number)
    assert response["Location"] == f"/desk/tickets/{hers.number}/"
    assert [row.tag.name for row in hers.taggings.order_by("tag__name")] == ["home-office", "vpn"]
    assert hers.watches.get().user == mira
    link = Link.objects.get()
    send(client, hers, "unlink", link=link.pk)
    send(client, hers, "untag", name="vpn")
    send(client, hers, "unwatch")
    assert not Link.objects.exists()
    assert not hers.watches.exists()
    assert [row.tag.name for row in hers.taggings.all()] == ["home-office"]


def test_a_message_is_split_off_and_a_password_redacted(
    signed_in: SignIn, mira: User, ines: User, hers: Ticket, later: Later
) -> None:
    operations.reply(hers, text="My password is hunter2", by=ines, at=later(minutes=9))
    message = hers.messages.get(kind="reply")
    client = signed_in(mira)
    dialog = client.get(f"/desk/tickets/{hers.number}/split/?message={message.pk}").content.decode()
    assert f'name="message" value="{message.pk}"' in dialog
    send(client, hers, "split", message=message.pk, subject="Another matter")
    new = Ticket.objects.get(subject="Another matter")
    assert new.pk != hers.pk
    send(client, hers, "redact-message", message=message.pk, reason="a password")
    text = client.get(f"/desk/tickets/{hers.number}/").content.decode()
    assert "hunter2" not in text
    assert "Mira Kask emptied this text: a password" in text


def test_restricting_hides_it_from_everybody_else(
    signed_in: SignIn, mira: User, sara: User, hers: Ticket
) -> None:
    send(signed_in(mira), hers, "restrict")
    assert signed_in(sara).get(f"/desk/tickets/{hers.number}/").status_code == 404
    assert signed_in(mira).get(f"/desk/tickets/{hers.number}/").status_code == 200


def test_noise_is_set_aside_and_brought_back(signed_in: SignIn, mira: User, hers: Ticket) -> None:
    client = signed_in(mira)
    send(client, hers, "not-a-request", reason="noise")
    hers.refresh_from_db()
    assert (hers.status, hers.cancel_reason) == (Status.CANCELLED, "noise")
    send(client, hers, "restore")
    hers.refresh_from_db()
    assert hers.status == Status.OPEN


def test_only_thanks_takes_the_reopening_back(
    signed_in: SignIn, mira: User, ines: User, hers: Ticket, later: Later
) -> None:
    operations.resolve(hers, code="fixed", summary="Done.", by=mira, at=later(minutes=5))
    operations.reply(hers, text="Thanks!", by=ines, at=later(minutes=6))
    client = signed_in(mira)
    assert "Only thanks" in client.get(f"/desk/tickets/{hers.number}/").content.decode()
    send(client, hers, "only-thanks")
    hers.refresh_from_db()
    assert (hers.status, hers.reopen_count) == (Status.RESOLVED, 0)


def test_every_dialog_opens_and_an_unknown_act_does_not_exist(
    signed_in: SignIn, mira: User, hers: Ticket
) -> None:
    client = signed_in(mira)
    for name, act in ACTS.items():
        part = client.get(f"/desk/tickets/{hers.number}/{name}/", headers={"hx-request": "true"})
        assert part.status_code == (200 if act.asks else 302), name
        assert b"<html" not in part.content
    for name in ("wait", "resolve", "take"):
        assert client.get(f"/desk/tickets/{hers.number}/{name}/").status_code == (
            200 if ACTS[name].asks else 302
        )
    assert client.get(f"/desk/tickets/{hers.number}/explode/").status_code == 404


@pytest.mark.parametrize(
    "text", ["\x00", "😀" * 300, "\u202eabc", "<script>alert(1)</script>", "x" * 300_000]
)
def test_strange_texts_never_break_a_form(signed_in: SignIn, mira: User, hers: Ticket, text: str) -> None:
    """Each form answers in its dialog; one also in a page of its own."""
    client = signed_in(mira)
    for name, act in ACTS.items():
        if act.asks:
            sent = dict.fromkeys(act.form(ticket=hers, user=mira).fields, text)
            for how in ({"hx-request": "true"}, {}) if name == "hand-over" else ({"hx-request": "true"},):
                sent |= {"submission": str(uuid.uuid4()), "version": text}
                response = client.post(f"/desk/tickets/{hers.number}/{name}/", sent, headers=how)
                assert response.status_code in (200, 204, 302, 400, 403, 409, 422), name
                assert b"<script>alert" not in response.content
