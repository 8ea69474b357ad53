"""Judging senders by hand: approved, all that waits of them is filed; refused, nothing of them is."""

from datetime import datetime

from django.db import transaction

from accounts import events as accounts
from accounts.models import User
from intake import events
from intake.models import KnownSender, MailMessage, Reason, State
from intake.operations.receiving import Outcome, replay
from intake.operations.settling import settle
from intake.permissions import require_mail_desk
from tickets.refusals import Invalid

MOST_AT_ONCE = 200


def approve(key: int, *, by: User | None, at: datetime) -> list[Outcome]:
    """Let the sender of this message in from now on, and file what is held of them, the oldest first.

    Raises:
        NotAllowed: only administrators, managers and leads do this.
        Invalid: it names no sender.
    """
    require_mail_desk(by)
    address = _judge(key, KnownSender.Verdict.APPROVED, by=by, at=at)
    waiting = MailMessage.objects.filter(from_address=address, state=State.HELD).order_by("received_at", "pk")
    keys = list(waiting.values_list("pk", flat=True)[:MOST_AT_ONCE])
    return [replay(each, by=by, at=at) for each in dict.fromkeys([*keys, key])]


@transaction.atomic
def refuse(key: int, *, by: User | None, at: datetime) -> int:
    """File nothing of this sender any more, without an answer; what is held of them is ignored. Returns: how many.

    Raises:
        NotAllowed: only administrators, managers and leads do this.
        Invalid: it names no sender.
    """
    require_mail_desk(by)
    address = _judge(key, KnownSender.Verdict.REFUSED, by=by, at=at)
    rows = MailMessage.objects.select_for_update(of=("self",)).filter(from_address=address, state=State.HELD)
    waiting = list(rows.order_by("pk")[:MOST_AT_ONCE])
    for row in waiting:
        settle(row, State.IGNORED, Reason.REFUSED_BY_HAND, at=at, detail=address)
    return len(waiting)


@transaction.atomic
def _judge(key: int, verdict: KnownSender.Verdict, *, by: User | None, at: datetime) -> str:
    mail = MailMessage.objects.get(pk=key)
    if not mail.from_address:
        raise Invalid("It names no sender.", field="sender")
    known = KnownSender.objects.filter(address__iexact=mail.from_address).first()
    known = known or KnownSender(address=mail.from_address)
    known.verdict, known.at, known.by = verdict, at, by
    known.save()
    kind = events.SENDER_APPROVED if verdict == KnownSender.Verdict.APPROVED else events.SENDER_REFUSED
    accounts.record(kind, by=by, at=at, about=mail.mailbox_id, mail=mail.pk)
    return mail.from_address


@transaction.atomic
def dismiss(keys: list[int], *, by: User | None, at: datetime) -> int:
    """Set aside what is held or quarantined: nobody needs to look at it again. Returns: how many.

    Raises:
        NotAllowed: only administrators, managers and leads do this.
    """
    require_mail_desk(by)
    waiting = MailMessage.objects.select_for_update(of=("self",)).filter(
        pk__in=keys, state__in=[State.HELD, State.QUARANTINED]
    )
    rows = list(waiting.order_by("pk"))
    for row in rows:
        settle(row, State.IGNORED, Reason.REFUSED_BY_HAND, at=at, detail=row.get_reason_display())
        accounts.record(events.MAIL_DISMISSED, by=by, at=at, about=row.pk)
    return len(rows)
