from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from intake.models.mailboxes import Mailbox


class Trouble(models.TextChoices):
    """What keeps a mailbox from being fetched; `intake.fetching.wording` has the sentences."""

    NONE = "", _("none")
    NO_HOST = "no_host", _("no such server")
    REFUSED = "refused", _("nobody answers")
    SILENT = "silent", _("no answer in time")
    DROPPED = "dropped", _("connection dropped")
    EXPIRED = "expired", _("certificate expired")
    UNTRUSTED = "untrusted", _("certificate not trusted")
    WRONG_NAME = "wrong_name", _("certificate of another server")
    NO_TLS = "no_tls", _("no encryption")
    NOT_PRIVATE = "not_private", _("unencrypted to the internet")
    LOGIN = "login", _("login refused")
    TOKEN = "token", _("authorisation refused")
    UNREADABLE = "unreadable", _("secret unreadable")
    FOLDER = "folder", _("no such folder")
    DONE_FOLDER = "done_folder", _("no folder for what is done")
    SERVER = "server", _("server refused")


TOLD_AT_ONCE = frozenset(
    {
        Trouble.EXPIRED,
        Trouble.UNTRUSTED,
        Trouble.WRONG_NAME,
        Trouble.NO_TLS,
        Trouble.NOT_PRIVATE,
        Trouble.LOGIN,
        Trouble.TOKEN,
        Trouble.UNREADABLE,
        Trouble.FOLDER,
        Trouble.DONE_FOLDER,
    }
)
"""Nobody but a person mends these. The others may pass by themselves, and are told when they last."""


class ConnectionQuerySet(models.QuerySet["MailboxConnection"]):
    def in_use(self) -> "ConnectionQuerySet":
        return self.filter(is_enabled=True, mailbox__is_enabled=True)

    def due(self, at: datetime) -> "ConnectionQuerySet":
        return self.in_use().filter(next_at__lte=at)


class MailboxConnection(models.Model):
    """Where a mailbox's mail is fetched from, how far that has come, and what is wrong with it."""

    class Security(models.TextChoices):
        TLS = "tls", _("TLS")
        STARTTLS = "starttls", _("STARTTLS")
        NONE = "none", _("none (private networks only)")

    class Auth(models.TextChoices):
        PASSWORD = "password", _("user and password")
        OAUTH2 = "oauth2", _("OAuth2 (Microsoft 365, Google)")

    class Provider(models.TextChoices):
        MICROSOFT = "microsoft", _("Microsoft 365")
        GOOGLE = "google", _("Google")
        OTHER = "other", _("another")

    class Mode(models.TextChoices):
        POLL = "poll", _("look again and again")
        IDLE = "idle", _("be told by the server (IDLE), and look now and then")

    class Done(models.TextChoices):
        SEEN = "seen", _("mark as read")
        MOVE = "move", _("move to another folder")
        REMEMBER = "remember", _("leave as it is; the desk remembers it")

    mailbox = models.OneToOneField(
        Mailbox, models.CASCADE, related_name="connection", verbose_name=_("mailbox")
    )
    is_enabled = models.BooleanField(_("fetched"), default=True)
    host = models.CharField(_("server"), max_length=253)
    port = models.PositiveIntegerField(_("port"), default=993)
    security = models.CharField(_("encryption"), max_length=8, choices=Security, default=Security.TLS)
    authority = models.TextField(_("own certificate authority"), blank=True)
    user = models.CharField(_("user"), max_length=254)
    auth = models.CharField(_("login"), max_length=8, choices=Auth, default=Auth.PASSWORD)
    secret = models.TextField(_("password"), blank=True)
    provider = models.CharField(
        _("provider"), max_length=9, choices=Provider, default=Provider.MICROSOFT, blank=True
    )
    tenant = models.CharField(_("tenant"), max_length=120, blank=True)
    token_url = models.CharField(_("token address"), max_length=500, blank=True)
    client_id = models.CharField(_("client id"), max_length=300, blank=True)
    client_secret = models.TextField(_("client secret"), blank=True)
    refresh_token = models.TextField(_("refresh token"), blank=True)
    access_token = models.TextField(blank=True)
    access_until = models.DateTimeField(null=True, blank=True)
    # The secrets above are sealed (see intake.sealing).

    folder = models.CharField(_("folder"), max_length=200, default="INBOX")
    mode = models.CharField(_("how"), max_length=4, choices=Mode, default=Mode.POLL)
    every_seconds = models.PositiveIntegerField(_("seconds between two looks"), default=60)
    done = models.CharField(_("what is done with mail"), max_length=8, choices=Done, default=Done.SEEN)
    done_folder = models.CharField(_("folder for what is done"), max_length=200, blank=True)
    since = models.DateTimeField(
        _("only what arrived after"), null=True, blank=True, help_text=_("Nothing: also what lies there.")
    )

    version = models.PositiveIntegerField(default=1)
    """Counts up with each change of the settings: what was begun with older ones writes nothing any more."""
    uidvalidity = models.PositiveBigIntegerField(null=True)
    last_uid = models.PositiveBigIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    fetched = models.PositiveIntegerField(default=0)
    """Since nothing waited: with `waiting` it makes the progress that people see."""
    next_at = models.DateTimeField()
    last_run_at = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    """Looks that failed since the last one that did not."""
    error = models.CharField(_("trouble"), max_length=12, choices=Trouble, blank=True, default="")
    error_detail = models.TextField(blank=True)
    error_since = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    """When administrators were told of this trouble."""
    trial = models.JSONField(null=True)
    """The last try that somebody asked for: `asked_at`, and what `fetching.trying` found once it was made."""

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ["mailbox__name"]
        verbose_name = _("connection of a mailbox")
        verbose_name_plural = _("connections of mailboxes")
        constraints = [
            models.CheckConstraint(
                condition=(Q(error="") & Q(error_since__isnull=True))
                | (~Q(error="") & Q(error_since__isnull=False)),
                name="trouble_has_its_time",
            )
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(is_enabled=True), name="mailbox_to_fetch"),
        ]

    def __str__(self) -> str:
        return f"{self.user} @ {self.host}:{self.port}"

    @property
    def percent(self) -> int:
        """How much of what waited is fetched."""
        whole = self.waiting + self.fetched
        return 100 * self.fetched // whole if whole else 100


