from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Branding


class BrandingForm(forms.Form):
    """How it looks to an organisation. `operations.change_branding` checks the colour, the host name and the logo."""

    name = forms.CharField(
        label=_("Name of the help desk"),
        max_length=60,
        required=False,
        help_text=_(
            "Shown on top of the portal, on the login page and in mails. Empty: the organisation's name."
        ),
    )
    colour = forms.CharField(
        label=_("Colour"),
        max_length=7,
        required=False,
        help_text=_(
            "Of buttons and links, such as #0b5fc6. Empty: the usual blue. Its kind for dark looks is worked out."
        ),
        widget=forms.TextInput({"placeholder": "#0b5fc6", "data-colour": True, "autocomplete": "off"}),
    )
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG, JPEG, WebP or GIF, at most 2 MB. It is kept as a PNG of at most 480 × 120 pixels."),
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp,image/gif", "data-logo": True}),
    )
    drops_logo = forms.BooleanField(label=_("Without a logo"), required=False)
    host = forms.CharField(
        label=_("Host name"),
        max_length=253,
        required=False,
        help_text=_(
            "Under which the login page looks like this, such as help.example.com. The server must answer to it."
        ),
        widget=forms.TextInput({"placeholder": "help.example.com", "autocomplete": "off"}),
    )

    @classmethod
    def of(cls, row: Branding | None, data: Any = None, files: Any = None) -> "BrandingForm":
        names = ("name", "colour", "host")
        form = cls(data, files, initial={name: getattr(row, name) for name in names} if row else None)
        if row is None or not row.logo:
            del form.fields["drops_logo"]
        return form

    def arguments(self) -> dict[str, Any]:
        """For `operations.change_branding`."""
        said = {name: self.cleaned_data[name] for name in ("name", "colour", "host", "logo")}
        return {**said, "drops_logo": self.cleaned_data.get("drops_logo", False)}
