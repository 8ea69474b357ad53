"""Saved reports: whose there are, and what is told when one of them asks for what is not there any more."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Organisation, Team, User
from insights.cuts import NONE, Scope
from insights.models import SavedReport
from tickets.models import Category


def reports_for(user: User, scope: Scope) -> "QuerySet[SavedReport]":
    """One's own; at the desk also those of one's teams and everyone's."""
    own = Q(owner=user)
    if not scope.organisation:
        own |= Q(for_everyone=True) | Q(team__in=user.team_ids)
    return SavedReport.objects.filter(own).select_related("owner", "team")


def lost(report: SavedReport) -> list[str]:
    """What the report is about that was deleted since, in sentences."""
    named: dict[str, tuple[Any, str]] = {
        "team": (Team, _("The team that this report is about was deleted.")),
        "organisation": (Organisation, _("The organisation that this report is about was deleted.")),
        "category": (Category, _("The category that this report is about was deleted.")),
    }
    keys = {name: _key(report.cut.get(name)) for name in named}
    return [
        sentence
        for name, (model, sentence) in named.items()
        if keys[name] and not model.objects.filter(pk=keys[name]).exists()
    ]


def retired(report: SavedReport) -> list[str]:
    """What it is about that is not in use any more; its figures are those of the time when it was."""
    team = Team.objects.filter(pk=_key(report.cut.get("team")), is_active=False).first()
    if team is None:
        return []
    return [_("%(team)s is not in use any more: these figures are of its past.") % {"team": team.name}]


def _key(text: Any) -> int:
    """The key of a row; 0 where none is named, or those that have none are meant."""
    try:
        key = int(text or 0)
    except (TypeError, ValueError):
        return 0
    return 0 if key == NONE else key
