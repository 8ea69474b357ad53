from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Contract, VendorContact


def _day() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class ContractForm(forms.ModelForm[Contract]):
    """A contract as an administrator types it. Saved by the operations, which record the change."""

    class Meta:
        model = Contract
        fields = ["number", "covers", "hours", "starts_on", "ends_on", "warn_days", "chase_hours"]
        help_texts = {
            "covers": _("In a line, for those who hand tickets over: which lines, devices, products."),
            "hours": _("In a line, for people: Mon to Fri, 8:00 to 18:00."),
            "ends_on": _("Its last day. Empty: until somebody ends it."),
        }
        widgets = {"starts_on": _day(), "ends_on": _day()}

    def validate_unique(self) -> None:
        """The operation sees to it: it knows the vendor."""

    def validate_constraints(self) -> None:
        """As above."""

    def clean(self) -> dict[str, Any] | None:
        found = super().clean()
        starts, ends = self.cleaned_data.get("starts_on"), self.cleaned_data.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("It ends before it begins. Give a later day."))
        return found


class ContactForm(forms.ModelForm[VendorContact]):
    class Meta:
        model = VendorContact
        fields = ["name", "role", "email", "phone"]
        help_texts = {
            "role": _("Escalations, order desk, account manager."),
            "email": _("Gets by mail what is handed to the vendor, without a login."),
        }

    def clean(self) -> dict[str, Any] | None:
        found = super().clean()
        if not self.cleaned_data.get("email") and not self.cleaned_data.get("phone") and not self.errors:
            self.add_error("email", _("Give a mail address or a phone number."))
        return found
