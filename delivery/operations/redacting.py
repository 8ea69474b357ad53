from collections.abc import Iterable

from django.db import transaction

from delivery.letters import emptied
from delivery.models import Mail, Piece


@transaction.atomic
def empty_mails_of_ticket(ticket_number: int, *, subject: str) -> int:
    """Empty every mail about a ticket whose subject was removed: they bear it, and most of them say it.

    Args:
        subject: what they bear instead.
    """
    pieces = Piece.objects.filter(ticket_number=ticket_number)
    for piece in pieces.filter(left_at=None):
        piece.letter = emptied(piece.letter)
        piece.save(update_fields=["letter"])
    gathered = [key for key in pieces.values_list("mail_key", flat=True) if key is not None]
    emptied_mails = Mail.objects.filter(about_ticket=ticket_number).update(
        subject=subject, text="", html="", files=None
    )
    return emptied_mails + Mail.objects.filter(pk__in=gathered).exclude(about_ticket=ticket_number).update(
        text="", html="", files=None
    )


@transaction.atomic
def empty_mails(event_ids: Iterable[int]) -> int:
    """Empty the words of the mails that told these events: what is redacted must not live on in the outbox.

    A mail that has left cannot be called back; one that still waits leaves without the words. One that tells several
    things loses all of them: they cannot be told apart any more. What has not become part of a mail yet never does.
    """
    told = list(event_ids)
    pieces = Piece.objects.filter(event_id__in=told)
    for piece in pieces.filter(left_at=None):
        piece.letter = emptied(piece.letter)
        piece.save(update_fields=["letter"])
    gathered = [key for key in pieces.values_list("mail_key", flat=True) if key is not None]
    emptied_mails = Mail.objects.filter(event_id__in=told).update(text="", html="", files=None)
    return emptied_mails + Mail.objects.filter(pk__in=gathered).update(text="", html="", files=None)
