from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Skill, Team


class CategoryQuerySet(models.QuerySet["Category"]):
    def active(self) -> "CategoryQuerySet":
        return self.filter(is_active=True)

    def under(self, ids: list[int]) -> "CategoryQuerySet":
        """The named categories and all below them."""
        return self.filter(ancestry__overlap=ids)


class Category(models.Model):
    """A node of the category tree. `ancestry` holds the ids from the root to itself, kept on save of settings."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    name = models.CharField(_("name"), max_length=80)
    full_name = models.CharField(_("full name"), max_length=330, editable=False, default="")
    ancestry = ArrayField(models.BigIntegerField(), editable=False, default=list)
    hint = models.CharField(_("hint for requesters"), max_length=200, blank=True)
    team = models.ForeignKey(
        Team,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("team that gets it first"),
    )
    skill = models.ForeignKey(
        Skill, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("skill it needs")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_common = models.BooleanField(_("offered first in the portal"), default=False)
    for_requesters = models.BooleanField(_("shown in the portal"), default=True)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        ordering = ["full_name"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], name="names_are_unique_below_a_parent", nulls_distinct=False
            ),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="no_category_is_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.name


def rebuild_category_tree() -> int:
    """Write `ancestry` and `full_name` of every category anew; answers how many changed."""
    rows = {row.pk: row for row in Category.objects.all()}
    changed = []
    for row in rows.values():
        chain, node = [row], row
        while node.parent_id is not None and rows[node.parent_id] not in chain:
            node = rows[node.parent_id]
            chain.insert(0, node)
        ancestry, full_name = [node.pk for node in chain], " › ".join(node.name for node in chain)
        if (row.ancestry, row.full_name) != (ancestry, full_name):
            row.ancestry, row.full_name = ancestry, full_name
            changed.append(row)
    Category.objects.bulk_update(changed, ["ancestry", "full_name"], batch_size=500)
    return len(changed)
