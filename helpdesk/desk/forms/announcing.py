"""Publishing an article and asking for it to be read."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Team, User
from knowledgebase.models import Article, ArticleVersion
from knowledgebase.queries.announcing import announceable, readable_from, usual_tiers


class AnnounceForm(forms.Form):
    """Field names are those of `announcing.announce`."""

    tiers = forms.TypedMultipleChoiceField(
        label=_("Tiers that should read it"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each of their technicians is asked to confirm. Who wrote it is not."),
    )
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams beside them"),
        queryset=Team.objects.none(),
        required=False,
        widget=forms.SelectMultiple({"data-pick": True}),
    )
    note = forms.CharField(
        label=_("Why it matters"),
        max_length=300,
        required=False,
        help_text=_("One line above the article, and in the mail."),
    )

    def __init__(self, data: Any = None, *, article: Article, version: ArticleVersion, user: User) -> None:
        super().__init__(data, auto_id="announce_%s", initial={"tiers": usual_tiers(article, version, user)})
        lowest = readable_from(article)
        tiers: Any = self.fields["tiers"]
        tiers.choices = [(tier.level, str(tier)) for tier in announceable() if tier.level >= lowest]
        teams: Any = self.fields["teams"]
        teams.queryset = (
            Team.objects.active()
            .filter(tier__gte=lowest)
            .exclude(organisation__kind=Organisation.Kind.VENDOR)
            .select_related("tier")
        )
