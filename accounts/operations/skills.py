"""The skills that the desk knows. Who has which is said in `teams`."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import Skill, User
from accounts.permissions import may_administer
from accounts.refusals import NotAllowed


@transaction.atomic
def create_skill(*, name: str, by: User | None, at: datetime) -> Skill:
    _require_administrator(by)
    skill = Skill.objects.create(name=name)
    events.record(events.SKILL_CREATED, by=by, at=at, about=skill.pk)
    return skill


@transaction.atomic
def rename_skill(skill: Skill, *, name: str, by: User | None, at: datetime) -> Skill:
    _require_administrator(by)
    skill = Skill.objects.select_for_update().get(pk=skill.pk)
    found = events.differences(skill, {"name": name})
    if found:
        skill.save(update_fields=events.changed_fields(found))
        events.record(events.SKILL_CHANGED, by=by, at=at, about=skill.pk, changes=found)
    return skill


@transaction.atomic
def delete_skill(skill: Skill, *, by: User | None, at: datetime) -> None:
    """Forget a skill, with who has it and which categories need it."""
    _require_administrator(by)
    events.record(events.SKILL_DELETED, by=by, at=at, about=skill.pk)
    Skill.objects.filter(pk=skill.pk).delete()


def _require_administrator(by: User | None) -> None:
    if not may_administer(by):
        raise NotAllowed(_("Only administrators can change this."))
