"""The page of statuses: what each is called, and its colour, all of which are checked for contrast."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_http_methods

from accounts.fields import COLOURS
from accounts.models import Desk
from accounts.views.answers import form_page
from accounts.views.guards import AuthenticatedRequest, for_administrators
from tickets.models import Status
from tickets.naming import COLOUR, NAMES, PORTAL
from tickets.settings.statuses import change_statuses

LONGEST = 40
MEANINGS = {
    Status.NEW: gettext_lazy("Nobody has begun. The clock of the first response runs."),
    Status.OPEN: gettext_lazy("It is worked on. All clocks run."),
    Status.PENDING_REQUESTER: gettext_lazy("We have asked the requester. The clock of the solution rests."),
    Status.PENDING_VENDOR: gettext_lazy("A vendor has it. What rests stands in the policy."),
    Status.ON_HOLD: gettext_lazy("Set aside until a day or a reason. What rests stands in the policy."),
    Status.RESOLVED: gettext_lazy("Solved; the requester may say that it is not."),
    Status.CLOSED: gettext_lazy("Done for good. A reply opens a new request."),
    Status.CANCELLED: gettext_lazy("Ended without a solution: withdrawn, merged, no request."),
}


class StatusesForm(forms.Form):
    """`colour_<code>`, `names_<code>_<language>` and `portal_<code>_<language>`; empty is as shipped."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for status in Status:
            self.fields[f"colour_{status}"] = forms.ChoiceField(
                label=_("Colour of %(status)s") % {"status": status.label}, choices=COLOURS, required=False
            )
            for language, label in settings.LANGUAGES:
                names = {"status": status.label, "language": label}
                for of, words in (
                    (NAMES, _("%(status)s at the desk, %(language)s")),
                    (PORTAL, _("%(status)s for requesters, %(language)s")),
                ):
                    self.fields[f"{of}_{status}_{language}"] = forms.CharField(
                        label=words % names,
                        max_length=LONGEST,
                        required=False,
                        widget=forms.TextInput(attrs={"placeholder": _shipped(status, of, language)}),
                    )

    def clean(self) -> dict[str, Any]:
        """Two statuses of one name could not be told apart."""
        cleaned = super().clean() or {}
        for language, _label in settings.LANGUAGES:
            seen: dict[str, str] = {}
            for status in Status:
                name = f"{NAMES}_{status}_{language}"
                word = (cleaned.get(name) or str(status.label)).casefold()
                if word in seen:
                    self.add_error(name, _("Another status is called so: %(other)s.") % {"other": seen[word]})
                seen[word] = str(status.label)
        return cleaned

    @property
    def statuses(self) -> dict[str, Any]:
        """As the desk keeps them: only what differs from what ships."""
        found: dict[str, Any] = {}
        for status in Status:
            row: dict[str, Any] = {}
            if colour := self.cleaned_data.get(f"colour_{status}"):
                row[COLOUR] = colour
            for of in (NAMES, PORTAL):
                words = {
                    language: " ".join(self.cleaned_data[f"{of}_{status}_{language}"].split())
                    for language, _label in settings.LANGUAGES
                }
                if given := {language: word for language, word in words.items() if word}:
                    row[of] = given
            if row:
                found[str(status)] = row
        return found

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What the page draws for each status."""
        return [
            {
                "code": str(status),
                "shipped": status.label,
                "meaning": MEANINGS[status],
                "colour": self[f"colour_{status}"],
                "names": [
                    (label, self[f"{NAMES}_{status}_{language}"], self[f"{PORTAL}_{status}_{language}"])
                    for language, label in settings.LANGUAGES
                ],
            }
            for status in Status
        ]


def _shipped(status: Status, of: str, language: str) -> str:
    """What stands where nothing is written. Requesters read sentences, which are no name to show here."""
    if of == PORTAL:
        return _("as shipped")
    with override(language):
        return str(status.label)


def answers_of(statuses: dict[str, Any]) -> dict[str, str]:
    """What is kept, as the form is filled with it."""
    found = {}
    for code, row in statuses.items():
        found[f"colour_{code}"] = row.get(COLOUR, "")
        for of in (NAMES, PORTAL):
            found |= {f"{of}_{code}_{language}": word for language, word in row.get(of, {}).items()}
    return found


@require_http_methods(["GET", "POST"])
@for_administrators
def statuses(request: AuthenticatedRequest) -> HttpResponse:
    form = StatusesForm(request.POST or None, initial=answers_of(Desk.load().statuses))
    if form.is_valid():
        change_statuses(form.statuses, by=request.user, at=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("settings-statuses")
    return form_page(request, "settings/statuses.html", form)
