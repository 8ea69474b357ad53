from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from delivery import handlers, queries, tasks
from delivery.models import Delivery, Heartbeat, Mail
from delivery.operations import answer, claim, deliver, enqueue, prune_deliveries, prune_mails, send_mail_row
from tests.delivery.conftest import NOON, Recorder, later


@pytest.mark.django_db
def test_the_doorbell_delivers_all_that_is_due(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "BATCH", 2)
    for n in range(5):
        enqueue("errand", {"n": n}, at=NOON, order_key="one after the other")

    tasks.deliver_due(sent_by="a publisher of another version")

    assert [payload["n"] for payload in recorder.payloads] == [0, 1, 2, 3, 4]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}
    assert Heartbeat.objects.filter(name="worker").exists()


@pytest.mark.django_db
def test_after_half_a_minute_it_gives_the_rest_back_and_rings(
    recorder: Recorder, rings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "DRAIN_SECONDS", -1)
    enqueue("errand", {"n": 1}, at=NOON)

    tasks.deliver_due()

    row = Delivery.objects.get()
    assert (row.state, row.attempts, recorder.payloads) == ("waiting", 0, [])
    assert rings == ["delivery.tasks.deliver_due"]


@pytest.mark.django_db
def test_a_tick_answers_for_beat_and_timers_asks_the_worker_and_sweeps(rings: list[str]) -> None:
    tasks.beat_tick()
    assert rings == ["delivery.tasks.worker_tick"]

    enqueue("errand", {"n": 1}, at=NOON)
    tasks.beat_tick()
    assert rings[1:] == ["delivery.tasks.worker_tick", "delivery.tasks.deliver_due"]

    tasks.worker_tick()
    assert sorted(Heartbeat.objects.values_list("name", flat=True)) == ["beat", "timers", "worker"]


@pytest.mark.django_db
def test_freshness_is_the_age_of_the_last_answer() -> None:
    answer(Heartbeat.Name.BEAT, Heartbeat.Name.TIMERS, at=NOON, detail="host:1")
    answer(Heartbeat.Name.BEAT, at=later(seconds=3), detail="host:2")

    assert queries.freshness(later(seconds=5)) == {"beat": 2.0, "timers": 5.0, "worker": float("inf")}


@pytest.mark.django_db
def test_old_and_done_is_forgotten_but_never_what_failed(recorder: Recorder) -> None:
    enqueue("errand", {"n": 1}, at=NOON)
    send_mail_row(to="rita@demo.example", subject="Hi", text="Hi", at=NOON)
    for row in claim(limit=5, worker="w1", at=NOON):
        deliver(row, at=NOON)
    waiting = enqueue("errand", {"n": 2}, at=NOON)
    failed = send_mail_row(to="nobody", subject="Hi", text="Hi", at=NOON)
    deliver(claim(limit=5, worker="w1", at=NOON)[-1], at=NOON)
    kept = {waiting.pk, Delivery.objects.get(state="dead").pk}

    deliveries_end = NOON + timedelta(days=settings.DELIVERY_RETENTION_DAYS)
    mails_end = NOON + timedelta(days=settings.MAIL_RETENTION_DAYS)
    assert (prune_deliveries(at=deliveries_end), prune_mails(at=mails_end)) == (0, 0)
    assert prune_deliveries(at=deliveries_end + timedelta(seconds=1)) == 2
    assert prune_mails(at=mails_end + timedelta(seconds=1)) == 1

    assert set(Delivery.objects.values_list("pk", flat=True)) == kept
    assert list(Mail.objects.all()) == [failed]


def test_a_thousand_mails_that_came_in_keep_nobody_waiting_who_is_told(rings: list[str], db: None) -> None:
    """What a mail causes is told before the next few are filed, whichever is older."""
    done: list[str] = []

    def file(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
        done.append("mail")
        if payload["number"] == 3:
            enqueue("telling", {}, at=at)

    def tell(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
        done.append("told")

    handlers.register("filing", file, lane=Delivery.Lane.MAIL)
    handlers.register("telling", tell)
    try:
        for number in range(25):
            enqueue("filing", {"number": number}, at=timezone.now())
        tasks.deliver_due()
    finally:
        handlers.unregister("filing")
        handlers.unregister("telling")

    assert done == [*["mail"] * 10, "told", *["mail"] * 15]
