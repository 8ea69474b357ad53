from collections.abc import Mapping
from typing import Any

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
    icon = models.CharField(_("icon"), max_length=20, blank=True, default="", db_default="")
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("merged into"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_common = models.BooleanField(_("offered first in the portal"), default=False)
    for_requesters = models.BooleanField(_("shown in the portal"), default=True)
    is_active = models.BooleanField(_("in use"), default=True)
    writes = models.JSONField(
        _("tiers that write to requesters"), editable=False, default=dict, db_default={}
    )
    """Its own switches: by level of a tier (as text) whether that tier writes to requesters itself here."""
    writes_in_force = models.JSONField(editable=False, default=dict, db_default={})
    """Its own switches and those of the nearest category above that has one; kept as `ancestry` is."""

    questions = models.JSONField(_("questions of the portal"), editable=False, default=list, db_default=[])
    """What the portal asks here, in order: `ask` (`field:<key>`), and where they differ from the field `label`, `help`,
    `required` (bool) and `is_asked`. Empty: as the nearest category above says, in the end as the fields do."""
    questions_in_force = models.JSONField(editable=False, default=list, db_default=[])
    """Its own questions, or those of the nearest category above that has some; kept as `ancestry` is."""

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


def tier_writes(level: int, category: Category | None, *, policy: bool) -> bool:
    """Whether a tier writes to requesters itself: by the switch of the category, else by the tier's own policy."""
    switches: Mapping[str, bool] = category.writes_in_force if category else {}
    return switches.get(str(level), policy)


def rebuild_category_tree() -> int:
    """Write what follows from the tree of every category anew; answers how many changed."""
    rows = {row.pk: row for row in Category.objects.all()}
    changed = []
    for row in rows.values():
        chain, node = [row], row
        while node.parent_id is not None and rows[node.parent_id] not in chain:
            node = rows[node.parent_id]
            chain.insert(0, node)
        ancestry, full_name = [node.pk for node in chain], " › ".join(node.name for node in chain)
        switches = {level: writes for node in chain for level, writes in node.writes.items()}
        questions: list[Any] = next((node.questions for node in reversed(chain) if node.questions), [])
        found = (ancestry, full_name, switches, questions)
        if (row.ancestry, row.full_name, row.writes_in_force, row.questions_in_force) != found:
            row.ancestry, row.full_name, row.writes_in_force, row.questions_in_force = found
            changed.append(row)
    written = ["ancestry", "full_name", "writes_in_force", "questions_in_force"]
    Category.objects.bulk_update(changed, written, batch_size=500)
    return len(changed)
