from collections.abc import Iterable

from django.db import transaction

from delivery.mailing import KIND
from delivery.models import Delivery, Mail


@transaction.atomic
def empty_mails(event_ids: Iterable[int]) -> int:
    """Empty the words of the mails that told these events: what is redacted must not live on in the outbox.

    A mail that has left cannot be called back; one that still waits leaves without the words.
    """
    payloads = Delivery.objects.filter(kind=KIND, event_id__in=list(event_ids)).values_list(
        "payload", flat=True
    )
    return Mail.objects.filter(pk__in=[payload["mail"] for payload in payloads]).update(text="", html="")
