"""What an hour on each tier costs, and how figures are told: managers and administrators say so."""

from datetime import date, datetime
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import Tier, User
from accounts.refusals import Invalid, NotAllowed
from insights.models import FigureSettings, TierRate
from insights.rate_kinds import FIGURES_CHANGED, RATE_SET

EARLIEST = date(2000, 1, 1)


class FigureChanges(TypedDict, total=False):
    hides_names: bool
    currency: str


@transaction.atomic
def set_rate(*, level: int, first_day: date, cents: int, by: User | None, at: datetime) -> TierRate:
    """Say what an hour on a tier costs from a day on. Figures of tickets resolved since then change with it.

    Raises:
        NotAllowed: neither a manager nor an administrator.
        Invalid: no such tier, a day before 2000, or a rate that is negative or above 10,000; `field` says which.
    """
    _must_manage(by)
    if not Tier.objects.filter(level=level).exists():
        raise Invalid(_("There is no such tier. Choose one of the list."), field="level")
    if first_day < EARLIEST:
        raise Invalid(_("Rates begin in the year 2000 or later. Choose a later day."), field="first_day")
    row = TierRate(level=level, first_day=first_day, cents=cents, by=by, at=at)
    _check(row)
    row.save()
    events.record(RATE_SET, by=by, at=at, level=level, first_day=first_day.isoformat(), cents=cents)
    return row


@transaction.atomic
def change_figures(*, by: User | None, at: datetime, **changes: Unpack[FigureChanges]) -> FigureSettings:
    """Change how figures are told.

    Raises:
        NotAllowed: neither a manager nor an administrator.
        Invalid: no code of a currency, at its field.
    """
    _must_manage(by)
    FigureSettings.load()
    row = FigureSettings.objects.select_for_update().get()
    found = events.differences(row, dict(changes))
    _check(row)
    if found:
        row.save(update_fields=events.changed_fields(found))
        events.record(FIGURES_CHANGED, by=by, at=at, changes=found)
    return row


def _must_manage(by: User | None) -> None:
    if by is not None and not (by.is_active and (by.is_manager or by.is_administrator)):
        raise NotAllowed(_("Only managers and administrators can change this."))


def _check(row: FigureSettings | TierRate) -> None:
    try:
        row.clean_fields()
    except ValidationError as errors:
        field, sentences = next(iter(errors.message_dict.items()))
        raise Invalid(sentences[0], field=field) from None
