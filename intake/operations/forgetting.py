"""Forgetting what came in: bytes after some time, and the words of a ticket when something there is redacted."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from intake.models import MailImage, MailMessage, MailWords, RawMail, State
from tickets.models import Ticket

BATCH = 200
BATCHES = 100


def prune_raw(*, at: datetime) -> int:
    """Delete the bytes of messages that came more than `settings.MAIL_RAW_DAYS` ago; what was understood stays.

    What waits for a person (held, quarantined) or for a worker keeps its bytes for twice as long.
    """
    before = at - timedelta(days=settings.MAIL_RAW_DAYS)
    long_before = at - timedelta(days=2 * settings.MAIL_RAW_DAYS)
    settled = RawMail.objects.filter(kept_at__lt=before, mail__state__in=[State.FILED, State.IGNORED])
    return _delete(settled) + _delete(RawMail.objects.filter(kept_at__lt=long_before))


def prune_ignored(*, at: datetime) -> int:
    """Delete the rows of what was ignored, once their bytes are gone: nothing can be done with them any more."""
    before = at - timedelta(days=settings.MAIL_RAW_DAYS)
    rows = MailMessage.objects.filter(
        state=State.IGNORED, received_at__lt=before, raw__isnull=True, ticket__isnull=True
    )
    deleted = 0
    for _round in range(BATCHES):
        keys = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
        if not keys:
            break
        deleted += MailMessage.objects.filter(pk__in=keys).delete()[0]
    return deleted


@transaction.atomic
def forget_words(ticket: Ticket, *, subject: bool) -> None:
    """Delete the bytes and the words of every mail of a ticket, and where its subject was redacted theirs too."""
    mails = MailMessage.objects.filter(ticket=ticket)
    keys = list(mails.values_list("pk", flat=True))
    RawMail.objects.filter(mail__in=keys).delete()
    MailWords.objects.filter(mail__in=keys).delete()
    MailImage.objects.filter(mail__in=keys).delete()
    if subject:
        mails.update(subject="")


def _delete(old: QuerySet[RawMail]) -> int:
    """Few at once: a row may hold fifty megabytes."""
    deleted = 0
    for _round in range(BATCHES):
        keys = list(old.order_by().values_list("pk", flat=True)[:BATCH])
        if not keys:
            break
        deleted += RawMail.objects.filter(pk__in=keys).delete()[0]
    return deleted
