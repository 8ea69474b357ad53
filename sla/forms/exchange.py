"""What stands beside the editor of policies: their import as YAML, and their test on a ticket."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.exchange import Draft, read
from sla.yaml_lines import LONGEST_TEXT
from tickets.refusals import Invalid


class ImportForm(forms.Form):
    """A policy as YAML, pasted or as a file. `draft` is what it says."""

    text = forms.CharField(
        label=gettext_lazy("Policy as YAML"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 18, "class": "mono", "spellcheck": "false"}),
    )
    file = forms.FileField(label=gettext_lazy("Or a file"), required=False)
    note = forms.CharField(label=gettext_lazy("Why this changes"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft: Draft | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        text, file = cleaned.get("text", ""), cleaned.get("file")
        if file is not None:
            text = self._text_of(file)
        if self.errors:
            return cleaned
        if not text.strip():
            self.add_error("text", _("Paste the text of a policy, or choose a file."))
            return cleaned
        try:
            self.draft = read(text)
        except Invalid as refusal:
            self.add_error("text", str(refusal))
        return cleaned

    def _text_of(self, file: Any) -> str:
        if file.size > 4 * LONGEST_TEXT:
            self.add_error("file", _("The file is too long for a policy."))
            return ""
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            self.add_error("file", _("The file is no text in UTF-8."))
            return ""


class TestForm(forms.Form):
    """Which ticket to try the policies on."""

    __test__ = False

    ticket = forms.CharField(
        label=gettext_lazy("Ticket"),
        max_length=20,
        widget=forms.TextInput({"placeholder": "TD-1042", "autocomplete": "off"}),
    )
