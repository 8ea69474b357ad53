from collections.abc import Iterable

from django.db import transaction

from delivery.models import Mail


@transaction.atomic
def empty_mails(event_ids: Iterable[int]) -> int:
    """Empty the words of the mails that told these events: what is redacted must not live on in the outbox.

    A mail that has left cannot be called back; one that still waits leaves without the words.
    """
    return Mail.objects.filter(event_id__in=list(event_ids)).update(text="", html="")
