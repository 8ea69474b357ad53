from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Tier
from escalation.models.handoffs import Handoff
from tickets.models import Category, Ticket


class Checklist(models.Model):
    """What a tier needs to know before it is handed a ticket of a category (and all below it; none: of any)."""

    tier = models.ForeignKey(
        Tier, models.PROTECT, related_name="checklists", verbose_name=_("receiving tier")
    )
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="checklists", verbose_name=_("category")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["tier", "category"]
        verbose_name = _("checklist")
        verbose_name_plural = _("checklists")
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "category"],
                condition=Q(is_active=True),
                nulls_distinct=False,
                name="one_checklist_a_tier_and_category",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier} {self.category or ''}".strip()


class ChecklistItem(models.Model):
    """One question. It is retired, never deleted: hand-offs that answered it keep it."""

    checklist = models.ForeignKey(Checklist, models.PROTECT, related_name="items")
    text = models.CharField(_("what"), max_length=200)
    is_required = models.BooleanField(_("required"), default=False)
    position = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("item of a checklist")
        verbose_name_plural = _("items of checklists")

    def __str__(self) -> str:
        return self.text


class AskedChecklist(models.Model):
    """A checklist that a rule has put on a ticket: its next hand-over up asks it beside the tier's own."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="asked_checklists", db_index=False)
    checklist = models.ForeignKey(Checklist, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    handoff = models.ForeignKey(Handoff, models.PROTECT, null=True, related_name="+", db_index=False)
    """The hand-off that has answered it; none while it waits for one."""

    class Meta:
        verbose_name = _("checklist of a ticket")
        verbose_name_plural = _("checklists of tickets")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "checklist"],
                condition=Q(handoff__isnull=True),
                name="asked_once_of_the_next_handoff",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.checklist}"


class HandoffItem(models.Model):
    """An item as it stood when a ticket was handed over. Missing ones of a P1 stay open with the sender."""

    handoff = models.ForeignKey(Handoff, models.PROTECT, related_name="items")
    item = models.ForeignKey(ChecklistItem, models.PROTECT, related_name="+")
    was_required = models.BooleanField()
    is_done = models.BooleanField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("answered item")
        verbose_name_plural = _("answered items")
        constraints = [
            models.UniqueConstraint(fields=["handoff", "item"], name="an_item_once_a_handoff"),
        ]

    def __str__(self) -> str:
        return f"{self.handoff_id} {self.item}"
