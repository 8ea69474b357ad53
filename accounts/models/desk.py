from django.db import models
from django.utils.translation import gettext_lazy as _


class Signup(models.TextChoices):
    OFF = "off", _("nobody can sign up")
    DOMAIN = "domain", _("people of a known mail domain")
    OPEN = "open", _("anybody")


class Desk(models.Model):
    """The company's own settings: exactly one row, made by `ensure_defaults`."""

    name = models.CharField(_("company"), max_length=120, default="Tierdesk")
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    hours_text = models.CharField(_("hours"), max_length=120, blank=True)
    signup = models.CharField(_("sign-up"), max_length=8, choices=Signup, default=Signup.OFF)
    signed_links = models.BooleanField(
        _("links without a password"),
        default=True,
        help_text=_("A link in the mail opens the ticket for its requester, without a login."),
    )
    days_until_closed = models.PositiveSmallIntegerField(
        _("days until a resolved ticket closes"),
        default=5,
        help_text=_("A resolved ticket closes by itself after so many days. 0: never."),
    )
    statuses = models.JSONField(
        _("names and colours of statuses"), default=dict, db_default={}, editable=False
    )
    """By code of a status: `colour`, and by language `names` (the desk's) and `portal` (what requesters read)."""
    is_installable = models.BooleanField(
        _("can be installed on phones"),
        default=True,
        db_default=True,
        help_text=_("The portal can be put on the home screen, and opens without a connection."),
    )
    is_set_up = models.BooleanField(_("set up"), default=False)

    class Meta:
        verbose_name = _("desk")
        verbose_name_plural = _("desk")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="there_is_one_desk")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def load(cls) -> "Desk":
        return cls.objects.get_or_create(pk=1)[0]
