from datetime import date, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.organisations import Organisation


class ContractQuerySet(models.QuerySet["Contract"]):
    def in_force(self, day: date) -> "ContractQuerySet":
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)


class Contract(models.Model):
    """An underpinning contract with a vendor: what it covers, when, and when it ends. Targets are policies' (sla)."""

    vendor = models.ForeignKey(
        Organisation, models.PROTECT, related_name="contracts", verbose_name=_("vendor")
    )
    number = models.CharField(_("number"), max_length=60)
    covers = models.CharField(_("covers"), max_length=400)
    hours = models.CharField(_("hours"), max_length=120, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    warn_days = models.PositiveSmallIntegerField(_("warn so many days before its end"), default=60)
    chase_hours = models.PositiveSmallIntegerField(
        _("working hours until it is chased"),
        default=8,
        db_default=8,
        validators=[MinValueValidator(1), MaxValueValidator(400)],
        help_text=_("So long without an answer, and whoever is responsible here is reminded; then again."),
    )
    ending_told = models.DateField(null=True, editable=False)
    """The end that was warned of before it came: each is told once."""
    ended_told = models.DateField(null=True, editable=False)
    """The end that was told when it had passed."""

    objects = ContractQuerySet.as_manager()

    class Meta:
        ordering = ["vendor", "ends_on"]
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints = [
            models.UniqueConstraint(fields=["vendor", "number"], name="a_contract_number_once_a_vendor"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="a_contract_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vendor} {self.number}"

    def state(self, day: date) -> str:
        """How it stands, in one word for pages: coming, runs, ends, ended."""
        if self.has_ended(day):
            return "ended"
        if self.starts_on > day:
            return "coming"
        return "ends" if self.is_ending(day) else "runs"

    def has_ended(self, day: date) -> bool:
        return self.ends_on is not None and self.ends_on < day

    def is_ending(self, day: date) -> bool:
        """Whether it is time to think of the next one: within its warn days, and not over yet."""
        if self.ends_on is None or self.has_ended(day):
            return False
        return self.ends_on <= day + timedelta(days=self.warn_days)


class VendorContact(models.Model):
    """Whom to call at a vendor. They need no login; guests are people with a seat in the vendor's team."""

    vendor = models.ForeignKey(
        Organisation, models.CASCADE, related_name="contacts", verbose_name=_("vendor")
    )
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    role = models.CharField(_("for what"), max_length=120, blank=True)

    class Meta:
        ordering = ["vendor", "name"]
        verbose_name = _("contact of a vendor")
        verbose_name_plural = _("contacts of vendors")

    def __str__(self) -> str:
        return f"{self.name} ({self.vendor})"
