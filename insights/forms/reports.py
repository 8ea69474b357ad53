"""A report as it is built: what it is called and for whom, which days of what, which figures and charts."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from insights.cuts import LABELS, Dimension, Scope
from insights.forms.cut import FURTHER, CutForm
from insights.measures import MEASURES
from insights.models import SavedReport
from insights.operations.reports import (
    EVERYONE,
    LONGEST_NAME,
    MOST_FIGURES,
    OWN,
    TEAM,
    may_share_with_all,
)
from sla.models.clocks import OWED

PERIOD = ("period", "from", "to")
CHARTS: dict[str, str | Promise] = {
    "came": _("What came and what left"),
    "backlog": _("Open at the end of each"),
    "ages": _("Open at the end, by age"),
    "arrivals": _("When tickets arrive"),
    "kept": _("Promises kept"),
    "times": _("How long it takes"),
    "spread": _("How resolution times are spread"),
    "shares": _("Where tickets are resolved"),
    "flow": _("How tickets go through the tiers"),
}
OF_THE_DESK = ("shares", "flow")
"""How the desk is built inside is not an organisation's to see."""
INNER = (
    "first_tier",
    "escalated",
    "bounced",
    "ping_pong",
    "worked",
    "cost",
    "resolved_l",
    "escalated_l",
    "first_contact",
)
OF_ORGANISATIONS = (Dimension.KIND, Dimension.PRIORITY, Dimension.CATEGORY)
USUAL = ("opened", "resolved", "kept_resolution", "resolution_business_median", "reopened")


class ReportForm(CutForm):
    """The form of every page over time, with what makes a report of it. It keeps what was typed.

    Args:
        is_sent: whether it is to be saved; else it is only shown, and nothing is missed in it.
    """

    def __init__(self, data: QueryDict, *, user: User, scope: Scope, today: date, is_sent: bool) -> None:
        super().__init__(data, scope=scope, today=today)
        self.user = user
        self.fields["name"] = forms.CharField(label=_("Name"), max_length=LONGEST_NAME, required=is_sent)
        self.fields["audience"] = forms.ChoiceField(
            label=_("For"), choices=_audiences(user, scope), widget=forms.RadioSelect, required=is_sent
        )
        self.fields["for_team"] = forms.ModelChoiceField(
            label=_("Team that reads it"), queryset=Team.objects.filter(pk__in=user.team_ids), required=False
        )
        self.fields["grouping"] = forms.ChoiceField(
            label=_("Grouped by"), choices=[("", _("not grouped")), *dimensions(scope)], required=False
        )
        self.fields["figures"] = forms.MultipleChoiceField(
            label=_("Figures"),
            choices=figures_for(scope),
            widget=forms.CheckboxSelectMultiple,
            required=is_sent,
            help_text=_("At most %(n)s.") % {"n": MOST_FIGURES},
        )
        self.fields["charts"] = forms.MultipleChoiceField(
            label=_("Charts"), choices=charts_for(scope), widget=forms.CheckboxSelectMultiple, required=False
        )

    def clean_figures(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["figures"]
        if len(chosen) > MOST_FIGURES:
            raise forms.ValidationError(_("Choose at most %(n)s figures.") % {"n": MOST_FIGURES})
        return chosen

    @property
    def said(self) -> dict[str, Any]:
        """The keywords of `save_report`; only of a valid form."""
        said = self.cleaned_data
        asked = {name: str(self.data.get(name, "")) for name in (*PERIOD, *FURTHER)}
        period = {name: asked[name] for name in PERIOD if asked[name]}
        if period.get("period") != "own":
            period = {"period": period["period"]}
        return {
            "name": said["name"],
            "audience": said["audience"],
            "team": said["for_team"],
            "period": period,
            "cut": {name: asked[name] for name in FURTHER if asked[name] and name in self.fields},
            "grouping": said["grouping"],
            "figures": said["figures"],
            "charts": said["charts"],
        }


def query_of(report: SavedReport) -> QueryDict:
    """What asks for its cut: as the address of a page over time does."""
    query = QueryDict(mutable=True)
    for name, value in {**report.period, **report.cut}.items():
        query[name] = str(value)
    return query


def data_of(report: SavedReport) -> QueryDict:
    """A saved report as its form shows it."""
    query = query_of(report)
    query["name"], query["grouping"] = report.name, report.grouping
    query["audience"] = EVERYONE if report.for_everyone else TEAM if report.team_id else OWN
    query["for_team"] = str(report.team_id or "")
    query.setlist("figures", report.figures)
    query.setlist("charts", report.charts)
    return query


def blank(query: QueryDict) -> QueryDict:
    """A new report: of what the page was about from which one comes."""
    data = query.copy()
    data.setdefault("audience", OWN)
    if "figures" not in data:
        data.setlist("figures", list(USUAL))
    if not data.get("period") and not data.get("from"):
        data["period"] = "last-month"
    return data


def dimensions(scope: Scope) -> list[tuple[str, str | Promise]]:
    known: Sequence[Dimension] = OF_ORGANISATIONS if scope.organisation else list(Dimension)
    return [(one.value, LABELS[one]) for one in known]


def figures_for(scope: Scope) -> list[tuple[str, str | Promise]]:
    """What this reader may be told, in the order of the definitions."""
    return [(key, measure.label) for key, measure in MEASURES.items() if is_told(key, scope)]


def is_told(key: str, scope: Scope) -> bool:
    if not scope.organisation:
        return True
    metric = key.removeprefix("kept_")
    return metric in OWED if metric != key else not key.startswith(INNER)


def charts_for(scope: Scope) -> list[tuple[str, str | Promise]]:
    return [(key, label) for key, label in CHARTS.items() if not (scope.organisation and key in OF_THE_DESK)]


def _audiences(user: User, scope: Scope) -> list[tuple[str, str | Promise]]:
    choices: list[tuple[str, str | Promise]] = [(OWN, _("myself"))]
    if user.team_ids and not scope.organisation:
        choices.append((TEAM, _("a team of mine")))
    if may_share_with_all(user):
        choices.append((EVERYONE, _("everyone at the desk who reads figures")))
    return choices
