import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from delivery import handlers
from delivery.models import Delivery
from delivery.operations import NewDelivery, claim, deliver, enqueue, enqueue_many, release
from delivery.operations.delivering import pause_after
from tests.delivery.conftest import NOON, Recorder, later

LEASE = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)


def take(at: datetime = NOON, worker: str = "w1", limit: int = 100) -> list[Delivery]:
    return claim(limit=limit, worker=worker, at=at)


@pytest.mark.django_db
def test_what_is_due_is_delivered_once(recorder: Recorder) -> None:
    enqueue("errand", {"n": 1}, at=NOON)

    (row,) = take()
    assert deliver(row, at=later(seconds=1)) is True

    row.refresh_from_db()
    assert (row.state, row.done_at, row.attempts, row.lease_until) == ("done", later(seconds=1), 1, None)
    assert recorder.payloads == [{"n": 1}]
    assert take(later(days=1)) == []


@pytest.mark.django_db
def test_the_oldest_come_first_and_nothing_before_its_time() -> None:
    enqueue("errand", {"n": 1}, at=later(minutes=1))
    second = enqueue("errand", {"n": 2}, at=later(minutes=-1))
    first = enqueue("errand", {"n": 3}, at=later(minutes=-2))
    enqueue("errand", {"n": 4}, at=NOON, not_before=later(hours=1))

    assert take() == [first, second]


@pytest.mark.django_db(transaction=True)
def test_four_workers_never_get_the_same_delivery(recorder: Recorder) -> None:
    enqueue_many([NewDelivery(kind="errand", payload={"n": n}) for n in range(200)], at=NOON)
    start = threading.Barrier(4, timeout=60)

    def work(name: str) -> None:
        start.wait()
        try:
            while batch := take(worker=name, limit=7):
                for row in batch:
                    deliver(row, at=NOON)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(payload["n"] for payload in recorder.payloads) == list(range(200))
    assert set(Delivery.objects.values_list("state", "attempts")) == {("done", 1)}


@pytest.mark.django_db
def test_the_delivery_of_a_lost_worker_is_taken_by_another(recorder: Recorder) -> None:
    enqueue("errand", {"n": 1}, at=NOON)
    (lost,) = take(worker="lost")

    assert take(NOON + LEASE - timedelta(seconds=1)) == []
    (taken,) = take(NOON + LEASE, worker="w2")
    assert (taken.leased_by, taken.attempts) == ("w2", 2)

    # The lost one comes back late: the lease is no longer its own, so it does nothing.
    assert deliver(lost, at=NOON + LEASE) is False
    assert deliver(taken, at=NOON + LEASE) is True
    assert recorder.payloads == [{"n": 1}]


@pytest.mark.django_db
def test_a_slow_batch_renews_its_leases(recorder: Recorder) -> None:
    enqueue("errand", {"n": 1}, at=NOON)
    (row,) = take()

    seen: list[Any] = []
    recorder.error = None
    handlers.unregister("errand")
    handlers.register("errand", lambda payload, delivery, at: seen.append(Delivery.objects.get().lease_until))
    assert deliver(row, at=NOON + LEASE * 0.75) is True

    assert seen == [NOON + LEASE * 1.75]


@pytest.mark.django_db
def test_what_was_not_begun_is_given_back_without_losing_an_attempt() -> None:
    enqueue("errand", {"n": 1}, at=NOON)

    assert release(take(), at=NOON) == 1

    assert [(row.attempts, row.leased_by) for row in take(worker="w2")] == [(1, "w2")]


@pytest.mark.django_db
def test_a_failure_is_kept_and_tried_again_later(recorder: Recorder) -> None:
    enqueue("errand", {"n": 1}, at=NOON)
    recorder.error = ConnectionError("nobody \x00home")

    (row,) = take()
    assert deliver(row, at=NOON) is False

    row.refresh_from_db()
    assert (row.state, row.last_error) == ("waiting", "ConnectionError: nobody home")
    assert later(seconds=8) <= row.next_at <= later(seconds=12)
    assert take(later(seconds=7)) == []

    recorder.error = None
    (again,) = take(later(seconds=12))
    assert deliver(again, at=later(seconds=12)) is True
    row.refresh_from_db()
    assert (row.state, row.attempts, row.last_error) == ("done", 2, "")


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 10), (2, 20), (3, 40), (8, 1280), (12, 20480), (13, 21600), (60, 21600)]
)
def test_pauses_double_up_to_six_hours_and_spread(attempts: int, seconds: int) -> None:
    pauses = [pause_after(attempts).total_seconds() for _ in range(50)]

    assert seconds * 0.8 <= min(pauses) < max(pauses) <= seconds * 1.2


@pytest.mark.django_db
def test_after_the_last_try_it_is_given_up(recorder: Recorder) -> None:
    enqueue("errand", {"n": 1}, at=NOON, max_attempts=2)
    recorder.error = ConnectionError("nobody home")

    for at in (NOON, later(hours=1)):
        (row,) = take(at)
        deliver(row, at=at)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.last_error) == ("dead", 2, "ConnectionError: nobody home")
    assert take(later(days=30)) == []


@pytest.mark.django_db
def test_what_can_never_work_is_given_up_at_once(recorder: Recorder) -> None:
    enqueue("errand", {"n": 1}, at=NOON)
    recorder.error = handlers.Undeliverable("The address does not exist.")

    (row,) = take()
    deliver(row, at=NOON)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.last_error) == ("dead", 1, "The address does not exist.")


@pytest.mark.django_db
def test_a_delivery_that_kills_its_workers_is_given_up() -> None:
    enqueue("errand", {"n": 1}, at=NOON, max_attempts=2)
    take(NOON)
    take(NOON + LEASE)

    assert take(NOON + LEASE * 2) == []

    row = Delivery.objects.get()
    assert (row.state, row.last_error) == ("dead", "The worker was lost during the last try.")


@pytest.mark.django_db
def test_a_kind_that_nobody_handles_waits_for_one_who_does() -> None:
    enqueue("unheard of", {}, at=NOON)
    (row,) = take()
    deliver(row, at=NOON)

    row.refresh_from_db()
    assert row.state == "waiting"
    assert "Nothing is registered for deliveries of kind 'unheard of'." in row.last_error


@pytest.mark.django_db
def test_one_order_key_is_delivered_oldest_first(recorder: Recorder) -> None:
    for n in (1, 2):
        enqueue("errand", {"n": n}, at=NOON, order_key="ticket 1")
    enqueue("errand", {"n": 3}, at=NOON, order_key="ticket 2")
    recorder.error = ConnectionError("nobody home")

    first = take()
    assert [row.payload["n"] for row in first] == [1, 3]
    deliver(first[0], at=NOON)
    assert take(later(seconds=5)) == []

    recorder.error = None
    (again,) = take(later(seconds=12))
    assert again.payload == {"n": 1}
    deliver(again, at=later(seconds=12))
    assert [row.payload["n"] for row in take(later(seconds=12))] == [2]
