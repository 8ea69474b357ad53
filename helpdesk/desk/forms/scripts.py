"""What a step of a script asks, as a form: one field, or only buttons."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.desk.forms.base import text_area
from helpdesk.desk.forms.fields import UploadsField
from knowledgebase.scripts.patterns import LONGEST_ANSWER
from knowledgebase.scripts.spec import Kind, Step
from knowledgebase.scripts.walking import LONGEST_WORDS


class StepForm(forms.Form):
    """The answer of a step. Whether it is one, the script says (knowledgebase.scripts.walking)."""

    def __init__(self, data: Any = None, *, step: Step, value: str = "", autofocus: bool = False) -> None:
        super().__init__(data, auto_id="step_%s", initial={"value": value})
        label = step.label or _("Answer")
        match step.kind:
            case Kind.TEXT:
                widget: forms.Widget = forms.TextInput() if step.pattern else text_area(3)
                longest = LONGEST_ANSWER if step.pattern else LONGEST_WORDS
                self.fields["value"] = forms.CharField(
                    label=label, required=step.required, max_length=longest, widget=widget
                )
                if step.pattern:
                    self.fields["value"].help_text = _("Expected: %(pattern)s") % {"pattern": step.pattern}
            case Kind.NUMBER:
                widget = forms.TextInput({"inputmode": "decimal", "size": 12})
                self.fields["value"] = forms.CharField(
                    label=label, required=step.required, max_length=30, widget=widget
                )
                self.fields["value"].help_text = _limits(step)
            case Kind.FILE:
                self.fields["attachments"] = UploadsField()
        if autofocus and "value" in self.fields:
            self.fields["value"].widget.attrs["autofocus"] = True


def _limits(step: Step) -> str:
    least, most = (f"{limit:g}" if limit is not None else "" for limit in (step.min, step.max))
    if least and most:
        return str(_("From %(least)s to %(most)s.") % {"least": least, "most": most})
    if least or most:
        return str((_("At least %(n)s.") if least else _("At most %(n)s.")) % {"n": least or most})
    return ""


class GiveUpForm(forms.Form):
    why = forms.CharField(label=_("Why it is given up"), max_length=500)


class SuggestForm(forms.Form):
    text = forms.CharField(
        label=_("What should be different about this step"), max_length=2_000, widget=text_area(3)
    )
