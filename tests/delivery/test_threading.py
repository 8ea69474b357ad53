from collections.abc import Iterator

import pytest

from delivery import threading
from delivery.threading import Sender


def came_in(ticket: int) -> list[str]:
    return [f"<{ticket}.1@mail.example>", f"<{ticket}.2@mail.example>"]


def network_desk(ticket: int | None) -> Sender | None:
    return Sender("network@demo.example", "Network") if ticket == 7 else None


@pytest.fixture
def taught() -> Iterator[None]:
    threading.teach(came_in)
    threading.teach(came_in)
    threading.teach_sender(network_desk)
    yield
    threading.forget(came_in)
    threading.forget(network_desk)


@pytest.mark.django_db
def test_what_came_in_is_asked_of_who_knows_it_and_told_once(taught: None) -> None:
    assert [row for row in threading.incoming_ids(7) if "mail.example" in row] == came_in(7)


def test_the_mailbox_of_a_ticket_speaks_for_it(taught: None) -> None:
    assert threading.sender_of(7) == Sender("network@demo.example", "Network")
