from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class SupportPlan(models.TextChoices):
    REACTIVE = "reactive", _("reactive")
    PROACTIVE = "proactive", _("proactive")
    STRATEGIC = "strategic", _("strategic")


class Organisation(models.Model):
    """A customer, the company itself, or a vendor with a team on L4."""

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("customer")
        INTERNAL = "internal", _("own company")
        VENDOR = "vendor", _("vendor")

    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CUSTOMER)
    support_plan = models.CharField(
        _("support plan"), max_length=10, choices=SupportPlan, default=SupportPlan.REACTIVE
    )
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    def __str__(self) -> str:
        return self.name


class OrganisationDomain(models.Model):
    """A mail domain whose senders belong to the organisation."""

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="domains", verbose_name=_("organisation")
    )
    domain = models.CharField(_("mail domain"), max_length=253)

    class Meta:
        ordering = ["domain"]
        verbose_name = _("mail domain")
        verbose_name_plural = _("mail domains")
        constraints = [models.UniqueConstraint(Lower("domain"), name="a_domain_belongs_to_one_organisation")]

    def __str__(self) -> str:
        return self.domain
