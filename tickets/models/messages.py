import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from tickets.models.choices import Audience, MessageKind
from tickets.models.ticket import Ticket


class Message(models.Model):
    """Something that somebody wrote in a ticket. Its words may be redacted, never edited."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="messages", db_index=False)
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=MessageKind, default=MessageKind.REPLY)
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.PUBLIC)
    vendor = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+", db_index=False)
    """The vendor that it is shared with: its guests read it, those of another vendor do not. None: no guest does."""
    min_tier = models.PositiveSmallIntegerField(
        _("shown from tier"), default=0, help_text=_("Marked for this tier and above.")
    )
    body = models.TextField(blank=True)
    at = models.DateTimeField()
    from_desk = models.BooleanField(default=False)
    redacted_at = models.DateTimeField(null=True)
    redacted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    redacted_why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(vendor=None) | models.Q(audience=Audience.VENDOR),
                name="what_names_a_vendor_is_shared_with_it",
            ),
        ]
        indexes = [models.Index(fields=["ticket", "at", "id"], name="message_of_ticket")]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind}"

    @property
    def is_public(self) -> bool:
        return self.audience == Audience.PUBLIC


def attachment_path(attachment: "Attachment", filename: str) -> str:
    """A random path: nothing of the name that came from outside reaches the file system."""
    return f"attachments/{attachment.id.hex[:2]}/{attachment.id.hex}"


class Attachment(models.Model):
    """A file. Until its message is sent it belongs to its uploader alone (`ticket` is null)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="attachments")
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="attachments")
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    uploaded_at = models.DateTimeField()
    file = models.FileField(upload_to=attachment_path, max_length=120)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    min_tier = models.PositiveSmallIntegerField(_("shown from tier"), default=0)
    redacted_at = models.DateTimeField(null=True)
    redacted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    redacted_why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["uploaded_at", "id"]
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [
            models.Index(
                fields=["uploaded_at"], name="attachment_unsent", condition=models.Q(ticket__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.content_type in ("image/png", "image/jpeg", "image/gif", "image/webp")
