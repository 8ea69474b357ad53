"""The two small forms below an article."""

from django import forms
from django.utils.translation import gettext_lazy as _

from knowledgebase.models import VoteReason


class VoteForm(forms.Form):
    is_helpful = forms.TypedChoiceField(
        choices=[("yes", _("Yes")), ("no", _("No"))], coerce=lambda value: value == "yes"
    )
    reason = forms.ChoiceField(
        label=_("What was wrong?"),
        choices=[("", _("no reason")), *VoteReason.choices],
        required=False,
    )
    text = forms.CharField(
        label=_("In your words"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Read by those who write the article. No passwords, no names, please."),
    )


class CommentForm(forms.Form):
    text = forms.CharField(
        label=_("Your words to the owner"), max_length=2000, widget=forms.Textarea({"rows": 3})
    )
