import pytest
from django.db import transaction

from delivery.models import Delivery
from delivery.operations import NewDelivery, enqueue, enqueue_many
from tests.delivery.conftest import NOON, later

RING = "delivery.tasks.deliver_due"


@transaction.atomic
def enqueue_and_fail() -> None:
    enqueue("errand", {"n": 1}, at=NOON)
    raise ZeroDivisionError


@pytest.mark.django_db
def test_a_delivery_is_written_with_what_it_is_about() -> None:
    row = enqueue("errand", {"event": 7}, at=NOON, event_id=7, ticket_number=1042, order_key="ticket 1042")

    stored = Delivery.objects.get()
    assert stored == row
    assert (stored.kind, stored.payload, stored.event_id, stored.ticket_number) == (
        "errand",
        {"event": 7},
        7,
        1042,
    )
    assert (stored.state, stored.attempts, stored.next_at, stored.order_key) == (
        "waiting",
        0,
        NOON,
        "ticket 1042",
    )


@pytest.mark.django_db
def test_the_same_key_makes_one_delivery() -> None:
    first = enqueue("errand", {"n": 1}, at=NOON, dedupe_key="once")
    second = enqueue("errand", {"n": 2}, at=later(hours=1), dedupe_key="once")

    assert second == first
    assert Delivery.objects.get().payload == {"n": 1}


@pytest.mark.django_db
def test_many_are_one_insert_and_known_keys_are_left_out(django_assert_num_queries) -> None:
    enqueue("errand", {"n": 1}, at=NOON, dedupe_key="once")
    many = [NewDelivery(kind="errand", payload={"n": n}) for n in (2, 3)]

    with django_assert_num_queries(1):
        enqueue_many([*many, NewDelivery(kind="errand", payload={"n": 4}, dedupe_key="once")], at=NOON)

    assert sorted(row.payload["n"] for row in Delivery.objects.all()) == [1, 2, 3]


@pytest.mark.django_db
def test_none_cost_nothing(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        enqueue_many([], at=NOON)


@pytest.mark.django_db(transaction=True)
def test_one_transaction_rings_once(rings: list[str]) -> None:
    with transaction.atomic():
        enqueue("errand", {"n": 1}, at=NOON)
        with transaction.atomic():
            enqueue_many([NewDelivery(kind="errand", payload={"n": 2})], at=NOON)
        enqueue("errand", {"n": 3}, at=NOON)
        assert rings == []

    assert rings == [RING]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_nothing_and_rings_nobody(rings: list[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        enqueue_and_fail()

    assert Delivery.objects.count() == 0
    assert rings == []


@pytest.mark.django_db(transaction=True)
def test_a_ring_that_a_savepoint_took_back_is_made_again(rings: list[str]) -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError):
            enqueue_and_fail()
        enqueue("errand", {"n": 2}, at=NOON)

    assert [row.payload["n"] for row in Delivery.objects.all()] == [2]
    assert rings == [RING]
