"""Teams, who sits in them, and what people are good at."""

from collections.abc import Collection
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events, versions
from accounts.models import AccountEvent, Membership, Organisation, Role, Skill, Team, Tier, User, UserSkill
from accounts.permissions import leads_person, leads_team, may_administer
from accounts.refusals import LastTeam, NotAllowed


class TeamDetails(TypedDict, total=False):
    organisation: Organisation | None
    serves: Collection[Organisation]
    takes: str
    takes_not: str
    is_default: bool


class TeamChanges(TeamDetails, total=False):
    name: str


@transaction.atomic
def create_team(
    *, name: str, tier: Tier, by: User | None, at: datetime, **details: Unpack[TeamDetails]
) -> Team:
    """Make a team on a tier. The first one of a tier becomes its first choice."""
    _require(may_administer(by))
    serves = details.pop("serves", ())
    first_choice = details.pop("is_default", False)
    has_default = Team.objects.filter(tier=tier, is_default=True, is_active=True).exists()
    if first_choice or not has_default:
        Team.objects.filter(tier=tier, is_default=True).update(is_default=False)
    team = Team.objects.create(name=name, tier=tier, is_default=first_choice or not has_default, **details)
    team.serves.set(serves)
    event = events.record(events.TEAM_CREATED, by=by, at=at, team=team, tier=tier.level)
    _keep(team, event)
    return team


@transaction.atomic
def change_team(team: Team, *, by: User | None, at: datetime, **changes: Unpack[TeamChanges]) -> Team:
    """Change a team; its lead may change what it takes. A team stays on its tier, for its tickets lie there."""
    team = Team.objects.select_for_update(of=("self",)).get(pk=team.pk)
    only_scope = changes.keys() <= {"takes", "takes_not"}
    _require(may_administer(by) or (only_scope and leads_team(by, team)))
    versions.begin(versions.TEAM, team.pk, versions.content_of(team, versions.TEAM_KEPT), at=at)
    serves = changes.pop("serves", None)
    if changes.get("is_default"):
        others = Team.objects.filter(tier_id=team.tier_id, is_default=True).exclude(pk=team.pk)
        others.update(is_default=False)
    found = events.differences(team, dict(changes))
    if found:
        team.save(update_fields=events.changed_fields(found))
    if serves is not None and {each.pk for each in serves} != set(team.serves.values_list("pk", flat=True)):
        team.serves.set(serves)
        found["serves"] = sorted(each.pk for each in serves)
    if found:
        _keep(team, events.record(events.TEAM_CHANGED, by=by, at=at, team=team, changes=found))
    return team


@transaction.atomic
def retire_team(team: Team, *, by: User | None, at: datetime) -> Team:
    """Take a team out of use. Its open tickets go elsewhere first: `helpdesk.desk.retiring` sees to that."""
    team = Team.objects.select_for_update(of=("self",)).get(pk=team.pk)
    _require(may_administer(by))
    if not team.is_active:
        return team
    if not Team.objects.in_use().exclude(pk=team.pk).exists():
        raise LastTeam
    team.is_active = team.is_default = False
    team.save(update_fields=["is_active", "is_default"])
    events.record(events.TEAM_RETIRED, by=by, at=at, team=team)
    return team


@transaction.atomic
def revive_team(team: Team, *, by: User | None, at: datetime) -> Team:
    team = Team.objects.select_for_update(of=("self",)).get(pk=team.pk)
    _require(may_administer(by))
    if not team.is_active:
        team.is_active = True
        team.save(update_fields=["is_active"])
        events.record(events.TEAM_REVIVED, by=by, at=at, team=team)
    return team


@transaction.atomic
def join_team(
    person: User, *, team: Team, by: User | None, at: datetime, role: str = Role.TECHNICIAN
) -> Membership:
    """Put a person into a team, or change their role there."""
    _require(may_administer(by))
    membership, is_new = Membership.objects.select_for_update(of=("self",)).get_or_create(
        user=person, team=team, defaults={"role": role}
    )
    if is_new:
        events.record(events.TEAM_JOINED, by=by, at=at, person=person, team=team, role=str(role))
    elif membership.role != role:
        before, membership.role = membership.role, role
        membership.save(update_fields=["role"])
        events.record(
            events.ROLE_CHANGED, by=by, at=at, person=person, team=team, role=[str(before), str(role)]
        )
    return membership


@transaction.atomic
def leave_team(person: User, *, team: Team, by: User | None, at: datetime) -> bool:
    """Take a person out of a team; answers whether they were in it."""
    _require(may_administer(by))
    gone, _per_model = Membership.objects.filter(user=person, team=team).delete()
    if gone:
        events.record(events.TEAM_LEFT, by=by, at=at, person=person, team=team)
    return bool(gone)


@transaction.atomic
def set_skill(person: User, *, skill: Skill, level: int, by: User | None, at: datetime) -> UserSkill:
    """Say how well somebody can do something: 1 learning, 2 able, 3 expert."""
    _require(may_administer(by) or leads_person(by, person))
    held, is_new = UserSkill.objects.get_or_create(user=person, skill=skill, defaults={"level": level})
    if is_new or held.level != level:
        held.level = level
        held.save(update_fields=["level"])
        events.record(events.SKILL_SET, by=by, at=at, person=person, about=skill.pk, level=level)
    return held


@transaction.atomic
def drop_skill(person: User, *, skill: Skill, by: User | None, at: datetime) -> bool:
    _require(may_administer(by) or leads_person(by, person))
    gone, _per_model = UserSkill.objects.filter(user=person, skill=skill).delete()
    if gone:
        events.record(events.SKILL_DROPPED, by=by, at=at, person=person, about=skill.pk)
    return bool(gone)


def _keep(team: Team, event: AccountEvent) -> None:
    content = versions.content_of(team, versions.TEAM_KEPT)
    versions.keep(versions.TEAM, team.pk, content, by=event.by, at=event.at, event=event)


def _require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(_("Only administrators, and leads for their own team, can change this."))
