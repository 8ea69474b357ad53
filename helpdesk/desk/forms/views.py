"""Keeping a filter under a name: for oneself, a team, or everyone."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from tickets.models import SavedView

OWN, TEAM, EVERYONE = "own", "team", "everyone"


class SavedViewForm(forms.ModelForm):  # type: ignore[type-arg]
    audience = forms.ChoiceField(label=_("For"), widget=forms.RadioSelect, initial=OWN)
    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none(), required=False)

    class Meta:
        model = SavedView
        fields = ["name", "team"]

    def __init__(self, data: Any = None, *, instance: SavedView, user: User) -> None:
        super().__init__(data, instance=instance, auto_id="view_%s")
        self.user = user
        teams = Team.objects.filter(pk__in=user.team_ids)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        choices = [(OWN, _("myself"))]
        if user.team_ids:
            choices.append((TEAM, _("a team of mine")))
        if may_share_with_all(user):
            choices.append((EVERYONE, _("everyone at the desk")))
        self.fields["audience"].choices = choices  # type: ignore[attr-defined]
        view = self.instance
        self.fields["audience"].initial = EVERYONE if view.for_everyone else TEAM if view.team_id else OWN
        self.order_fields(["name", "audience", "team"])

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        taken = SavedView.objects.filter(owner=self.user, name=name).exclude(pk=self.instance.pk)
        if taken.exists():
            raise forms.ValidationError(_("You have a view of this name already."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("audience") == TEAM and not cleaned.get("team"):
            self.add_error("team", _("Choose the team."))
        return cleaned

    def fill(self, view: SavedView) -> SavedView:
        """The name and for whom; what it shows is set by the view function."""
        view.name = self.cleaned_data["name"]
        audience = self.cleaned_data["audience"]
        view.team = self.cleaned_data["team"] if audience == TEAM else None
        view.for_everyone = audience == EVERYONE
        return view


def may_share_with_all(user: User) -> bool:
    return user.is_lead or user.is_manager or user.is_administrator
