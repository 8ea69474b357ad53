from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from accounts.csv_people import Unreadable, decode

LARGEST = 2 * 1024 * 1024


class PeopleUploadForm(forms.Form):
    """A CSV file. It is decoded here, so that a wrong encoding is told at the field."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("At most 2 MB and 5,000 rows. Larger ones: manage.py import_people FILE."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv"}),
        error_messages={
            "empty": _("The file is empty. It needs a line with the columns and a line for each person.")
        },
    )
    adds_organisations = forms.BooleanField(
        label=_("Add organisations that are not here yet"),
        required=False,
        help_text=_("Otherwise a row that names an unknown organisation is skipped."),
    )

    def clean_file(self) -> str:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            raise forms.ValidationError(
                _("The file has %(size)s, more than 2 MB. Split it, or use manage.py import_people FILE."),
                params={"size": filesizeformat(file.size or 0)},
                code="too_large",
            )
        try:
            return decode(file.read())
        except Unreadable as trouble:
            raise forms.ValidationError(str(trouble), code="unreadable") from trouble


class ConfirmUploadForm(forms.Form):
    """The same text again, after its preview was seen: nothing about people is kept in between."""

    text = forms.CharField(strip=False, max_length=2 * LARGEST, widget=forms.HiddenInput)
    adds_organisations = forms.BooleanField(required=False, widget=forms.HiddenInput)
    invite = forms.BooleanField(
        label=_("Send an invitation to everybody who is added"),
        required=False,
        help_text=_("A mail with a link to choose a password. You can invite people later, too."),
    )
