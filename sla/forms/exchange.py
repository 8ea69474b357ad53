"""What stands beside the editor of policies: their import as YAML, and their test on a ticket."""

from django import forms
from django.utils.translation import gettext_lazy

from sla.exchange import Draft, read
from sla.forms.yaml_text import YamlForm


class ImportForm(YamlForm):
    """A policy as YAML, pasted or as a file. `draft` is what it says."""

    asks = gettext_lazy("Policy as YAML")
    nothing = gettext_lazy("Paste the text of a policy, or choose a file.")
    too_long = gettext_lazy("The file is too long for a policy.")
    draft: Draft | None = None

    note = forms.CharField(label=gettext_lazy("Why this changes"), max_length=200, required=False)

    def take_in(self, text: str) -> None:
        self.draft = read(text)


class TestForm(forms.Form):
    """Which ticket to try the policies on."""

    __test__ = False

    ticket = forms.CharField(
        label=gettext_lazy("Ticket"),
        max_length=20,
        widget=forms.TextInput({"placeholder": "TD-1042", "autocomplete": "off"}),
    )
