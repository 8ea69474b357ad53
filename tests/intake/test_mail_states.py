"""Every state of a message is a row: it can be replayed, is filed once, and is forgotten when its ticket is."""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from delivery.models import Delivery, Mail
from intake.models import MailMessage, MailWords, RawMail, Reason, State
from intake.operations import filing, receiving
from intake.operations.forgetting import prune_ignored, prune_raw
from intake.operations.receiving import Outcome, process, replay, store
from tests.conftest import MONDAY
from tests.intake.mails import DESK, mail
from tests.intake.test_mail_threads import last, told
from tickets import operations
from tickets.models import Attachment, Message, Ticket
from tickets.operations.retaining import purge
from tickets.refusals import Invalid, NotAllowed

pytestmark = pytest.mark.django_db
Post = Callable[..., Outcome]
Leave = Callable[[], list[Mail]]
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


def test_a_worker_files_what_was_stored(support: Any, ines: User, leave: Leave) -> None:
    row = store(mail(), mailbox=support, at=MONDAY, source="test")
    assert (row.state, Ticket.objects.count()) == (State.STORED, 0)
    leave()
    row.refresh_from_db()
    assert (row.state, row.ticket) == (State.FILED, Ticket.objects.get())


def test_filing_twice_changes_nothing(support: Any, ines: User) -> None:
    row = store(mail(), mailbox=support, at=MONDAY, source="test")
    assert process(row.pk, at=MONDAY) == process(row.pk, at=MONDAY)
    assert Message.objects.count() == 1


