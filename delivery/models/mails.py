from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Mail(models.Model):
    """One message to one person, as it was or will be sent. These rows are the outbox."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    # Text columns without a limit: a wrong address is a failed mail that can be read, not an exception
    # in the operation that wanted to send it.
    to = models.TextField(_("to"))
    cc = ArrayField(models.TextField(), verbose_name=_("copy to"), default=list, blank=True)
    subject = models.TextField(_("subject"))
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    headers = models.JSONField(_("headers"), default=dict, blank=True)
    message_id = models.CharField(
        _("Message-ID"),
        max_length=250,
        unique=True,
        help_text=_("Fixed when the row is written: a message that is sent again is the same message."),
    )
    about_ticket = models.BigIntegerField(_("ticket"), null=True, blank=True)
    # What it tells. Kept here and not only on the delivery, which is forgotten earlier: redacting needs it.
    event_id = models.BigIntegerField(_("event"), null=True, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="mails",
        verbose_name=_("person"),
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    error = models.TextField(_("error"), blank=True)
    kind = models.CharField(
        _("kind"),
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text=_("The kind of notice, which its reader may choose; empty for mails about the login."),
    )
    sender = models.TextField(
        _("from"),
        blank=True,
        default="",
        db_default="",
        help_text=_("The mailbox; empty: the desk's address."),
    )
    is_personal = models.BooleanField(
        _("somebody's own words"),
        default=False,
        db_default=False,
        help_text=_("Whether it brings what a person wrote; if not, a machine has written it and says so."),
    )
    # What comes with it, by the keys of their files; read when it is sent, never copied.
    files = ArrayField(models.TextField(), verbose_name=_("files"), null=True, blank=True)
    taken = ArrayField(
        models.TextField(),
        verbose_name=_("taken for"),
        null=True,
        blank=True,
        help_text=_("Addresses for which the mail server took it, where it refused others."),
    )
    refused = models.JSONField(
        _("refused for"),
        null=True,
        blank=True,
        help_text=_("Addresses that the mail server refused for good, each with its words."),
    )
    bounced_at = models.DateTimeField(_("came back"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="a_sent_mail_has_its_time",
            )
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="mail_newest"),
            models.Index(
                fields=["-created_at", "-id"], condition=~Q(state="sent"), name="mail_newest_not_sent"
            ),
            models.Index(fields=["sent_at"], condition=Q(state="sent"), name="mail_to_prune"),
            models.Index(fields=["event_id"], condition=Q(event_id__isnull=False), name="mail_of_event"),
            models.Index(
                fields=["about_ticket"], condition=Q(about_ticket__isnull=False), name="mail_of_ticket"
            ),
            models.Index(
                fields=["-created_at", "-id"],
                condition=Q(bounced_at__isnull=False),
                name="mail_newest_bounced",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} > {self.to}"

    @property
    def recipients(self) -> list[str]:
        return [self.to, *self.cc]

    @property
    def has_trouble(self) -> bool:
        """Whether it waits after a failure, was given up, came back, or was refused in part."""
        return bool(self.error or self.refused or self.bounced_at or self.state == self.State.FAILED)

    @property
    def delivery_key(self) -> str:
        """The dedupe key of the delivery that sends it: one mail, one delivery."""
        return f"mail:{self.pk}"
