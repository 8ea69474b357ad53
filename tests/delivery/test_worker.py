"""Through a real Celery worker and beat, a real Redis and a real socket."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from delivery import doorbell, queries
from delivery.models import Delivery, Mail, WebhookCall
from delivery.operations import create_webhook, send_mail_row
from tests.delivery.post_office import PostOffice
from tests.escalation.test_webhooks import Receiver, receiver  # noqa: F401  (a fixture)
from tests.plugins.worker import environment
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("celery")]

PATIENCE = 30


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    with PostOffice() as office:
        yield office


class Processes:
    """Celery processes that work on the test's database and Redis."""

    def __init__(self, post_office: PostOffice) -> None:
        self.environment = environment() | {"EMAIL_URL": post_office.url}
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "helpdesk", *command], env=self.environment
        )
        self.running.append(process)
        return process

    def start_worker(self, queues: str = "default") -> subprocess.Popen[bytes]:
        return self.start("worker", "-Q", queues, "--pool", "solo", "-n", f"test-{len(self.running)}@%h")

    def stop(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(PATIENCE)


@pytest.fixture
def processes(transactional_db: None, post_office: PostOffice) -> Iterator[Processes]:
    processes = Processes(post_office)
    yield processes
    processes.stop()


def wait_until(true: Callable[[], bool], what: str, patience: int = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, f"waited {patience} s in vain until {what}"
        time.sleep(0.05)


def write_mail() -> Mail:
    return send_mail_row(to="rita@demo.example", subject="TD-1042", text="Hello", at=timezone.now())


def is_sent(mail: Mail) -> bool:
    return Mail.objects.filter(pk=mail.pk, state="sent").exists()


def test_a_committed_mail_leaves_at_once_a_rolled_back_one_never_and_beat_sweeps_what_no_ring_announced(
    processes: Processes, post_office: PostOffice
) -> None:
    processes.start_worker("default,timers")
    with transaction.atomic():
        write_mail()
        transaction.set_rollback(True)
    mail = write_mail()
    wait_until(lambda: is_sent(mail), "the mail was sent")
    assert [letter["Message-ID"] for letter in post_office.letters] == [mail.message_id]
    assert Delivery.objects.get().state == "done"

    doorbell.breaker.trip()
    unannounced = write_mail()
    doorbell.breaker.reset()
    processes.start("beat")
    wait_until(lambda: is_sent(unannounced), "the sweep found the mail")
    wait_until(lambda: max(queries.freshness(timezone.now()).values()) < 5, "beat and both queues answered")
    assert len(post_office.letters) == 2


@pytest.mark.long
def test_a_worker_that_is_killed_while_sending_is_replaced(
    processes: Processes, post_office: PostOffice
) -> None:
    post_office.answers.clear()
    first = processes.start_worker()
    mail = write_mail()
    assert post_office.arrived.wait(PATIENCE)
    first.send_signal(signal.SIGKILL)
    first.wait()
    post_office.answers.set()
    assert Delivery.objects.get().state == "leased"
    # Nobody waits two minutes in a test: the lease ends now.
    now = timezone.now()
    Delivery.objects.update(lease_until=now, next_at=now)

    processes.start_worker()
    doorbell.ring()

    wait_until(lambda: is_sent(mail), "another worker sent the mail")
    assert Delivery.objects.get().attempts == 2
    # At least once: the server had taken the first one. Both are the same message.
    assert {letter["Message-ID"] for letter in post_office.letters} == {mail.message_id}
    assert len({letter["Date"] for letter in post_office.letters}) == 1


@pytest.mark.long
def test_an_event_reaches_the_webhook_that_asks_for_it_while_a_mail_does_not_wait_for_a_slow_one(
    processes: Processes,
    receiver: Callable[..., Receiver],  # noqa: F811
    ada: User,
    open_ticket: Callable[..., Ticket],
    real_clock: None,
) -> None:
    processes.environment |= {"WEBHOOK_INSIDE_HOSTS": "127.0.0.1"}
    good, hanging = receiver(), receiver(None)
    for name, there in (("Good", good), ("Hanging", hanging)):
        create_webhook(
            name=name,
            url=f"http://127.0.0.1:{there.port}/",
            kinds=["ticket.opened"],
            by=ada,
            at=timezone.now(),
        )
    ticket = open_ticket(at=timezone.now())
    for number in range(2):
        processes.start_worker("default,timers" if number else "default")
    processes.start("beat")
    # Transactions of tests that run beside this one hold back what webhooks are told.
    wait_until(lambda: bool(hanging.got), "the receiver that hangs was called", patience=120)
    mail = write_mail()
    wait_until(lambda: is_sent(mail), "the mail was sent")
    wait_until(lambda: bool(good.got), "the other receiver was told")
    assert f'"number":"{ticket.number}"'.encode() in good.got[0]
    answered = WebhookCall.objects.filter(webhook__name="Good", status=204)
    wait_until(answered.exists, "its answer was kept")
