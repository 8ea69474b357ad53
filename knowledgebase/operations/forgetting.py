"""What the hourly task does with forms: take back what turned out otherwise, and forget whatever is not needed."""

from datetime import datetime, timedelta

from django.db import transaction

from knowledgebase.models import FilingForm, FormOutcome
from knowledgebase.operations.deflecting import leave, settle, take_back
from knowledgebase.operations.repeating import KEY_KEPT, WATCHED, came_back, throw_keys_away

LEFT_AFTER = timedelta(days=1)
FORM_KEPT = timedelta(days=14)
BATCH = 1_000


def tidy_forms(*, at: datetime) -> None:
    """Keys that are two weeks old go; forms of people who came back are taken back; a form that nobody has sent for a
    day was left; what is older than two weeks is forgotten. Sums stay.
    """
    check_repeats(at=at)
    throw_keys_away(at=at)
    _leave_forms(at)
    FilingForm.objects.filter(day__lt=(at - FORM_KEPT).date()).delete()


def check_repeats(*, at: datetime) -> int:
    """Look for tickets of those whom an article is said to have helped; answers how many were taken back."""
    watched = FilingForm.objects.filter(
        outcome=FormOutcome.SOLVED, solved_at__isnull=False, key__isnull=False, key__made_at__gt=at - KEY_KEPT
    )
    forms = list(watched.select_related("key"))
    returned = came_back(forms)
    for form in returned:
        with transaction.atomic():
            row = _locked(form)
            if row.outcome == FormOutcome.SOLVED:
                take_back(row)
    for form in forms:
        if form not in returned and form.solved_at and form.solved_at + WATCHED < at:
            with transaction.atomic():
                settle(_locked(form))
    return len(returned)


def _leave_forms(at: datetime) -> None:
    old = FilingForm.objects.filter(outcome=FormOutcome.OPEN, day__lt=(at - LEFT_AFTER).date())
    for form in old.order_by("day", "pk")[:BATCH]:
        with transaction.atomic():
            row = _locked(form)
            if row.outcome == FormOutcome.OPEN:
                leave(row)


def _locked(form: FilingForm) -> FilingForm:
    return FilingForm.objects.select_for_update().get(pk=form.pk)
