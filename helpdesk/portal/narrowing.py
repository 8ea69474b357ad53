"""The requests of an organisation, narrowed by whoever answers for it: by person, state, category and day."""

import hashlib
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import User
from tickets.models import Category, Status

STANDINGS = {
    "yours": (gettext_lazy("waits for the requester"), [Status.PENDING_REQUESTER]),
    "new": (gettext_lazy("received"), [Status.NEW]),
    "work": (gettext_lazy("in work"), [Status.OPEN]),
    "others": (gettext_lazy("waits for others"), [Status.PENDING_VENDOR, Status.ON_HOLD]),
    "solved": (gettext_lazy("solved"), [Status.RESOLVED]),
}


class NarrowForm(forms.Form):
    """What the list is narrowed to; nonsense in an address narrows nothing."""

    who = forms.CharField(
        label=gettext_lazy("Who asked"),
        max_length=100,
        required=False,
        widget=forms.TextInput({"placeholder": gettext_lazy("Name of a colleague"), "autocomplete": "off"}),
    )
    standing = forms.ChoiceField(label=gettext_lazy("How it stands"), required=False)
    category = forms.ModelChoiceField(
        Category.objects.none(),
        label=gettext_lazy("About"),
        required=False,
        empty_label=gettext_lazy("everything"),
    )
    since = forms.DateField(
        label=gettext_lazy("Received from"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=gettext_lazy("until"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data: Any, *, is_open: bool) -> None:
        super().__init__(data, auto_id="narrow_%s")
        choices = [(name, words) for name, (words, _statuses) in STANDINGS.items()] if is_open else []
        self.fields["standing"].choices = [("", gettext_lazy("anyhow")), *choices]  # type: ignore[attr-defined]
        if not is_open:
            del self.fields["standing"]
        categories = Category.objects.active().filter(for_requesters=True).order_by("full_name")
        self.fields["category"].queryset = categories  # type: ignore[attr-defined]
        self.fields["category"].label_from_instance = lambda row: row.full_name  # type: ignore[attr-defined]

    def condition(self) -> Q:
        self.is_valid()
        said, found = self.cleaned_data, Q()
        if said.get("who"):
            people = User.objects.find(said["who"].replace("\x00", ""))
            found &= Q(requester__in=people.values("pk"))
        if said.get("standing"):
            found &= Q(status__in=STANDINGS[said["standing"]][1])
        if said.get("category"):
            found &= Q(category__ancestry__contains=[said["category"].pk])
        if said.get("since"):
            found &= Q(created_at__gte=_moment(said["since"], time.min))
        if said.get("until"):
            # Not before the next midnight: the last day that a calendar knows has no next one.
            found &= Q(created_at__lte=_moment(said["until"], time.max))
        return found

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in self.fields)

    @property
    def scope(self) -> str:
        """Tells the pages of one narrowed list from those of another."""
        said = "|".join(f"{name}={self.cleaned_data.get(name)}" for name in sorted(self.fields))
        return hashlib.sha256(said.encode()).hexdigest()[:12]


def _moment(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))
