"""What the row `mail_in` does on DATABASE_URL: `python -m bench.mail_in alone|stream N`, printed as JSON.

`alone` stores N letters and files them one after the other in this process: what one message costs. `stream` stores N
at once while a worker runs, and technicians go on answering tickets: how fast they are filed, and how late what the
technicians wrote, and the receipts, leave the house.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

import django

from helpdesk.local import servers

servers.use()
django.setup()

from django.utils import timezone

from accounts.models import User
from bench.letters import Person, letters
from bench.names import L1
from delivery.models import Delivery, Mail
from intake.models import Mailbox, MailMessage
from intake.operations.receiving import process, store
from tickets import operations
from tickets.models import Ticket

ADDRESS = "support@bench.example"
PEOPLE = 500
ANSWERS_APART = 0.5
PATIENCE = 900


def alone(number: int) -> dict[str, Any]:
    keys = _store(number, run="alone")
    milliseconds = []
    started = time.monotonic()
    for key in keys:
        before = time.perf_counter()
        process(key, at=timezone.now())
        milliseconds.append((time.perf_counter() - before) * 1000)
    seconds = time.monotonic() - started
    milliseconds.sort()
    return {
        "p50_ms": round(statistics.median(milliseconds), 1),
        "p95_ms": round(milliseconds[-(-len(milliseconds) * 95 // 100) - 1], 1),
        "per_second": round(number / seconds, 1),
        **_what_became(keys),
    }


def stream(number: int) -> dict[str, Any]:
    _until(lambda: not Delivery.objects.unfinished().filter(next_at__lte=timezone.now()).exists(), "calm")
    begun = timezone.now()
    started = time.monotonic()
    keys = _store(number, run="stream")
    waiting = MailMessage.objects.filter(pk__in=keys, state="stored")
    answered = _answer_while(waiting.exists)
    last = MailMessage.objects.filter(pk__in=keys).latest("processed_at").processed_at
    if last is None:
        sys.exit("Nothing was judged.")
    mails = Mail.objects.filter(created_at__gte=begun, event_id__isnull=False)
    _until(lambda: not mails.filter(state="waiting").exists(), "all mails had left")
    late = _late(begun)
    return {
        "n": number,
        "with_all_per_second": round(number / (last - begun).total_seconds(), 1),
        "seconds": round(time.monotonic() - started, 1),
        "answers": answered,
        "notices": len(late),
        "notice_p50_s": round(statistics.median(late), 2) if late else None,
        "notice_p95_s": round(late[-(-len(late) * 95 // 100) - 1], 2) if late else None,
        "notice_max_s": round(late[-1], 2) if late else None,
        **_what_became(keys),
    }


def _store(number: int, *, run: str) -> list[int]:
    mailbox = _mailbox()
    everybody = User.objects.filter(is_active=True, email__startswith="person", organisation__isnull=False)
    people = [
        Person(name, email) for name, email in everybody.order_by("pk").values_list("name", "email")[:PEOPLE]
    ]
    mark = f"{run}-{time.time_ns()}"
    return [
        store(letter.raw, mailbox=mailbox, at=timezone.now(), source="bench").pk
        for letter in letters(people, number, to=ADDRESS, run=mark)
    ]


def _mailbox() -> Mailbox:
    known = Mailbox.objects.filter(address=ADDRESS).first()
    if known is not None:
        return known
    is_default = not Mailbox.objects.filter(is_default=True).exists()
    return Mailbox.objects.create(
        name="bench", address=ADDRESS, is_default=is_default, created_at=timezone.now()
    )


def _answer_while(is_busy: Any) -> int:
    """Technicians who go on working: every half second one of them answers another open ticket."""
    by = User.objects.get(email=L1)
    tickets = list(Ticket.objects.filter(in_queue=True, team__in=by.team_ids).order_by("pk")[:2000])
    random.Random(3).shuffle(tickets)
    answered, until = 0, time.monotonic() + PATIENCE
    while is_busy():
        if time.monotonic() > until:
            sys.exit(f"Letters still wait after {PATIENCE} s.")
        if tickets:
            ticket = tickets.pop()
            try:
                operations.reply(ticket, text="We are looking at it.", by=by, at=timezone.now())
                answered += 1
            except Exception as error:  # one that may not be answered is no measure
                print(f"{ticket}: {error}", file=sys.stderr)
        time.sleep(ANSWERS_APART)
    return answered


def _late(begun: Any) -> list[float]:
    """Seconds between an event and the mail that tells of it having left."""
    query = """
        SELECT extract(epoch FROM mail.sent_at - event.at) FROM delivery_mail mail
        JOIN tickets_event event ON event.id = mail.event_id
        WHERE event.at >= %s AND mail.state = 'sent' ORDER BY 1
    """
    with django.db.connection.cursor() as cursor:
        cursor.execute(query, [begun])
        return [float(seconds) for (seconds,) in cursor.fetchall()]


def _what_became(keys: list[int]) -> dict[str, int]:
    rows = MailMessage.objects.filter(pk__in=keys)
    filed = rows.filter(state="filed")
    return {
        "opened": filed.filter(opened=True).count(),
        "replies": filed.filter(opened=False).count(),
        "not_filed": rows.exclude(state="filed").count(),
    }


def _until(is_so: Any, what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > until:
            sys.exit(f"Waited {PATIENCE} s in vain until {what}.")
        time.sleep(0.2)


if __name__ == "__main__":
    print(json.dumps({"alone": alone, "stream": stream}[sys.argv[1]](int(sys.argv[2]))))
