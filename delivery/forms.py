from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from delivery import subscribing

BIGGEST_ID = 2**63 - 1


class IdsField(forms.Field):
    """The ticked rows of a list: numbers, each within a database id."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: object) -> list[int]:
        texts = value if isinstance(value, (list, tuple)) else []
        try:
            ids = [int(text) for text in texts]
        except ValueError:
            raise ValidationError(_("These are not deliveries.")) from None
        if any(not 0 < number <= BIGGEST_ID for number in ids):
            raise ValidationError(_("These are not deliveries."))
        return ids


class ReplayForm(forms.Form):
    delivery = IdsField()


def _kinds_to_choose() -> list[tuple[str, Any]]:
    groups = [
        (group, _("all of %(group)s") % {"group": group.removesuffix(".*")}) for group in subscribing.groups()
    ]
    return [
        (subscribing.ALL, _("everything")),
        *groups,
        *((kind, kind) for kind in subscribing.known_kinds()),
    ]


class WebhookForm(forms.Form):
    """A name and an address, and what it is told of. The operation looks whether all of that can be."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Rules and scripts choose it by this.")
    )
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("Begins with https:// and lies in the internet."),
        widget=forms.URLInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Events"),
        choices=_kinds_to_choose,
        required=False,
        help_text=_("It is told of these, from now on. None: only rules and scripts call it."),
        widget=forms.SelectMultiple({"data-pick": True}),
    )
    filter = forms.CharField(
        label=_("Only of tickets that match"),
        max_length=8000,
        required=False,
        help_text=_(
            "The address of a list with the filters that you want, or a filter as JSON. Empty: every ticket."
        ),
        widget=forms.Textarea({"rows": 2, "spellcheck": "false", "class": "mono"}),
    )
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=User.objects.none(),
        required=False,
        help_text=_(
            "It is told only of what its owner may see: an administrator, or the account of a program."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = (
            User.objects.active().filter(Q(is_administrator=True) | Q(is_service=True)).order_by("name", "pk")
        )
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]


class SinceForm(forms.Form):
    """All that was given up since a time, in the reader's zone."""

    since = forms.DateTimeField(
        label=_("Since"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
