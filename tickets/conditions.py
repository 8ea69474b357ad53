"""Which custom fields are asked, by the answers to others. The one place that says so: pages ask the server.

A field with `shown_when` is shown while each field that it names is itself shown and has one of the answers named.
A field that does not apply here (another kind or category, out of use) has no answer, so what hangs on it is hidden.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from tickets.models import CustomField
from tickets.words import normal_value

ANY = "*"
"""Among the answers named: whatever was answered."""
YES, NO = "true", "false"
TICKED = (True, "true", "on", "1", 1)

Answers = Mapping[str, str]


def shown(fields: Sequence[CustomField], answers: Answers) -> list[CustomField]:
    """Those of the fields that are asked, in their order; `answers` holds texts as `answer_text` gives them, by key."""
    by_key = {field.key: field for field in fields}
    known: dict[str, bool] = {}
    return [field for field in fields if _is_shown(field, by_key, answers, known)]


def _is_shown(
    field: CustomField, by_key: Mapping[str, CustomField], answers: Answers, known: dict[str, bool]
) -> bool:
    if field.key not in known:
        # Until it is known: a field that waits for itself, which settings refuse, is never shown.
        known[field.key] = False
        known[field.key] = all(
            key in by_key
            and _is_among(by_key[key], answers.get(key, ""), wanted)
            and _is_shown(by_key[key], by_key, answers, known)
            for key, wanted in field.shown_when.items()
        )
    return known[field.key]


def _is_among(field: CustomField, answer: str, wanted: Iterable[str]) -> bool:
    if field.type == CustomField.Type.CHECKBOX:
        return (answer or NO) in wanted
    return bool(answer) and any(value == ANY or normal_value(value) == answer for value in wanted)


def answer_text(field: CustomField, value: Any) -> str:
    """An answer, as a form sends it or a ticket keeps it, so that it can be compared; "" for none."""
    if field.type == CustomField.Type.CHECKBOX:
        return YES if value in TICKED else NO
    if isinstance(value, User):
        value = value.pk
    return normal_value("" if value is None else str(value))


def answers_among(
    fields: Iterable[CustomField], given: Mapping[str, Any], *, prefix: str = ""
) -> dict[str, str]:
    """The answers that a form or a request gives, named `<prefix><key>`."""
    return {field.key: answer_text(field, given.get(prefix + field.key)) for field in fields}


def deciding(fields: Iterable[CustomField]) -> set[str]:
    """The keys of the fields on whose answers others hang."""
    return {key for field in fields for key in field.shown_when}


def circle_of(key: str, shown_when: Iterable[str], others: Mapping[str, Iterable[str]]) -> list[str]:
    """The keys along which a field would wait for itself, from it back to it; empty where it does not.

    Args:
        others: by key of every other field, those that it waits for.
    """
    roads = [[key, after] for after in shown_when]
    seen: set[str] = set()
    while roads:
        road = roads.pop()
        if road[-1] == key:
            return road
        if road[-1] not in seen:
            seen.add(road[-1])
            roads += [[*road, after] for after in others.get(road[-1], ())]
    return []


def words_of_answer(answer: str) -> str:
    """An answer that a condition names, as people read it."""
    return {ANY: _("anything"), YES: _("yes"), NO: _("no")}.get(answer, answer)
