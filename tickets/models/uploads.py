import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.models.messages import Attachment


class PartialUpload(models.Model):
    """A file that arrives in parts, over a network that breaks off. It becomes an attachment with its last byte.

    Each part is a file of its own in the storage, for that of another host may get the next one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    parts = models.JSONField(default=list)
    """The names of the parts in the storage, in their order."""
    touched_at = models.DateTimeField(db_index=True)
    attachment = models.ForeignKey(Attachment, models.CASCADE, null=True, related_name="+", db_index=True)
    """What it has become; kept for a while, for whom the last answer did not reach."""

    class Meta:
        verbose_name = _("upload in parts")
        verbose_name_plural = _("uploads in parts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(received__lte=models.F("size")), name="no_more_arrives_than_was_announced"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.received} of {self.size}"