class MissedMail(models.Model):
    """A message in a mailbox that could not be fetched: stepped over, tried again later, and shown."""

    connection = models.ForeignKey(
        MailboxConnection, models.CASCADE, related_name="missed", verbose_name=_("connection")
    )
    uidvalidity = models.PositiveBigIntegerField()
    uid = models.PositiveBigIntegerField()
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)
    error = models.TextField(_("error"))
    size = models.PositiveBigIntegerField(_("bytes"), null=True)
    first_at = models.DateTimeField(_("first tried"))
    next_at = models.DateTimeField(_("tried again"), null=True)
    """None: given up until a person asks for it again."""

    class Meta:
        ordering = ["connection", "uid"]
        verbose_name = _("mail that could not be fetched")
        verbose_name_plural = _("mails that could not be fetched")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "uidvalidity", "uid"], name="a_message_is_missed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id}: UID {self.uid}"


class MailboxDoor(models.Model):
    """Where a mail provider delivers a mailbox's mail by HTTP: an address with a secret, and what came of it."""

    class Provider(models.TextChoices):
        MAILERSEND = "mailersend", "MailerSend"
        MAILGUN = "mailgun", "Mailgun"
        MAILJET = "mailjet", "Mailjet"
        MANDRILL = "mandrill", "Mandrill (Mailchimp)"
        POSTAL = "postal", "Postal"
        POSTMARK = "postmark", "Postmark"
        SENDGRID = "sendgrid", "SendGrid"
        SPARKPOST = "sparkpost", "SparkPost"

    mailbox = models.OneToOneField(Mailbox, models.CASCADE, related_name="door", verbose_name=_("mailbox"))
    provider = models.CharField(_("provider"), max_length=12, choices=Provider)
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the secret in the address; the secret itself is shown once."""
    signing_key = models.TextField(_("signing key"), blank=True)
    # Sealed, as the secrets of connections are.
    created_at = models.DateTimeField(_("created"))
    last_ok_at = models.DateTimeField(_("last message"), null=True)
    error = models.TextField(_("error"), blank=True)
    error_at = models.DateTimeField(_("last refused"), null=True)

    class Meta:
        verbose_name = _("door for a provider")
        verbose_name_plural = _("doors for providers")

    def __str__(self) -> str:
        return f"{self.get_provider_display()} > {self.mailbox}"
