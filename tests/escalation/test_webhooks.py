"""Webhooks: signed, bounded in time and size, never into the house, and never in the way of anything else."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import User
from delivery import outside
from delivery.handlers import Undeliverable
from delivery.models import Delivery, Webhook
from delivery.operations import claim, create_webhook, deliver, renew_secret, send_to_webhook, use_webhook
from delivery.operations.webhooks import MOST_ATTEMPTS, Unusable
from delivery.webhooks import KIND, NotAnswered, NotOutside, deliver_webhook, is_public, resolve, signature
from escalation.models import Firing
from escalation.rules.engine import evaluate
from tests.escalation.rule_book import rule
from tickets.models import Event, Ticket

Later = Callable[..., datetime]


@dataclass
class Receiver:
    """A server of one thread that answers each connection with the same bytes, and keeps what it was sent."""

    answer: bytes | None
    got: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.ended = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _address = self.socket.accept()
            except OSError:
                return
            self.got.append(read_request(line))
            if self.answer is None:
                self.ended.wait(20)  # it hangs: as long as the test lasts
            else:
                line.sendall(self.answer)
            line.close()

    def close(self) -> None:
        self.ended.set()
        self.socket.close()


def read_request(line: socket.socket) -> bytes:
    line.settimeout(5)
    found = b""
    while b"\r\n\r\n" not in found:
        found += line.recv(65536)
    head, _gap, body = found.partition(b"\r\n\r\n")
    length = next(
        int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def receiver(settings: Any) -> Iterator[Callable[..., Receiver]]:
    """Receivers on this machine, which the desk is allowed to reach for the test."""
    settings.WEBHOOK_INSIDE_HOSTS = frozenset({"127.0.0.1"})
    made: list[Receiver] = []

    def make(answer: bytes | None = b"HTTP/1.1 204 No Content\r\n\r\n") -> Receiver:
        made.append(Receiver(answer))
        return made[-1]

    yield make
    for one in made:
        one.close()


def hook(receiver: Receiver, at: datetime, path: str = "/in?from=desk") -> Webhook:
    return create_webhook(name="Chat", url=f"http://127.0.0.1:{receiver.port}{path}", by=None, at=at)[0]


def send(webhook: Webhook, at: datetime) -> Delivery:
    """Write one message and deliver what is due; the delivery as it is then."""
    row = send_to_webhook(webhook, {"ticket": 1}, at=at)
    for delivery in claim(limit=10, worker="test", at=at):
        deliver(delivery, at=at)
    row.refresh_from_db()
    return row


def test_a_rule_sends_what_it_knows_by_keys_and_signs_it(
    receiver: Callable[..., Receiver], open_ticket: Callable[..., Ticket], at: datetime, later: Later
) -> None:
    there = receiver()
    webhook = hook(there, at)
    row = rule("Call", ("webhook", {"webhook": webhook.pk}), on=("created",))
    ticket = open_ticket("Salary of Mr Smith")
    (firing,) = evaluate(Event.objects.get(ticket=ticket), at=later(minutes=1))
    delivery = Delivery.objects.get(kind=KIND)
    (leased,) = [one for one in claim(limit=100, worker="test", at=later(minutes=1)) if one.pk == delivery.pk]
    assert deliver(leased, at=later(minutes=1))
    head, _gap, body = there.got[0].partition(b"\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert head.startswith(b"POST /in?from=desk HTTP/1.1")
    assert lines["X-Tierdesk-Timestamp"] == str(int(later(minutes=1).timestamp()))
    expected = signature(webhook.secret, lines["X-Tierdesk-Timestamp"], body)
    assert (lines["X-Tierdesk-Signature"], lines["X-Tierdesk-Delivery"]) == (
        f"v1={expected}",
        str(delivery.pk),
    )
    said = json.loads(body)
    assert (said["type"], said["firing"], said["rule"]) == (
        "rule.fired",
        firing.pk,
        {"id": row.pk, "version": 1},
    )
    assert (said["ticket"]["number"], said["ticket"]["team_id"]) == (ticket.number, ticket.team_id)
    assert b"Smith" not in body


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "done", ""),
        (b"HTTP/1.1 500 Oh\r\n\r\n", "waiting", "answered 500"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/inside\r\n\r\n",
            "waiting",
            "Redirects are not followed",
        ),
        (b"HTTP/1.1 410 Gone\r\n\r\n", "dead", "does not want messages"),
        (b"nonsense\r\n\r\n", "waiting", "BadStatusLine"),
        (b"", "waiting", "RemoteDisconnected"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n" + b"x" * 70_000, "done", ""),
    ],
)
def test_what_a_receiver_answers_decides_whether_it_is_asked_again(
    receiver: Callable[..., Receiver], answer: bytes, state: str, words: str, at: datetime, db: None
) -> None:
    there = receiver(answer)
    sent = send(hook(there, at), at)
    assert (sent.state, words in sent.last_error) == (state, True), sent.last_error
    assert len(there.got) == 1


def test_a_receiver_that_hangs_is_cut_and_asked_again_later(
    receiver: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch, at: datetime, later: Later, db: None
) -> None:
    monkeypatch.setattr(outside, "STEP_SECONDS", 0.2)
    sent = send(hook(receiver(None), at), at)
    assert (sent.state, sent.attempts) == ("waiting", 1)
    assert "Timeout" in sent.last_error or "timed out" in sent.last_error
    assert sent.next_at > at


def test_an_answer_that_drips_is_cut_as_a_whole(
    receiver: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch, at: datetime, db: None
) -> None:
    monkeypatch.setattr(
        outside, "WHOLE_SECONDS", 0.2
    )  # each silence may last five seconds: the whole does not
    sent = send(hook(receiver(None), at), at)
    assert sent.state == "waiting"


def test_one_that_hangs_waits_for_nobody_but_itself(at: datetime, later: Later, db: None) -> None:
    slow, _secret = create_webhook(name="Slow", url="https://slow.example.com/", by=None, at=at)
    other, _secret = create_webhook(name="Other", url="https://other.example.com/", by=None, at=at)
    rows = [send_to_webhook(webhook, {"n": n}, at=at) for n, webhook in enumerate((slow, slow, slow, other))]
    due = claim(limit=10, worker="test", at=at)
    assert [row.pk for row in due] == [rows[0].pk, rows[3].pk]
    assert rows[0].max_attempts == MOST_ATTEMPTS


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_inside_are_no_target(address: str) -> None:
    assert is_public(address) is False


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_addresses_outside_are(address: str) -> None:
    assert is_public(address) is True


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.215.14/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://user:secret@93.184.215.14/",
        "https://2130706433/",
        "https://0x7f.1/",
        "ftp://93.184.215.14/",
        "https:///nowhere",
    ],
)
def test_where_a_name_leads_is_looked_up_when_something_is_sent(url: str) -> None:
    with pytest.raises(NotOutside):
        resolve(url)


def test_the_line_goes_to_the_address_that_was_checked() -> None:
    found = resolve("https://93.184.215.14:8443/in?x=1")
    assert (found.address, found.host, found.port, found.path) == (
        "93.184.215.14",
        "93.184.215.14",
        8443,
        "/in?x=1",
    )


def test_a_webhook_that_leads_inside_is_given_up_at_once(at: datetime, db: None) -> None:
    webhook = Webhook.objects.create(name="Inside", url="https://localhost/admin", secret="s", created_at=at)
    sent = send(webhook, at)
    assert (sent.state, sent.attempts) == ("dead", 1)
    assert "is not outside" in sent.last_error


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.com/", "begins with https://"),
        ("https://", "begins with https://"),
        ("https://a b.example/", "no spaces"),
        ("https://bücher.example/", "plain characters"),
        ("https://me:pw@example.com/", "Leave the login out"),
        ("https://example.com:port/", "This is no address"),
        ("javascript:alert(1)", "begins with https://"),
    ],
)
def test_an_address_that_cannot_be_is_refused_with_its_remedy(
    url: str, words: str, at: datetime, db: None
) -> None:
    with pytest.raises(Unusable, match=words) as refused:
        create_webhook(name="Bad", url=url, by=None, at=at)
    assert refused.value.field == "url"


def test_only_administrators_keep_webhooks_and_the_secret_is_shown_once(
    ada: User, max_: User, at: datetime
) -> None:
    webhook, secret = create_webhook(name="Chat", url="https://chat.example.com/in", by=ada, at=at)
    assert (len(secret), secret.startswith("whsec_")) == (50, True)
    assert renew_secret(webhook, by=ada, at=at) != secret
    with pytest.raises(Unusable, match="There is a webhook “chat” already"):
        create_webhook(name="chat", url="https://chat.example.com/in", by=ada, at=at)
    for act in (
        lambda: create_webhook(name="Mine", url="https://example.com/", by=max_, at=at),
        lambda: use_webhook(webhook, is_enabled=False, by=max_, at=at),
        lambda: renew_secret(webhook, by=max_, at=at),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_a_webhook_out_of_use_is_called_no_more(
    open_ticket: Callable[..., Ticket], at: datetime, later: Later
) -> None:
    webhook, _secret = create_webhook(name="Chat", url="https://chat.example.com/in", by=None, at=at)
    rule("Call", ("webhook", {"webhook": webhook.pk}), on=("created",))
    waiting = send_to_webhook(webhook, {"ticket": 1}, at=at)
    use_webhook(webhook, is_enabled=False, by=None, at=at)
    with pytest.raises(Undeliverable, match="not in use"):
        deliver_webhook(waiting.payload, waiting, at)
    evaluate(Event.objects.get(ticket=open_ticket()), at=at)
    assert Firing.objects.get().effects == [{"do": "webhook", "done": False, "code": "webhook_gone"}]


def test_a_refused_answer_is_an_error_that_says_what_came(
    receiver: Callable[..., Receiver], at: datetime, db: None
) -> None:
    webhook = hook(receiver(b"HTTP/1.1 503 Busy\r\n\r\n"), at)
    waiting = send_to_webhook(webhook, {"ticket": 1}, at=at)
    with pytest.raises(NotAnswered, match="answered 503"):
        deliver_webhook(waiting.payload, waiting, at)
