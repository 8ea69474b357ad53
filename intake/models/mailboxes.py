from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Team
from tickets.models import Category


class Policy(models.TextChoices):
    """What becomes of a mail whose sender the desk does not know. A domain is known from its organisation's
    page or from the mailbox."""

    DOMAIN_HOLD = "domain_hold", _("Add people of known mail domains; hold the others for approval")
    DOMAIN_REFUSE = "domain_refuse", _("Add people of known mail domains; refuse the others politely")
    HOLD = "hold", _("Hold everybody for approval")
    REFUSE = "refuse", _("Refuse everybody politely")
    ANYONE = "anyone", _("Add everybody who writes")


class Mailbox(models.Model):
    """An address that the desk reads: where its mail is filed, and what becomes of strangers."""

    name = models.SlugField(_("name"), max_length=40, unique=True)
    address = models.EmailField(_("address"), max_length=254)
    aliases = ArrayField(
        models.EmailField(max_length=254), verbose_name=_("further addresses"), default=list, blank=True
    )
    is_enabled = models.BooleanField(_("in use"), default=True)
    is_default = models.BooleanField(_("speaks for teams without a mailbox"), default=False)
    takes_plus = models.BooleanField(_("takes mail to name+anything"), default=True)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="mailboxes", verbose_name=_("team")
    )
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("organisation of new people"),
    )
    policy = models.CharField(_("unknown senders"), max_length=14, choices=Policy, default=Policy.DOMAIN_HOLD)
    domains = ArrayField(
        models.CharField(max_length=253), verbose_name=_("known mail domains"), default=list, blank=True
    )
    adds_copied = models.BooleanField(
        _("adds unknown people in copy, where their domain is known"), default=False
    )
    accepts_automatic = models.BooleanField(_("opens tickets for automatic messages"), default=False)
    sender_name = models.CharField(_("sender's name"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        ordering = ["name"]
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        constraints = [
            models.UniqueConstraint(Lower("address"), name="one_mailbox_an_address"),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_mailbox"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def addresses(self) -> list[str]:
        return [self.address.lower(), *(alias.lower() for alias in self.aliases)]


class KnownSender(models.Model):
    """An address that somebody of the desk has judged: its mail is let in, or is not."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")

    address = models.CharField(_("address"), max_length=254)
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict)
    at = models.DateTimeField(_("judged"))
    by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        ordering = ["address"]
        verbose_name = _("judged sender")
        verbose_name_plural = _("judged senders")
        constraints = [models.UniqueConstraint(Lower("address"), name="a_sender_is_judged_once")]

    def __str__(self) -> str:
        return f"{self.address}: {self.verdict}"
