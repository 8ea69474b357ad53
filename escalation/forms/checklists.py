"""A checklist as it is kept: for which tier and category, and its items as rows."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Tier, User
from escalation.models import Checklist
from escalation.operations.checklists import MOST_ITEMS, Wanted
from escalation.queries.checklists import led_tiers
from tickets.models import Category


class ChecklistForm(forms.Form):
    """For what a list holds. Chosen when it is made; a list that asks elsewhere is another list."""

    tier = forms.ModelChoiceField(
        label=_("Receiving tier"),
        queryset=Tier.objects.none(),
        help_text=_("It is asked whenever a ticket is handed up to this tier."),
    )
    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.active().order_by("full_name"),
        required=False,
        empty_label=_("any that has no list of its own"),
        widget=forms.Select({"data-pick": True}),
        help_text=_("It holds for all categories below, too, until one of them has a list."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tiers = Tier.objects.enabled()
        if not user.is_administrator:
            tiers = tiers.filter(level__in=led_tiers(user))
        self.fields["tier"].queryset = tiers.order_by("level")  # type: ignore[attr-defined]


class ItemForm(forms.Form):
    """One row. An empty one is none; its place is the order of the numbers."""

    key = forms.IntegerField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(label=_("What must be done or known"), max_length=200, required=False)
    is_required = forms.BooleanField(label=_("required"), required=False)
    place = forms.IntegerField(
        label=_("Place"), required=False, min_value=1, max_value=999, widget=forms.NumberInput({"size": 3})
    )


ItemRows = forms.formset_factory(ItemForm, extra=3, absolute_max=MOST_ITEMS + 10, max_num=MOST_ITEMS + 10)


def rows_for(checklist: Checklist | None, data: Any = None) -> Any:
    """The rows of a list, and three empty ones; a field emptied takes its item away."""
    items = getattr(checklist, "in_use", []) if checklist else []
    initial = [
        {"key": item.pk, "text": item.text, "is_required": item.is_required, "place": number}
        for number, item in enumerate(items, start=1)
    ]
    return ItemRows(data, prefix="item", initial=initial)


def wanted(rows: Any) -> list[Wanted]:
    """The rows that say something, in their order; rows without a number come last, as they stand."""
    filled = [row for row in rows.cleaned_data if row.get("text")]
    filled.sort(key=lambda row: row.get("place") or 1_000)
    return [Wanted(row["text"], row["is_required"], row.get("key")) for row in filled]
