"""What becomes of a candidate, and of a repeat. Field names are the keywords of the operations."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Team, User
from insights.models import Candidate
from insights.operations.candidates import QUIET_DAYS, usual_team
from tickets.models import NUMBER_PREFIX, Kind, Ticket

LONGEST_REASON = 300
LONGEST_KEY = 18


class OpenProblemForm(forms.Form):
    """Begins with what is known of it."""

    subject = forms.CharField(label=_("Subject"), max_length=250)
    description = forms.CharField(
        label=_("What is known"), max_length=20_000, widget=forms.Textarea({"rows": 4, "data-autosize": True})
    )
    team = forms.ModelChoiceField(label=_("Who looks for the cause"), queryset=Team.objects.none())

    def __init__(self, data: Any = None, *, candidate: Candidate, **words: str) -> None:
        team = usual_team()
        super().__init__(data, auto_id="open_%s", initial={**words, "team": team.pk if team else None})
        house = Team.objects.in_use().exclude(organisation__kind="vendor")
        self.fields["team"].queryset = house.order_by("-tier_id", "name")  # type: ignore[attr-defined]


class JoinProblemForm(forms.Form):
    """A problem that is there already. One that the person may not see is unknown."""

    problem = forms.CharField(
        label=_("Problem that is their cause"),
        max_length=30,
        widget=forms.TextInput({"placeholder": f"{NUMBER_PREFIX}1042"}),
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data, auto_id="join_%s")
        self.user = user

    def clean_problem(self) -> Ticket:
        digits = self.cleaned_data["problem"].strip().upper().removeprefix(NUMBER_PREFIX)
        is_key = digits.isascii() and digits.isdecimal() and len(digits) < LONGEST_KEY
        found = Ticket.objects.visible_to(self.user).filter(pk=int(digits) if is_key else 0).first()
        if found is None:
            raise ValidationError(_now("There is no ticket with this number."))
        if found.kind != Kind.PROBLEM:
            raise ValidationError(_now("This ticket is no problem."))
        return found


class DismissForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it needs no problem"),
        max_length=LONGEST_REASON,
        widget=forms.TextInput({"placeholder": _("an announced change, a holiday, …")}),
    )
    days = forms.TypedChoiceField(label=_("Say nothing more of it for"), coerce=int, initial=QUIET_DAYS[1])

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="dismiss_%s")
        self.fields["days"].choices = [  # type: ignore[attr-defined]
            (days, ngettext("%(n)d day", "%(n)d days", days) % {"n": days}) for days in QUIET_DAYS
        ]


class AsideForm(forms.Form):
    reason = forms.CharField(label=_("Why, for those after you"), max_length=LONGEST_REASON, required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="aside_%s")
