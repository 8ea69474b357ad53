"""The filters above the two lists: cleaned URL parameters, applied to a queryset."""

from operator import itemgetter
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from delivery import handlers
from delivery.models import Delivery, DeliveryQuerySet, Mail


class Filter(forms.Form):
    @property
    def wanted(self) -> dict[str, Any]:
        """What is asked for and makes sense; an unknown value filters nothing."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_narrow(self) -> bool:
        return bool(self.wanted)


def _said() -> list[tuple[str, str]]:
    return [(kind, handlers.words_for(kind)) for kind in handlers.kinds()]


class DeliveryFilter(Filter):
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("any state")), *Delivery.State.choices], required=False
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        # A callable: apps register their kinds after this module is read.
        choices=lambda: [("", _("any kind")), *sorted(_said(), key=itemgetter(1))],
        required=False,
    )

    def apply(self, rows: DeliveryQuerySet) -> DeliveryQuerySet:
        return rows.filter(**self.wanted)


class MailFilter(Filter):
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("any state")), *Mail.State.choices], required=False
    )
    q = forms.CharField(label=_("Address or subject"), max_length=200, required=False)

    def apply(self, rows: QuerySet[Mail]) -> QuerySet[Mail]:
        wanted = self.wanted
        if "state" in wanted:
            rows = rows.filter(state=wanted["state"])
        if "q" in wanted:
            rows = rows.filter(Q(to__icontains=wanted["q"]) | Q(subject__icontains=wanted["q"]))
        return rows
