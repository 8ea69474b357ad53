from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.organisations import Organisation


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
