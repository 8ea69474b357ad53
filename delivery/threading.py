"""What keeps the mails of one ticket together in a mail program, and whose name they bear.

This app sends; it knows neither mailboxes nor what came in. Whoever does (see `helpdesk/wiring.py`) teaches it.
"""

from collections.abc import Callable
from dataclasses import dataclass

KnownIds = Callable[[int], list[str]]


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom the mails of a ticket come from."""

    address: str
    """Of the mailbox, such as support@demo.example."""
    name: str = ""
    """What stands before the address; the desk's name where it is empty."""
    takes_plus: bool = True
    """Whether mail to `support+anything@` arrives there. If not, answers find their ticket by their headers."""


SenderOf = Callable[[int | None], Sender | None]

_known: list[KnownIds] = []
_senders: list[SenderOf] = []


def teach(known_ids: KnownIds) -> None:
    """Say which Message-IDs (with their angle brackets, oldest first) came in for the ticket with that number."""
    if known_ids not in _known:
        _known.append(known_ids)


def teach_sender(sender_of: SenderOf) -> None:
    """Say which mailbox speaks for the ticket with that number, or by default where it is None.

    None as an answer leaves it to DEFAULT_FROM_EMAIL. Who was taught last is asked first.
    """
    if sender_of not in _senders:
        _senders.insert(0, sender_of)


def incoming_ids(ticket_number: int) -> list[str]:
    """The Message-IDs of what came in for a ticket, oldest first."""
    return [message_id for known_ids in _known for message_id in known_ids(ticket_number)]


def sender_of(ticket_number: int | None) -> Sender | None:
    """The mailbox that speaks for a ticket; None: DEFAULT_FROM_EMAIL does."""
    return next((sender for ask in _senders if (sender := ask(ticket_number)) is not None), None)


def forget(taught: KnownIds | SenderOf) -> None:
    """Take back what was taught; for tests."""
    for known in (_known, _senders):
        if taught in known:
            known.remove(taught)  # type: ignore[arg-type]
