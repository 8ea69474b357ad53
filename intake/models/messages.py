from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from intake.models.mailboxes import Mailbox
from tickets.models import Attachment, Message, Ticket

LONGEST_ID = 250


class State(models.TextChoices):
    STORED = "stored", _("waits")
    FILED = "filed", _("filed")
    HELD = "held", _("held for approval")
    QUARANTINED = "quarantined", _("quarantined")
    IGNORED = "ignored", _("ignored")


class Reason(models.TextChoices):
    """Why a message is where it is."""

    NONE = "", _("none")
    # Filed.
    NEW = "new", _("It opened a ticket.")
    REFERENCE = "reference", _("It answers a message of the ticket.")
    TOKEN = "token", _("It came to the ticket's own address.")
    SUBJECT = "subject", _("Its subject names the ticket.")
    FOREIGN_TICKET = (
        "foreign_ticket",
        _("It names a ticket that its sender may not write to: a new one was opened."),
    )
    FORWARDED = "forwarded", _("Somebody of the desk forwarded it: it was filed for who wrote it first.")
    AUTO_REPLY = "auto_reply", _("An automatic answer: it is shown on the ticket, and nobody was told.")
    BOUNCE = "bounce", _("A mail of the desk came back: it is shown on the ticket.")
    # Held.
    UNKNOWN_SENDER = "unknown_sender", _("The desk does not know its sender.")
    # Quarantined.
    BROKEN = "broken", _("It could not be filed.")
    TOO_LARGE = "too_large", _("It is larger than the desk takes.")
    SPAM = "spam", _("The mail server took it for spam.")
    NO_SENDER = "no_sender", _("It names no sender.")
    RATE = "rate", _("Its sender has sent more than the desk takes in an hour.")
    LOOP = "loop", _("Its sender answers automatically: too many messages in too short a time.")
    REFUSED_SENDER = "refused_sender", _("Its sender is unknown or refused here.")
    LEFT = "left", _("Its sender has left.")
    MAILBOX_OFF = "mailbox_off", _("Its mailbox is out of use.")
    # Ignored.
    DUPLICATE = "duplicate", _("The same message came before.")
    OWN = "own", _("The desk itself has sent it.")
    AUTOMATIC = "automatic", _("It was sent automatically and belongs to no ticket.")
    LIST = "list", _("It came by a mailing list.")
    BOUNCE_OF_NOTHING = "bounce_of_nothing", _("A mail came back that the desk does not know.")
    REFUSED_BY_HAND = "refused_by_hand", _("Somebody of the desk refused it.")


def mail_text() -> Lower:
    """One lower-case line per message, for finding it by any part of its sender or subject."""
    text = models.TextField()
    blank = Value(" ", output_field=text)
    return Lower(Concat("from_address", blank, "from_name", blank, "subject", output_field=text))


class MailMessage(models.Model):
    """A message that came in: what it is, and what became of it. Its bytes are in `RawMail`, its words in `MailWords`.

    stored > filed, held, quarantined or ignored; whatever is not filed can be replayed.
    """

    mailbox = models.ForeignKey(
        Mailbox, models.PROTECT, related_name="messages", verbose_name=_("mailbox"), db_index=False
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.STORED)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True, default="")
    detail = models.TextField(_("detail"), blank=True)
    """What a reason is about: the address that answers automatically, the error, the ticket that was named."""
    source = models.CharField(_("came by"), max_length=40)
    envelope_to = models.CharField(_("delivered to"), max_length=254, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the bytes: what is delivered twice is one row."""
    fingerprint = models.CharField(max_length=64, blank=True)
    """What tells two copies of one message apart from two messages, once it was read (see `intake.copies`)."""
    message_id = models.CharField(_("Message-ID"), max_length=LONGEST_ID, blank=True)
    references = ArrayField(models.CharField(max_length=LONGEST_ID), default=list, blank=True)
    from_address = models.CharField(_("from"), max_length=254, blank=True)
    from_name = models.CharField(_("sender's name"), max_length=120, blank=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    received_at = models.DateTimeField(_("received"))
    processed_at = models.DateTimeField(_("judged"), null=True)
    size = models.PositiveBigIntegerField(_("bytes"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    is_automatic = models.BooleanField(_("automatic"), default=False)
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, null=True, related_name="mails_in", verbose_name=_("ticket"), db_index=False
    )
    written = models.ForeignKey(Message, models.PROTECT, null=True, related_name="mails_in", db_index=False)
    """What it says on the ticket; None where it is told by an event alone (a bounce)."""
    opened = models.BooleanField(_("opened the ticket"), default=False)
    person = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name=_("sender"), db_index=False
    )

    class Meta:
        ordering = ["-received_at", "-id"]
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mails")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=State.FILED) | Q(ticket__isnull=False), name="what_is_filed_has_its_ticket"
            )
        ]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="mail_in_newest"),
            models.Index(fields=["state", "-received_at", "-id"], name="mail_in_by_state"),
            models.Index(fields=["mailbox", "-received_at", "-id"], name="mail_in_by_mailbox"),
            models.Index(fields=["from_address", "-received_at"], name="mail_in_of_sender"),
            models.Index(fields=["message_id"], name="mail_in_message_id", condition=~Q(message_id="")),
            models.Index(fields=["fingerprint"], name="mail_in_fingerprint", condition=~Q(fingerprint="")),
            models.Index(
                fields=["ticket", "received_at"], name="mail_in_of_ticket", condition=Q(ticket__isnull=False)
            ),
            models.Index(fields=["written"], name="mail_in_of_message", condition=Q(written__isnull=False)),
            GinIndex(fields=["references"], name="mail_in_references"),
            GinIndex(OpClass(mail_text(), name="gin_trgm_ops"), name="mail_in_words"),
        ]

    def __str__(self) -> str:
        return f"{self.from_address}: {self.subject}"


class RawMail(models.Model):
    """The bytes of a message, until they are pruned."""

    mail = models.OneToOneField(MailMessage, models.CASCADE, primary_key=True, related_name="raw")
    content = models.BinaryField()
    kept_at = models.DateTimeField()
    is_cut = models.BooleanField(default=False)
    """Larger than the desk takes: only its beginning was kept."""

    class Meta:
        verbose_name = _("bytes of a mail")
        verbose_name_plural = _("bytes of mails")
        indexes = [models.Index(fields=["kept_at"], name="raw_mail_to_prune")]

    def __str__(self) -> str:
        return f"{self.mail_id}"


class MailWords(models.Model):
    """The whole of a filed message as it was read: what its ticket shows as the original."""

    mail = models.OneToOneField(MailMessage, models.CASCADE, primary_key=True, related_name="words")
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    to = ArrayField(models.CharField(max_length=400), default=list)
    cc = ArrayField(models.CharField(max_length=400), default=list)
    addressed = ArrayField(models.CharField(max_length=254), default=list)
    """The bare addresses of both, in lower case: whom its sender has let into the conversation."""

    class Meta:
        verbose_name = _("words of a mail")
        verbose_name_plural = _("words of mails")

    def __str__(self) -> str:
        return f"{self.mail_id}"


class MailImage(models.Model):
    """Which file of the ticket a mail shows by its Content-ID."""

    mail = models.ForeignKey(MailMessage, models.CASCADE, related_name="images")
    content_id = models.CharField(max_length=250)
    attachment = models.ForeignKey(Attachment, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("picture in a mail")
        verbose_name_plural = _("pictures in mails")

    def __str__(self) -> str:
        return self.content_id
