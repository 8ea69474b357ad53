"""What people want to be told: chosen by themselves, and stopped by a click in a mail."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.refusals import Invalid
from delivery.choosing import Choice
from delivery.models import NoticePreferences
from delivery.vocabulary import ByMail, is_kind, kind_called, kinds_of


@transaction.atomic
def choose_notices(
    person: User,
    *,
    choices: Mapping[str, Choice],
    digest_hour: int,
    quiet_from: time | None,
    quiet_until: time | None,
    quiet_weekends: bool,
    urgent_anyway: bool,
    gathers: bool,
    by: User | None,
    at: datetime,
) -> NoticePreferences:
    """Keep what differs from the defaults, so that a better default reaches whoever has chosen nothing.

    Raises:
        PermissionDenied: one chooses for oneself.
        Invalid: quiet hours without a beginning or an end, or that never end; no hour of the day.
    """
    if by is not None and by.pk != person.pk:
        raise PermissionDenied(_("People choose for themselves what they are told."))
    if (quiet_from is None) != (quiet_until is None):
        missing = "quiet_until" if quiet_until is None else "quiet_from"
        raise Invalid(_("Quiet hours have a beginning and an end: give both, or neither."), field=missing)
    if quiet_from is not None and quiet_from == quiet_until:
        raise Invalid(_("Quiet hours that begin when they end would never end."), field="quiet_until")
    if not 0 <= digest_hour <= 23:
        raise Invalid(_("Choose an hour from 0 to 23."), field="digest_hour")
    row = _locked(person, at)
    row.choices = _differing(person, row.choices, choices)
    row.digest_hour = digest_hour
    row.quiet_from, row.quiet_until, row.quiet_weekends = quiet_from, quiet_until, quiet_weekends
    row.urgent_anyway, row.gathers, row.changed_at = urgent_anyway, gathers, at
    row.save()
    return row


@transaction.atomic
def stop_mails(person: User, *, kind: str, at: datetime) -> bool:
    """Write no more mails of this kind; in the product they are still told. Says whether it can be stopped."""
    if not is_kind(kind) or kind_called(kind).is_fixed:
        return False
    row = _locked(person, at)
    row.choices = {**row.choices, kind: {**row.choices.get(kind, {}), "mail": ByMail.OFF.value}}
    row.changed_at = at
    row.save(update_fields=["choices", "changed_at"])
    return True


@transaction.atomic
def resume_mails(person: User, *, kind: str, at: datetime) -> bool:
    """Undo `stop_mails`: what holds by default holds again."""
    row = NoticePreferences.objects.select_for_update().filter(person=person).first()
    if row is None or row.choices.get(kind, {}).get("mail") != ByMail.OFF:
        return False
    left = {name: value for name, value in row.choices[kind].items() if name != "mail"}
    others = {code: chosen for code, chosen in row.choices.items() if code != kind}
    row.choices = {**others, kind: left} if left else others
    row.changed_at = at
    row.save(update_fields=["choices", "changed_at"])
    return True


def _locked(person: User, at: datetime) -> NoticePreferences:
    NoticePreferences.objects.bulk_create(
        [NoticePreferences(person=person, changed_at=at)], ignore_conflicts=True
    )
    return NoticePreferences.objects.select_for_update().get(person=person)


def _differing(
    person: User, kept: Mapping[str, Any], choices: Mapping[str, Choice]
) -> dict[str, dict[str, Any]]:
    """By kind what is not as the default says. What they were not asked about stays as it is."""
    asked = {kind.code: kind for kind in kinds_of(person)}
    found = {code: chosen for code, chosen in kept.items() if code not in asked or code not in choices}
    for code, choice in choices.items():
        kind = asked.get(code)
        if kind is None:
            continue
        differs: dict[str, Any] = {}
        if kind.has_mail and not kind.is_fixed and choice.mail != kind.mail:
            differs["mail"] = ByMail(choice.mail).value
        if kind.has_inside and choice.inside != kind.inside:
            differs["inside"] = choice.inside
        if differs:
            found[code] = differs
    return found
