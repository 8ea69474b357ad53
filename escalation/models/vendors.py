from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from tickets.models import Category


class VendorFor(models.Model):
    """Which vendor's team takes what: a category (and all below it) or a product by name."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="vendor_for", verbose_name=_("vendor's team"))
    category = models.ForeignKey(
        Category, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    product = models.CharField(_("product"), max_length=120, blank=True)

    class Meta:
        ordering = ["team", "product"]
        verbose_name = _("what a vendor takes")
        verbose_name_plural = _("what vendors take")
        constraints = [
            models.UniqueConstraint(
                fields=["team", "category", "product"], nulls_distinct=False, name="a_vendor_takes_it_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.category or self.product}"
