"""Macros: a canned reply and acts, carried out together by whoever presses one key."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models import Ready


class Macro(Ready):
    """Acts in their order, offered where a filter holds. They are carried out by a person, all or none."""

    KEYS = range(1, 10)

    acts = models.JSONField(_("acts"), default=list)
    """Pairs of a type (`escalation/macros/acts.py`) and its arguments."""
    filter = models.JSONField(_("offered where"), default=dict, blank=True)
    """A tree of the filter vocabulary; empty: everywhere."""
    slot = models.PositiveSmallIntegerField(_("key"), null=True, blank=True)
    """1 to 9. Where two have the same, one's own goes before the team's, and that before everybody's."""
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta(Ready.Meta):
        verbose_name = _("macro")
        verbose_name_plural = _("macros")
        constraints = [
            models.CheckConstraint(condition=Q(slot=None) | Q(slot__range=(1, 9)), name="a_macro_has_a_digit")
        ]
