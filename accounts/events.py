"""The history of people, teams, tiers and the desk's settings: its kinds, and `record`, its one writer.

Settings of apps above have kinds of their own there, with their sentences taught to `accounts.sentences`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import AccountEvent, Team, User

Fact = str | int | bool | None | Sequence["Fact"]

PERSON_CREATED = "person.created"
PERSON_CHANGED = "person.changed"
PERSON_DEACTIVATED = "person.deactivated"
PERSON_REACTIVATED = "person.reactivated"
PERSON_INVITED = "person.invited"
PERSON_LOGGED_OUT = "person.logged_out"
MAIL_BOUNCED = "person.mail_bounced"
MAIL_TRUSTED = "person.mail_trusted"
SESSION_ENDED = "person.session_ended"
OTHER_SESSIONS_ENDED = "person.other_sessions_ended"
SKILL_SET = "person.skill_set"
SKILL_DROPPED = "person.skill_dropped"
TEAM_CREATED = "team.created"
TEAM_CHANGED = "team.changed"
TEAM_RETIRED = "team.retired"
TEAM_REVIVED = "team.revived"
TEAM_JOINED = "team.joined"
TEAM_LEFT = "team.left"
ROLE_CHANGED = "team.role_changed"
TIER_CHANGED = "tier.changed"
TIER_ENABLED = "tier.enabled"
TIER_DISABLED = "tier.disabled"
ORGANISATION_CREATED = "organisation.created"
ORGANISATION_CHANGED = "organisation.changed"
CONTRACT_ADDED = "contract.added"
CONTRACT_CHANGED = "contract.changed"
CONTRACT_REMOVED = "contract.removed"
CONTRACT_ENDING = "contract.ending"
CONTRACT_ENDED = "contract.ended"
CONTACT_ADDED = "contact.added"
CONTACT_CHANGED = "contact.changed"
CONTACT_REMOVED = "contact.removed"
SKILL_CREATED = "skill.created"
SKILL_CHANGED = "skill.changed"
SKILL_DELETED = "skill.deleted"
BRANDING_CHANGED = "branding.changed"
DESK_CHANGED = "desk.changed"
DESK_SET_UP = "desk.set_up"
TOKEN_CREATED = "token.created"  # noqa: S105  (a kind, no secret)
TOKEN_REVOKED = "token.revoked"  # noqa: S105


def record(
    kind: str,
    *,
    by: User | None,
    at: datetime,
    person: User | None = None,
    team: Team | None = None,
    changes: Mapping[str, Fact] | None = None,
    **data: Fact,
) -> AccountEvent:
    data |= changes or {}
    return AccountEvent.objects.create(kind=kind, by=by, at=at, person=person, team=team, data=data)


def differences(row: models.Model, values: dict[str, object]) -> dict[str, Fact]:
    """Set `values` on `row` and answer what that changed: codes as [before, after], words by name only."""
    words: list[Fact] = []
    codes: dict[str, Fact] = {}
    for name, value in values.items():
        field = row._meta.get_field(name)
        before, was = getattr(row, field.attname), getattr(row, name)  # type: ignore[union-attr]
        if was == value:
            continue
        setattr(row, name, value)
        after = getattr(row, field.attname)  # type: ignore[union-attr]
        if _holds_words(field):
            words.append(name)
        else:
            codes[name] = [before, after]
    return {**codes, "words": words} if words else codes


def _holds_words(field: object) -> bool:
    """What somebody typed, and not one of a few codes."""
    inner = field.base_field if isinstance(field, ArrayField) else field
    return isinstance(inner, models.CharField | models.TextField) and not inner.choices


def changed_fields(found: dict[str, Fact]) -> list[str]:
    """The model fields that `differences` found, as `update_fields` wants them."""
    words = found.get("words", [])
    return [*(name for name in found if name != "words"), *(str(name) for name in words)]  # type: ignore[union-attr]
