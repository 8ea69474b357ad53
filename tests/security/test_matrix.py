"""Every act in every state: carried out or refused, and never half of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Organisation, Team, User
from escalation import operations as escalation
from tickets import operations
from tickets.models import OPEN_STATUSES, Status, Ticket
from tickets.refusals import Refused


@pytest.fixture
def in_state(
    open_ticket: Callable[..., Ticket],
    mira: User,
    ines: User,
    lars: User,
    vpn: Any,
    kestrel: Organisation,
    at: datetime,
) -> Callable[[str], Ticket]:
    def taken() -> Ticket:
        return operations.take(open_ticket(category=vpn), by=mira, at=at)

    def resolved() -> Ticket:
        return operations.resolve(taken(), code="fixed", summary="Mended", by=mira, at=at)

    soon = at + timedelta(days=1)
    ways: dict[str, Callable[[], Ticket]] = {
        Status.NEW: lambda: open_ticket(category=vpn),
        Status.OPEN: taken,
        Status.PENDING_REQUESTER: lambda: operations.wait_for_requester(
            taken(), question="?", by=mira, at=at
        ),
        Status.PENDING_VENDOR: lambda: operations.wait_for_vendor(taken(), vendor=kestrel, by=mira, at=at),
        Status.ON_HOLD: lambda: operations.hold(taken(), reason="part", until=soon, by=mira, at=at),
        Status.RESOLVED: resolved,
        Status.CLOSED: lambda: operations.confirm(resolved(), by=ines, at=at),
        Status.CANCELLED: lambda: operations.cancel(taken(), reason_text="Twice", by=mira, at=at),
    }

    def make(status: str) -> Ticket:
        return ways[status]()

    return make


def test_every_act_in_every_state_keeps_the_row_consistent(
    in_state: Callable[[str], Ticket],
    mira: User,
    ines: User,
    lars: User,
    sara: User,
    network: Team,
    kestrel: Organisation,
    at: datetime,
) -> None:
    until = at + timedelta(days=2)
    acts: dict[str, Callable[[Ticket], Any]] = {
        "take": lambda t: operations.take(t, by=mira, at=at),
        "assign": lambda t: operations.assign(t, to=sara, by=lars, at=at),
        "release": lambda t: operations.release(t, by=mira, at=at),
        "skip": lambda t: operations.skip(t, reason="waits", by=mira, at=at),
        "wait": lambda t: operations.wait_for_requester(t, question="?", by=mira, at=at),
        "vendor": lambda t: operations.wait_for_vendor(t, vendor=kestrel, text="?", by=mira, at=at),
        "hold": lambda t: operations.hold(t, reason="part", until=until, by=mira, at=at),
        "resume": lambda t: operations.resume(t, by=mira, at=at),
        "resolve": lambda t: operations.resolve(t, code="fixed", summary="S", by=mira, at=at),
        "confirm": lambda t: operations.confirm(t, by=ines, at=at, rating=5),
        "rate": lambda t: operations.rate(t, rating=5, comment="", by=ines, at=at),
        "reopen": lambda t: operations.reopen(t, text="Again", by=ines, at=at),
        "close": lambda t: operations.close(t, by=lars, at=at),
        "cancel": lambda t: operations.cancel(t, reason_text="No", by=mira, at=at),
        "withdraw": lambda t: operations.withdraw(t, by=ines, at=at),
        "noise": lambda t: operations.not_a_request(t, reason="noise", by=mira, at=at),
        "restore": lambda t: operations.restore(t, by=mira, at=at),
        "thanks": lambda t: operations.only_thanks(t, by=mira, at=at),
        "reply": lambda t: operations.reply(t, text="Hello", by=ines, at=at),
        "answer": lambda t: operations.reply(t, text="Hello", by=mira, at=at),
        "news": lambda t: operations.ask_news(t, by=ines, at=at),
        "hand over": lambda t: escalation.hand_over(
            t, team=network, reason="needs_access", summary="S", by=mira, at=at
        ),
        "accept": lambda t: escalation.accept(t, by=mira, at=at),
        "return": lambda t: escalation.return_(t, reason="not_ours", text="S", by=mira, at=at),
    }
    wrong = {}
    for status in Status.values:
        ticket = in_state(status)
        for name, act in acts.items():
            try:
                with transaction.atomic():
                    act(ticket)
                    if found := _inconsistent(Ticket.objects.get(pk=ticket.pk)):
                        wrong[status, name] = found
                    transaction.set_rollback(True)
            except Refused:
                continue
    assert wrong == {}


def _inconsistent(row: Ticket) -> list[str]:
    is_open = row.status in OPEN_STATUSES
    is_done = row.status in (Status.RESOLVED, Status.CLOSED)
    is_over = row.status in (Status.CLOSED, Status.CANCELLED)
    rules = {
        "resolved_at is set where it is resolved or closed": (row.resolved_at is not None) == is_done,
        "a resolution code where it is resolved or closed": bool(row.resolution_code) == is_done,
        "closed_at is set where it is over": (row.closed_at is not None) == is_over,
        "an end where it is on hold": (row.hold_until is not None) == (row.status == Status.ON_HOLD),
        "in a queue where it is open": row.in_queue == is_open,
        "handed over only while open": row.unaccepted_since is None or is_open,
        "a reason where it is cancelled": bool(row.cancel_reason) == (row.status == Status.CANCELLED),
    }
    return [f"{row.status}: not {rule}" for rule, holds in rules.items() if not holds]
