from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.models import Category


class SectionQuerySet(models.QuerySet["Section"]):
    def under(self, ids: list[int]) -> "SectionQuerySet":
        """The named sections and all below them."""
        return self.filter(ancestry__overlap=ids)


class Section(models.Model):
    """A shelf of articles, in a tree. `ancestry` holds the ids from the root to itself, `path` the slugs.

    Both are kept by `rebuild_section_tree` whenever a section is made, renamed or moved.
    """

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("short name in addresses"), max_length=80)
    hint = models.CharField(_("what it holds"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    full_name = models.CharField(_("full name"), max_length=500, editable=False, default="")
    path = models.CharField(_("path"), max_length=500, editable=False, default="")
    ancestry = ArrayField(models.BigIntegerField(), editable=False, default=list)
    ticket_categories = models.ManyToManyField(
        Category, blank=True, related_name="knowledge_sections", verbose_name=_("categories of requests")
    )
    reviewers = models.ManyToManyField(
        User, blank=True, related_name="reviewed_sections", verbose_name=_("reviewers")
    )
    is_review_required = models.BooleanField(
        _("review required"),
        default=False,
        help_text=_("Nothing is published here before somebody else than its authors has approved it."),
    )

    objects = SectionQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name", "id"]
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "slug"], name="one_section_a_slug_below_a_parent", nulls_distinct=False
            ),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="no_section_is_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.name


def rebuild_section_tree() -> int:
    """Write what follows from the tree of every section anew; answers how many changed."""
    rows = {row.pk: row for row in Section.objects.all()}
    changed = []
    for row in rows.values():
        chain, node = [row], row
        while node.parent_id is not None and rows[node.parent_id] not in chain:
            node = rows[node.parent_id]
            chain.insert(0, node)
        found = (
            [each.pk for each in chain],
            " › ".join(each.name for each in chain),
            "/".join(each.slug for each in chain),
        )
        if (row.ancestry, row.full_name, row.path) != found:
            row.ancestry, row.full_name, row.path = found
            changed.append(row)
    Section.objects.bulk_update(changed, ["ancestry", "full_name", "path"], batch_size=500)
    return len(changed)
