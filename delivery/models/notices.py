from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """Something inside the product that one person should know: a line of their list, until they have read it.

    It holds no words: `kind` and the ticket's event say what happened, and the page puts it into the reader's
    language. Kept as long as deliveries are.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(_("kind"), max_length=40)
    ticket_number = models.BigIntegerField(_("ticket"))
    event_id = models.BigIntegerField(_("event"))
    created_at = models.DateTimeField(_("created"))
    read_at = models.DateTimeField(_("read"), null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(fields=["event_id", "person"], name="one_notice_an_event_and_person"),
        ]
        indexes = [
            models.Index(fields=["person", "-created_at", "-id"], name="notice_of_person"),
            models.Index(fields=["person"], name="notice_unread", condition=Q(read_at__isnull=True)),
            models.Index(fields=["created_at"], name="notice_to_prune"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ticket_number} > {self.person_id}"

    @property
    def is_read(self) -> bool:
        return self.read_at is not None
