from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Piece(models.Model):
    """A notice that waits to become part of a mail: of the next digest, of the minute, of the end of quiet hours.

    What waits together (`bundle`, for one person) leaves together. Once it has left, its words are emptied; the row
    stays a while so that the same notice, told twice, is not mailed twice.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(_("key against doubles"), max_length=200)
    bundle = models.CharField(_("leaves together with"), max_length=40)
    kind = models.CharField(_("kind"), max_length=40)
    ticket_number = models.BigIntegerField(_("ticket"), null=True)
    event_id = models.BigIntegerField(_("event"), null=True)
    letter = models.JSONField(_("letter"), default=dict)
    created_at = models.DateTimeField(_("created"))
    due_at = models.DateTimeField(_("leaves"))
    left_at = models.DateTimeField(_("left"), null=True)
    mail_key = models.BigIntegerField(_("mail"), null=True)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name = _("waiting notice")
        verbose_name_plural = _("waiting notices")
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="one_piece_a_key_and_person")]
        indexes = [
            models.Index(
                fields=["person", "bundle", "due_at"], condition=Q(left_at__isnull=True), name="piece_waiting"
            ),
            models.Index(fields=["event_id"], condition=Q(event_id__isnull=False), name="piece_of_event"),
            models.Index(
                fields=["ticket_number"], condition=Q(mail_key__isnull=False), name="piece_of_ticket"
            ),
            models.Index(fields=["left_at"], condition=Q(left_at__isnull=False), name="piece_to_prune"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} > {self.person_id}"
