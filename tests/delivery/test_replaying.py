from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from accounts.models import User
from delivery.models import Delivery
from delivery.operations import claim, deliver, enqueue, replay
from tests.delivery.conftest import NOON, Recorder, later


@pytest.fixture
def dead(db: None, recorder: Recorder) -> Delivery:
    row = enqueue("errand", {"n": 1}, at=NOON, ticket_number=1042, max_attempts=1)
    recorder.error = ConnectionError("nobody home")
    deliver(claim(limit=1, worker="w1", at=NOON)[0], at=NOON)
    recorder.error = None
    row.refresh_from_db()
    assert row.state == "dead"
    return row


def test_what_was_given_up_is_tried_again(dead: Delivery, ada: User, recorder: Recorder) -> None:
    assert replay([dead.pk], by=ada, at=later(hours=1)) == 1

    dead.refresh_from_db()
    assert (dead.state, dead.attempts, dead.next_at) == ("waiting", 0, later(hours=1))
    assert (dead.replayed_by, dead.replayed_at) == (ada, later(hours=1))
    (row,) = claim(limit=1, worker="w1", at=later(hours=1))
    assert deliver(row, at=later(hours=1)) is True


def test_what_waits_is_tried_at_once_and_what_is_done_stays_done(ada: User, recorder: Recorder) -> None:
    waiting = enqueue("errand", {"n": 1}, at=NOON, not_before=later(hours=5))
    done = enqueue("errand", {"n": 2}, at=NOON)
    deliver(claim(limit=1, worker="w1", at=NOON)[0], at=NOON)

    assert replay([waiting.pk, done.pk], by=ada, at=later(hours=1)) == 1

    assert [row.pk for row in claim(limit=5, worker="w1", at=later(hours=1))] == [waiting.pk]


def test_only_an_administrator_replays(dead: Delivery, ines: User) -> None:
    with pytest.raises(PermissionDenied):
        replay([dead.pk], by=ines, at=NOON)

    dead.refresh_from_db()
    assert dead.state == "dead"


def test_the_command_lists_and_replays(dead: Delivery) -> None:
    out = StringIO()
    call_command("deliveries", stdout=out)
    call_command("deliveries", "--replay", "--kind=mail", stdout=out)
    call_command("deliveries", "--replay", stdout=out)

    assert out.getvalue().splitlines() == [
        f"{dead.pk}\t2026-03-02 12:00\terrand TD-1042\tConnectionError: nobody home",
        "1 given up.",
        "0 tried again.",
        "1 tried again.",
    ]
