from datetime import datetime
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import User
from accounts.refusals import Invalid, NotAllowed
from insights.models import SurveySettings
from insights.survey_kinds import CHANGED


class SurveyChanges(TypedDict, total=False):
    is_on: bool
    wait_hours: int
    days_between: int
    reminder_days: int
    low_score: int
    shows_names: bool


@transaction.atomic
def change_surveys(*, by: User | None, at: datetime, **changes: Unpack[SurveyChanges]) -> SurveySettings:
    """Change how the desk asks. What was asked already stays asked.

    Raises:
        NotAllowed: neither a manager nor an administrator.
        Invalid: a number out of its range, at its field.
    """
    if by is not None and not (by.is_active and (by.is_manager or by.is_administrator)):
        raise NotAllowed(_("Only managers and administrators can change this."))
    SurveySettings.load()
    row = SurveySettings.objects.select_for_update().get()
    found = events.differences(row, dict(changes))
    _check(row)
    if found:
        row.save(update_fields=events.changed_fields(found))
        events.record(CHANGED, by=by, at=at, changes=found)
    return row


def _check(row: SurveySettings) -> None:
    try:
        row.clean_fields()
    except ValidationError as errors:
        field, sentences = next(iter(errors.message_dict.items()))
        raise Invalid(sentences[0], field=field) from None
