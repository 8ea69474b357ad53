from django import forms

from knowledgebase.models import SuggestionSettings


class ControlForm(forms.Form):
    """How many of a hundred forms show no articles; the field is named as `set_control` names it."""

    percent = forms.IntegerField(
        label=SuggestionSettings._meta.get_field("control_percent").verbose_name,
        help_text=SuggestionSettings._meta.get_field("control_percent").help_text,
        min_value=0,
        max_value=SuggestionSettings.MOST_WITHOUT,
    )
