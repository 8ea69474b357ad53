"""A text in YAML, pasted or as a file: policies and rules are taken in by it."""

from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.yaml_lines import LONGEST_TEXT
from tickets.refusals import Invalid

Words = str | Promise


class YamlForm(forms.Form):
    """What the text says is kept by `take_in`, which refuses (Invalid) what cannot be read."""

    asks: ClassVar[Words]
    """The label of the text."""
    nothing: ClassVar[Words]
    too_long: ClassVar[Words]

    text = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        strip=False,
        widget=forms.Textarea({"rows": 18, "class": "mono", "spellcheck": "false"}),
    )
    file = forms.FileField(label=gettext_lazy("Or a file"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = str(self.asks)

    def take_in(self, text: str) -> None:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        text, file = cleaned.get("text", ""), cleaned.get("file")
        if file is not None:
            text = self._text_of(file)
        if self.errors:
            return cleaned
        if not text.strip():
            self.add_error("text", str(self.nothing))
            return cleaned
        try:
            self.take_in(text)
        except Invalid as refusal:
            self.add_error("text", str(refusal))
        return cleaned

    def _text_of(self, file: Any) -> str:
        if file.size > 4 * LONGEST_TEXT:
            self.add_error("file", str(self.too_long))
            return ""
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            self.add_error("file", _("The file is no text in UTF-8."))
            return ""