def test_what_fails_half_way_leaves_nothing_behind_and_can_be_replayed(
    support: Any, ines: User, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = store(mail(files=(("a.txt", "text/plain", b"a"),)), mailbox=support, at=MONDAY, source="test")
    files: list[str] = []
    filed = filing._filed

    def breaks(judged: Any, *args: Any, **kwargs: Any) -> None:
        files.extend(str(each.file.name) for each in judged.kept.rows)
        raise Invalid("The category has gone.", field="category")

    monkeypatch.setattr(filing, "_filed", breaks)
    outcome = process(row.pk, at=MONDAY)

    assert outcome == Outcome("quarantined", None, Reason.BROKEN)
    assert (Ticket.objects.count(), Attachment.objects.count()) == (0, 0)
    assert len(files) == 1
    assert not default_storage.exists(files[0])
    row.refresh_from_db()
    assert (row.attempts, row.detail) == (1, "Invalid: The category has gone.")

    monkeypatch.setattr(filing, "_filed", filed)
    assert replay(row.pk, by=ada, at=MONDAY).result == "ticket"
    row.refresh_from_db()
    assert (row.state, row.attempts, row.detail) == (State.FILED, 2, "")


def test_without_the_database_a_message_waits(
    support: Any, ines: User, leave: Leave, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = store(mail(), mailbox=support, at=MONDAY, source="test")
    decide = filing._decide

    def gone(judged: Any) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(filing, "_decide", gone)
    with pytest.raises(OperationalError):
        process(row.pk, at=MONDAY)
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.STORED, 0)
    monkeypatch.setattr(filing, "_decide", decide)
    leave()
    row.refresh_from_db()
    assert row.state == State.FILED


def test_what_is_filed_is_not_replayed(post: Post, ines: User, ada: User) -> None:
    first = post(mail())
    assert replay(MailMessage.objects.get().pk, by=ada, at=MONDAY) == first
    assert Ticket.objects.count() == 1


def test_only_who_keeps_the_mail_replays(post: Post, ines: User, mira: User) -> None:
    post(mail(precedence="bulk", x_spam_flag="YES"))
    with pytest.raises(NotAllowed):
        replay(MailMessage.objects.get().pk, by=mira, at=MONDAY)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_two_workers_file_a_message_once(support: Any, ines: User) -> None:
    row = store(mail(), mailbox=support, at=MONDAY, source="test")
    outcomes: list[Outcome] = []
    together = Barrier(2, timeout=60)

    def work() -> None:
        together.wait()
        outcomes.append(process(row.pk, at=MONDAY))
        connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(set(outcomes)) == 1
    assert Ticket.objects.count() == 1


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_two_workers_with_copies_of_one_message_make_one_ticket(support: Any, ines: User) -> None:
    raw = mail(message_id="<both@northwind.example>")
    rows = [
        store(f"X-Way: {way}\r\n".encode() + raw, mailbox=support, at=MONDAY, source="test") for way in "ab"
    ]
    together = Barrier(2, timeout=60)
    outcomes: list[str] = []

    def work(key: int) -> None:
        together.wait()
        outcomes.append(process(key, at=MONDAY).result)
        connection.close()

    workers = [Thread(target=work, args=(row.pk,)) for row in rows]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(outcomes) == ["ignored", "ticket"]
    assert Ticket.objects.count() == 1


# --- Files ---


def test_files_come_along(post: Post, ines: User) -> None:
    post(mail(files=(("log.txt", "text/plain", b"a line"), ("../../x.sh", "text/x-sh", b"rm"))))
    assert sorted(row.name for row in Attachment.objects.all()) == ["log.txt", "x.sh"]
    assert {row.message for row in Attachment.objects.all()} == {Message.objects.get()}


def test_a_file_that_is_too_large_is_named_and_the_rest_filed(post: Post, ines: User, settings: Any) -> None:
    settings.ATTACHMENT_MAX_BYTES = 100
    post(mail(files=(("big.txt", "text/plain", b"x" * 200), ("small.txt", "text/plain", b"x"))))
    assert [row.name for row in Attachment.objects.all()] == ["small.txt"]
    assert "big.txt" in Message.objects.get().body


def test_more_files_than_a_message_bears_stay_in_the_original(post: Post, ines: User) -> None:
    post(mail(files=tuple((f"{n}.txt", "text/plain", b"x") for n in range(60))))
    assert Attachment.objects.count() == 50
    assert "10 more files" in Message.objects.get().body


def picture_mail() -> bytes:
    return (
        b"From: ines@northwind.example\r\nTo: support@demo.example\r\nSubject: Picture\r\n"
        b"Message-ID: <picture@northwind.example>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n'
        b'<p>Look <img src="cid:one@x" alt="screen"> and <img src="https://tracker.example/x.gif" alt="t"></p>\r\n'
        b"--b\r\nContent-Type: image/png\r\nContent-ID: <one@x>\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: inline; filename="screen.png"\r\n\r\n' + b64encode(PNG) + b"\r\n--b--\r\n"
    )


def test_a_picture_stands_in_its_place(post: Post, ines: User) -> None:
    post(picture_mail())
    assert f"/files/{Attachment.objects.get().pk}/" in Message.objects.get().body


@pytest.mark.parametrize(
    "head",
    [
        b"From: \xff\xfe <ines@northwind.example>\r\nSubject: \xed\xa0\x80 \x00 half\r\n",
        b"From: =?utf-8?b?gICA?= <ines@northwind.example>\r\nSubject: =?utf-8?q?=ED=A0=80?=\r\n",
        b"From: ines@northwind.example\r\nDate: Mon, 01 Jan 0001 00:00:00 +1400\r\n",
        b"From: ines@northwind.example\r\nDate: Fri, 31 Dec 9999 23:59:59 -1200\r\n",
        b"From: ines@northwind.example\r\nMessage-ID: <" + b"x" * 5000 + b">\r\n",
        b"From: ines@northwind.example\r\nReferences: "
        + b" ".join(b"<%d@x>" % n for n in range(5000))
        + b"\r\n",
        b"From: ines@northwind.example\r\nSubject: " + b"x" * 100_000 + b"\r\n",
        b"From: ines@northwind.example\r\nTo: "
        + b", ".join(b"p%d@x.example" % n for n in range(3000))
        + b"\r\n",
    ],
    ids=["bytes", "halves", "year 1", "year 9999", "long id", "references", "long subject", "recipients"],
)
def test_strange_heads_are_filed_all_the_same(post: Post, ines: User, head: bytes) -> None:
    assert post(head + b"\r\nIt eats paper.\r\n").result == "ticket"
    assert Message.objects.get().body == "It eats paper."


@pytest.mark.parametrize(
    "sender",
    ["İ" * 300 + "@x.example", "nobody", "@x.example", "a b@", "<>", "undisclosed-recipients:;"],
)
def test_what_names_no_sender_waits(post: Post, sender: str) -> None:
    outcome = post(f"From: {sender}\r\nSubject: x\r\n\r\nText\r\n".encode())
    assert outcome.result == "quarantined"
    assert outcome.reason in (Reason.NO_SENDER, Reason.UNKNOWN_SENDER)


# --- Forgetting ---


def test_bytes_are_pruned_and_what_was_understood_stays(post: Post, ines: User, settings: Any) -> None:
    post(mail())
    post(mail(auto_submitted="auto-generated", subject="Away"))
    at = MONDAY + timedelta(days=settings.MAIL_RAW_DAYS + 1)
    assert prune_raw(at=at) == 2
    assert prune_ignored(at=at) == 1
    assert MailWords.objects.count() == 1
    assert MailMessage.objects.get().state == State.FILED


def test_what_waits_for_a_person_keeps_its_bytes_longer(post: Post, support: Any, settings: Any) -> None:
    post(mail(sender="zed@elsewhere.example"))
    assert prune_raw(at=MONDAY + timedelta(days=settings.MAIL_RAW_DAYS + 1)) == 0


def test_redacting_a_message_forgets_bytes_and_words_of_the_tickets_mails(
    post: Post, ines: User, ada: User
) -> None:
    post(mail("My password is hunter2", message_id="<a@northwind.example>"))
    post(mail("> My password is hunter2\n\nAnd?", in_reply_to="<a@northwind.example>"))
    operations.redact_message(Message.objects.order_by("pk")[0], reason="a password", by=ada, at=MONDAY)
    assert (RawMail.objects.count(), MailWords.objects.count()) == (0, 0)
    assert MailMessage.objects.filter(state=State.FILED).count() == 2


def test_a_ticket_that_is_deleted_for_good_takes_its_mails_along(
    post: Post, ines: User, mira: User, ada: User
) -> None:
    post(picture_mail())
    ticket = Ticket.objects.get()
    operations.resolve(ticket, code="fixed", summary="Done.", by=mira, at=MONDAY)
    operations.confirm(ticket, by=ines, at=MONDAY)
    done = purge(
        closed_before=MONDAY + timedelta(days=1), reason="old", by=ada, at=MONDAY + timedelta(days=2)
    )
    assert done
    assert [model.objects.count() for model in (Ticket, MailMessage, RawMail, MailWords)] == [0, 0, 0, 0]


# --- Cost ---


def queries_of(raw: bytes, support: Any) -> int:
    row = store(raw, mailbox=support, at=MONDAY, source="test")
    with CaptureQueriesContext(
        connection,
    ) as found:
        process(row.pk, at=MONDAY)
    return len(found)


def test_a_message_costs_the_same_however_many_there_are(
    support: Any, ines: User, tomasz: User, post: Post
) -> None:
    first = queries_of(mail("One", cc=tomasz.email), support)
    for number in range(30):
        post(mail(f"More {number}", subject=f"Number {number}"))
    assert queries_of(mail("Last", cc=tomasz.email, subject="Last"), support) <= first
    assert first <= 45


def test_an_answer_costs_no_more_than_a_new_one(support: Any, ines: User, ticket: Ticket) -> None:
    raw = mail("Still.", in_reply_to=told(ticket, ines).message_id)
    assert queries_of(raw, support) <= 45
    assert last(ticket).body == "Still."
    assert DESK
    assert Delivery.objects.filter(kind=receiving.KIND).count() == 1
