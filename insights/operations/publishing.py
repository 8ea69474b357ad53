"""Months as they were told: published once, frozen, and held against what the facts say later."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from insights.models import Correction, FactState, PublishedMonth
from insights.permissions import may_agree_exceptions
from insights.queries.months import essence, figures_of, goals_of, is_over, rank, tickets_of
from tickets.models import Ticket
from tickets.operations.guards import require
from tickets.refusals import Invalid, Refused

AGAIN = timedelta(hours=20)
"""How long after a comparison the nightly one comes to a month again."""
MOST_NAMED = 1_000
"""Tickets that a correction names."""
Json = dict[str, Any]


class AlreadyPublished(Refused):
    code = "already_published"
    field = "month"

    def __init__(self, month: date) -> None:
        super().__init__(
            _("%(month)s is published already. What changes later stands beside it as a correction.")
            % {"month": formats.date_format(month, "YEAR_MONTH_FORMAT")}
        )


@dataclass(frozen=True)
class Compared:
    """What a comparison found: the corrections that are new, or that it cannot be made any more."""

    new: list[Correction] = field(default_factory=list)
    is_purged: bool = False
    """Tickets of the month were deleted for good since: what is left says nothing about it."""


@transaction.atomic
def publish_month(
    *, month: date, organisation: Organisation | None = None, by: User, at: datetime
) -> PublishedMonth:
    """Freeze the figures of a calendar month, with the tickets behind them.

    Args:
        month: any day of it, in the desk's zone.
        organisation: whose; None for the whole desk's.

    Raises:
        NotAllowed: who is no manager.
        Invalid: about `month`: it is not over yet, or the facts are still being counted for the first time.
        AlreadyPublished: once is enough.
    """
    require(may_agree_exceptions(by), _("Only managers publish months."))
    month = month.replace(day=1)
    if not is_over(month, today=at.astimezone(timezone.get_default_timezone()).date()):
        raise Invalid(_("This month is not over. Choose one that has ended."), field="month")
    state = FactState.objects.filter(pk=1).first()
    if state is None or not state.is_whole:
        raise Invalid(
            _("The figures are still being counted for the first time. Try again in some minutes."),
            field="month",
        )
    if PublishedMonth.objects.filter(month=month, organisation=organisation).exists():
        raise AlreadyPublished(month)
    whose = organisation.pk if organisation else 0
    told = figures_of(month, whose)
    try:
        with transaction.atomic():
            return PublishedMonth.objects.create(
                month=month,
                organisation=organisation,
                figures=told,
                tickets=tickets_of(month, whose, told),
                by=by,
                at=at,
                compared_at=at,
            )
    except IntegrityError:  # by somebody else in the same second
        raise AlreadyPublished(month) from None


@transaction.atomic
def compare(published: PublishedMonth, *, at: datetime) -> Compared:
    """Hold a published month against today's figures: what differs from what was last told becomes a correction.

    The frozen figures never change. One that comes back to what was published is a correction as well.
    """
    row = PublishedMonth.objects.select_for_update().get(pk=published.pk)
    PublishedMonth.objects.filter(pk=row.pk).update(compared_at=at)
    if _is_purged(row):
        return Compared(is_purged=True)
    now = figures_of(row.month, row.organisation_id or 0, goals=goals_of(row))
    differing = [
        (key, was, is_now)
        for key, was in sorted(last_told(row).items(), key=lambda told: rank(told[0]))
        if essence(key, is_now := now.get(key) or _nothing(was)) != essence(key, was)
    ]
    lists = {_list_of(row, key) for key, _was, _now in differing}
    tickets = tickets_of(row.month, row.organisation_id or 0, lists)
    new = [
        Correction(
            published=row, figure=key, was=was, now=is_now, tickets=_differing(row, tickets, key), at=at
        )
        for key, was, is_now in differing
    ]
    return Compared(Correction.objects.bulk_create(new))


def compare_due(*, at: datetime, limit: int = 20) -> int:
    """Compare the months that were not compared lately; answers how many."""
    due = PublishedMonth.objects.exclude(compared_at__gt=at - AGAIN).defer("tickets", "figures")
    rows = list(due.order_by("compared_at", "pk")[:limit])
    for row in rows:
        compare(row, at=at)
    return len(rows)


def last_told(published: PublishedMonth) -> dict[str, Json]:
    """By figure what readers were told last: what was published, or the newest correction."""
    told: dict[str, Json] = dict(published.figures)
    for key, now in published.corrections.order_by("at", "pk").values_list("figure", "now"):
        told[key] = now
    return told


def _nothing(was: Json) -> Json:
    """What a figure is of which nothing is left."""
    if "value" not in was:
        return was | {"kept": 0, "broken": 0, "excepted": 0}
    return {"value": 0 if was["value"] == was["n"] else None, "n": 0, "of": 0}


def _is_purged(row: PublishedMonth) -> bool:
    keys = {key for keys in row.tickets.values() for key in keys}
    return Ticket.objects.filter(pk__in=keys).count() < len(keys)


def _list_of(row: PublishedMonth, key: str) -> str:
    """The figure whose tickets a figure is about: itself; of times and ratings the resolved of its kind."""
    return key if key in row.tickets else f"{key.partition('.')[0]}.resolved"


def _differing(row: PublishedMonth, now: dict[str, list[int]], key: str) -> list[int]:
    """The tickets by which a figure differs from the published one."""
    name = _list_of(row, key)
    found: set[int] = set()
    for side in ("", ".not", ".excepted"):
        found |= set(row.tickets.get(name + side, ())) ^ set(now.get(name + side, ()))
    return sorted(found)[:MOST_NAMED]
