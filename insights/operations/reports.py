"""Keeping reports under a name."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from insights.cuts import Dimension
from insights.measures import MEASURES
from insights.models import SavedReport
from insights.permissions import scope_of
from tickets.operations.guards import line, require
from tickets.refusals import Invalid, Refused

OWN, TEAM, EVERYONE = "own", "team", "everyone"
LONGEST_NAME = 80
MOST_FIGURES = 12


class NameTaken(Refused):
    code = "name_taken"
    field = "name"

    def __init__(self) -> None:
        super().__init__(_("You have a report of this name already."))


@transaction.atomic
def save_report(
    report: SavedReport | None = None,
    *,
    name: str,
    audience: str = OWN,
    team: Team | None = None,
    period: Mapping[str, str],
    cut: Mapping[str, str],
    grouping: str = "",
    figures: Sequence[str],
    charts: Sequence[str] = (),
    by: User,
    at: datetime,
) -> SavedReport:
    """Keep a report, or change one.

    Args:
        report: the one that is changed; None for a new one.
        audience: for oneself, for a `team` of one's own, or for everyone at the desk.
        period, cut: as an address asks for them.
        figures: keys of `MEASURES`, in the order in which they are told.

    Raises:
        NotAllowed: who reads no figures, changes another's report, or shares with everyone and leads nobody.
        Invalid: about `name`, `team`, `grouping` or `figures`.
        NameTaken: one of the same name is theirs already.
    """
    require(scope_of(by) is not None, _("Only who reads figures keeps reports."))
    require(report is None or report.owner_id == by.pk, _("Only its owner changes a report."))
    require(audience != EVERYONE or may_share_with_all(by), _("Only leads and managers share with everyone."))
    name = line(name, "name", longest=LONGEST_NAME, needed=True)
    if audience == TEAM and (team is None or team.pk not in by.team_ids):
        raise Invalid(_("Choose a team of yours."), field="team")
    if grouping and grouping not in list(Dimension):
        raise Invalid(_("Figures cannot be grouped by this."), field="grouping")
    _check_figures(figures)
    row = report or SavedReport(owner=by)
    row.name, row.grouping, row.changed_at = name, grouping, at
    row.team = team if audience == TEAM else None
    row.for_everyone = audience == EVERYONE
    row.period, row.cut = dict(period), dict(cut)
    row.figures, row.charts = list(figures), list(charts)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise NameTaken from None
    return row


def delete_report(report: SavedReport, *, by: User) -> None:
    """Forget a report. Its figures stay what they are.

    Raises:
        NotAllowed: who neither keeps it nor looks after the whole desk.
    """
    require(
        report.owner_id == by.pk or by.is_manager or by.is_administrator,
        _("Only its owner, managers and administrators delete a report."),
    )
    report.delete()


def may_share_with_all(user: User) -> bool:
    return user.is_lead or user.is_manager or user.is_administrator


def _check_figures(figures: Sequence[str]) -> None:
    if not figures:
        raise Invalid(_("Choose at least one figure."), field="figures")
    if len(figures) > MOST_FIGURES:
        raise Invalid(_("Choose at most %(n)s figures.") % {"n": MOST_FIGURES}, field="figures")
    unknown = next((key for key in figures if key not in MEASURES), None)
    if unknown is not None:
        raise Invalid(_("There is no figure “%(key)s”.") % {"key": unknown[:40]}, field="figures")
