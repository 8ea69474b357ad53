"""Teams that cover one another: who says so, and what goes to whom when a team is out of hours.

What arrives goes to whoever covers the team (`escalation.queries.cover`): what is filed, and what is handed over.
What lies in the queue of a team that is out of hours goes there when it falls due before the team works again; the
rest waits. Whoever got it keeps it: nothing comes back by itself when the hours begin.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import Team, User
from escalation import settings_events
from escalation.events import HANDED_OVER
from escalation.models import Reason, TeamWork
from escalation.operations.handing_over import hand_over
from escalation.permissions import may_keep_work
from escalation.queries.cover import COVERS, Rota, Watch, covering, forget, read_rota, rota
from escalation.queries.vendors import VENDOR_TIER
from sla.business_time import WorkingTime
from sla.expansion import Hours, working_time
from sla.models import Calendar
from sla.queries.hours import ALWAYS, hours_of
from tickets import events
from tickets.models import FAR, Event, Ticket
from tickets.operations.bulk import each_alone
from tickets.refusals import Invalid, NotAllowed, Refused

BATCH = 200
LOOKED_AHEAD = timedelta(days=366)


@transaction.atomic
def change_cover(
    team: Team, *, hours: Calendar | None, covered_by: Team | None, by: User | None, at: datetime
) -> TeamWork:
    """Say when a team works, and which team has what arrives otherwise.

    Teams may cover one another in a ring, as long as one of them works at every hour of an ordinary week.

    Args:
        hours: None for around the clock.
        covered_by: None where it waits until the team works again.

    Raises:
        NotAllowed: neither an administrator nor a lead of the team.
        Invalid: a vendor's team on either side; cover without hours; a team that is out of use, or the team itself;
            a ring in which nobody works at some time.
    """
    if not may_keep_work(by, team.pk):
        raise NotAllowed(_("Only administrators and the team's leads can change its way of working."))
    _lock_teams()
    require_possible_cover(team, hours=hours, covered_by=covered_by, at=at)
    work, _is_new = TeamWork.objects.select_for_update(of=("self",)).get_or_create(team=team)
    before = (work.hours_id, work.covered_by_id)
    after = (hours.pk if hours else None, covered_by.pk if covered_by else None)
    if before == after:
        return work
    work.hours, work.covered_by = hours, covered_by
    work.save(update_fields=["hours", "covered_by"])
    names = zip(("hours", "covered_by"), before, after, strict=True)
    changes: dict[str, list[int | None]] = {name: [was, now] for name, was, now in names if was != now}
    accounts.record(settings_events.TEAM_COVER_CHANGED, by=by, at=at, team=team, changes=changes)
    forget()
    return work


def require_possible_cover(
    team: Team, *, hours: Calendar | None, covered_by: Team | None, at: datetime
) -> None:
    """Raises: Invalid: as `change_cover`; for a look before it is saved."""
    if team.tier_id == VENDOR_TIER and (hours or covered_by):
        raise Invalid(
            _("A vendor's hours stand in its contract and in its policy: leave them out."), field="hours"
        )
    if covered_by is None:
        return
    if hours is None:
        raise Invalid(
            _("Choose the hours outside of which %(team)s covers.") % {"team": covered_by}, field="hours"
        )
    _require_able(team, covered_by)
    if rota_with(team, hours=hours, covered_by=covered_by).is_ring(team.pk):
        _require_gapless(team, hours, covered_by, at)


def rota_with(team: Team, *, hours: Calendar | None, covered_by: Team | None) -> Rota:
    """The rota as it would be: for a look before it is saved."""
    watch = None
    if hours is not None:
        watch = Watch(hours_of(hours.current_id), covered_by.pk if covered_by else None)
    return read_rota().with_watch(team.pk, watch)


def covered_landing(team: Team, at: datetime) -> tuple[Team, Mapping[str, Any]] | None:
    """Who gets what is filed now and would land with this team; for `tickets.operations.filing.add_cover`."""
    covered = covering(team, at=at)
    return (covered.team, covered.facts) if covered is not None else None


def hand_on_due(*, at: datetime) -> int:
    """For the timer: what falls due in a queue before its team works again goes to who covers it.

    Once a closing: what came back from there waits. Returns how many tickets went.
    """
    known = rota()
    return sum(_hand_on(known, team, at) for team in known.watches if _is_covered(known, team, at))


# --- what falls due ---


def _is_covered(known: Rota, team: int, at: datetime) -> bool:
    return not known.works(team, at) and known.on_duty(team, at) is not None


def _hand_on(known: Rota, team: int, at: datetime) -> int:
    keys = list(
        _due(team, known.closed_since(team, at), known.back_at(team, at)).values_list("pk", flat=True)
    )
    return each_alone(keys, lambda key: _hand_on_one(key, team, at)) if keys else 0


def _due(team: int, since: datetime, back: datetime | None) -> QuerySet[Ticket]:
    went = Event.objects.filter(
        ticket=OuterRef("pk"), kind=HANDED_OVER, at__gte=since, **{f"data__{COVERS}": team}
    )
    rows = Ticket.objects.open().filter(team=team, assignee=None, is_restricted=False)
    due = rows.filter(next_due_at__lt=back or FAR).exclude(Exists(went))
    return due.order_by("next_due_at", "id")[:BATCH]


def _hand_on_one(key: int, team: int, at: datetime) -> None:
    ticket = events.lock(key)
    if ticket.team_id != team or ticket.assignee_id is not None or not ticket.is_open:
        return
    covered = covering(ticket.team, at=at)
    if covered is None:
        return
    names = {"team": covered.instead_of, "instead": covered.team}
    try:
        with events.because(**{name: events.plain(value) for name, value in covered.facts.items() if value}):
            hand_over(
                ticket,
                team=covered.team,
                reason=Reason.COVER,
                summary=_("%(team)s is out of hours, and this is due before it works again.") % names,
                as_asked=True,
                by=None,
                at=at,
            )
    except Refused:
        return  # two teams quarrel about it: their leads decide, and the clock does not


# --- what can be kept ---


def _lock_teams() -> None:
    """Two who change the cover of two teams at once do not close a ring that neither of them saw."""
    list(
        Team.objects.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True)
    )


def _require_able(team: Team, covered_by: Team) -> None:
    if covered_by.pk == team.pk:
        raise Invalid(_("A team does not cover itself. Choose another one."), field="covered_by")
    if not Team.objects.in_use().filter(pk=covered_by.pk).exists():
        raise Invalid(
            _("%(team)s receives nothing: it is inactive or its tier is not in use. Choose another team.")
            % {"team": covered_by},
            field="covered_by",
        )
    if covered_by.tier_id == VENDOR_TIER:
        raise Invalid(
            _(
                "A vendor's team gets what is handed to it, not what arrives. Give the provider a team on another tier."
            ),
            field="covered_by",
        )


def _require_gapless(team: Team, hours: Calendar, covered_by: Team, at: datetime) -> None:
    """A ring has no end at which something could wait: one of it works at every hour of the year to come.

    Holidays are left out: on a day on which nobody works it waits with the team that was asked.
    """
    ordinary = _ordinary_rota(team, hours, covered_by)
    spans = ordinary.spans(team.pk, since=at, until=at + LOOKED_AHEAD)
    gap = next((span for span in spans if span.team is None), None)
    if gap is None:
        return
    ring = ordinary.chain(team.pk)
    names = dict(Team.objects.filter(pk__in=ring).values_list("pk", "name"))
    raise Invalid(
        _(
            "%(teams)s would cover one another in a circle, and on %(when)s none of them works. "
            "Choose another team, or longer hours."
        )
        % {
            "teams": get_text_list([names[key] for key in ring], _("and")),
            "when": date_format(localtime(gap.since), "DATETIME_FORMAT"),
        },
        field="covered_by",
    )


def _ordinary_rota(team: Team, hours: Calendar, covered_by: Team) -> Rota:
    """As it would be in weeks without a holiday."""
    rows = TeamWork.objects.filter(hours__isnull=False).exclude(pk=team.pk).select_related("hours__current")
    watches = {row.pk: Watch(_weekly(row.hours), row.covered_by_id) for row in rows if row.hours is not None}
    return Rota(watches | {team.pk: Watch(_weekly(hours), covered_by.pk)})


def _weekly(hours: Calendar) -> WorkingTime:
    version = hours.current
    if version is None or version.is_always_open:
        return ALWAYS
    return working_time(Hours(version.zone, version.weekly))
