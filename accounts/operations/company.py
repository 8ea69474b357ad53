"""The desk's own settings, its tiers, and the organisations it works for."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import current, events, versions
from accounts.models import Desk, Organisation, OrganisationDomain, Team, Tier, User
from accounts.permissions import may_administer
from accounts.refusals import DomainTaken, LastTier, NotAllowed


class DeskChanges(TypedDict, total=False):
    name: str
    phone: str
    hours_text: str
    signup: str
    signed_links: bool
    is_installable: bool
    days_until_closed: int


class TierChanges(TypedDict, total=False):
    name: str
    colour: str
    writes_to_requesters: bool
    proposal_minutes: int
    sees: str
    clearance: int


class OrganisationDetails(TypedDict, total=False):
    kind: str
    support_plan: str
    phone: str
    note: str
    is_active: bool


class OrganisationChanges(OrganisationDetails, total=False):
    name: str


@transaction.atomic
def change_desk(*, by: User | None, at: datetime, **changes: Unpack[DeskChanges]) -> Desk:
    _require_administrator(by)
    Desk.load()
    desk = Desk.objects.select_for_update().get()
    found = events.differences(desk, dict(changes))
    if found:
        desk.save(update_fields=events.changed_fields(found))
        events.record(events.DESK_CHANGED, by=by, at=at, changes=found)
        transaction.on_commit(current.forget)
    return desk


@transaction.atomic
def finish_setup(*, by: User | None, at: datetime) -> Desk:
    """From here on the desk is in use, and the first-run pages are gone."""
    _require_administrator(by)
    desk = Desk.objects.select_for_update().get()
    if not desk.is_set_up:
        desk.is_set_up = True
        desk.save(update_fields=["is_set_up"])
        events.record(events.DESK_SET_UP, by=by, at=at)
        transaction.on_commit(current.forget)
    return desk


@transaction.atomic
def change_tier(tier: Tier, *, by: User | None, at: datetime, **changes: Unpack[TierChanges]) -> Tier:
    _require_administrator(by)
    tier = Tier.objects.select_for_update().get(pk=tier.pk)
    versions.begin(versions.TIER, tier.pk, versions.content_of(tier, versions.TIER_KEPT), at=at)
    found = events.differences(tier, dict(changes))
    if found:
        tier.save(update_fields=events.changed_fields(found))
        event = events.record(events.TIER_CHANGED, by=by, at=at, tier=tier.level, changes=found)
        content = versions.content_of(tier, versions.TIER_KEPT)
        versions.keep(versions.TIER, tier.pk, content, by=by, at=at, event=event)
    return tier


@transaction.atomic
def enable_tier(tier: Tier, *, by: User | None, at: datetime) -> Tier:
    _require_administrator(by)
    return _switch(tier, on=True, by=by, at=at)


@transaction.atomic
def disable_tier(tier: Tier, *, by: User | None, at: datetime) -> Tier:
    """Skip this tier from now on. Its open tickets go elsewhere first: `helpdesk.desk.retiring` sees to that.

    Raises:
        LastTier: no other tier in use has a team.
    """
    _require_administrator(by)
    if not Team.objects.in_use().exclude(tier=tier).exists():
        raise LastTier
    return _switch(tier, on=False, by=by, at=at)


@transaction.atomic
def create_organisation(
    *,
    name: str,
    by: User | None,
    at: datetime,
    domains: Iterable[str] = (),
    served_by: Iterable[Team] = (),
    **details: Unpack[OrganisationDetails],
) -> Organisation:
    """Add an organisation with its mail domains and the teams that serve it.

    Raises:
        DomainTaken: a domain belongs to another one.
    """
    _require_administrator(by)
    organisation = Organisation.objects.create(name=name, **details)
    _set_domains(organisation, domains)
    organisation.served_by.set(served_by)
    events.record(events.ORGANISATION_CREATED, by=by, at=at, about=organisation.pk)
    return organisation


@transaction.atomic
def change_organisation(
    organisation: Organisation,
    *,
    by: User | None,
    at: datetime,
    domains: Iterable[str] | None = None,
    served_by: Iterable[Team] | None = None,
    **changes: Unpack[OrganisationChanges],
) -> Organisation:
    """Change an organisation. Who signs up belongs to it by its mail domains, so these are recorded too."""
    _require_administrator(by)
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    found = events.differences(organisation, dict(changes))
    if found:
        organisation.save(update_fields=events.changed_fields(found))
    if domains is not None and _set_domains(organisation, domains):
        found["domains"] = True
    if served_by is not None and _set_servers(organisation, {team.pk for team in served_by}):
        found["served_by"] = True
    if found:
        events.record(events.ORGANISATION_CHANGED, by=by, at=at, about=organisation.pk, changes=found)
    return organisation


def _set_domains(organisation: Organisation, domains: Iterable[str]) -> bool:
    wanted = {domain.lower() for domain in domains}
    held = {row.domain.lower(): row for row in organisation.domains.all()}
    foreign = OrganisationDomain.objects.exclude(organisation=organisation).select_related("organisation")
    for domain in sorted(wanted - held.keys()):
        other = foreign.filter(domain__iexact=domain).first()
        if other is not None:
            raise DomainTaken(domain, other.organisation.name)
        OrganisationDomain.objects.create(organisation=organisation, domain=domain)
    for domain in held.keys() - wanted:
        held[domain].delete()
    return wanted != held.keys()


def _set_servers(organisation: Organisation, wanted: set[int]) -> bool:
    teams = organisation.served_by
    if wanted == set(teams.values_list("pk", flat=True)):
        return False
    teams.set(wanted)
    return True


def _switch(tier: Tier, *, on: bool, by: User | None, at: datetime) -> Tier:
    tier = Tier.objects.select_for_update().get(pk=tier.pk)
    if tier.is_enabled != on:
        tier.is_enabled = on
        tier.save(update_fields=["is_enabled"])
        kind = events.TIER_ENABLED if on else events.TIER_DISABLED
        events.record(kind, by=by, at=at, tier=tier.level)
    return tier


def _require_administrator(by: User | None) -> None:
    if not may_administer(by):
        raise NotAllowed(_("Only administrators can change this."))
