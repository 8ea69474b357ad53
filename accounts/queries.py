"""Reading people and teams: for pickers, for lists, for the overview of the settings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from django.db.models import Count, Max, Prefetch, Q, QuerySet

from accounts.models import (
    AccountEvent,
    Contract,
    Desk,
    Membership,
    Organisation,
    Role,
    Skill,
    Team,
    Tier,
    User,
    UserQuerySet,
    UserSkill,
)

PICKED = 20
SHORTEST_SEARCH = 2


class Choice(TypedDict):
    """One line of a picker, as Tom Select reads it."""

    value: int
    text: str
    sub: str


def find_people(words: str, *, technicians_only: bool = False) -> list[Choice]:
    """Active people by any part of name, mail, phone or employee number; the first twenty by name.

    `find` is served by the trigram index; a single letter is not searched, for it would read everybody.
    """
    if len(words.strip()) < SHORTEST_SEARCH:
        return []
    people: UserQuerySet = User.objects.active().find(words)
    if technicians_only:
        people = people.filter(
            pk__in=Membership.objects.filter(team__is_active=True)
            .exclude(team__organisation__kind=Organisation.Kind.VENDOR)
            .values("user_id")
        )
    return [_person_choice(person) for person in people.select_related("organisation")[:PICKED]]


def find_teams(words: str) -> list[Choice]:
    """Teams that can receive a ticket, by any part of the name or of what they take."""
    teams = Team.objects.in_use().select_related("tier")
    for word in words.split():
        teams = teams.filter(Q(name__icontains=word) | Q(takes__icontains=word))
    return [
        {"value": team.pk, "text": team.name, "sub": " · ".join(filter(None, [str(team.tier), team.takes]))}
        for team in teams[:PICKED]
    ]


def people_with_places() -> UserQuerySet:
    """People with what a row of the list shows, at two queries however many they are."""
    memberships = Membership.objects.select_related("team__tier", "team__organisation").order_by(
        "team__tier_id"
    )
    people: UserQuerySet = User.objects.select_related("organisation").prefetch_related(
        Prefetch("memberships", memberships)
    )
    return people


class Roles:
    """What a person is, as the list of people filters it."""

    TECHNICIAN, LEAD, GUEST = "technician", "lead", "guest"
    MANAGER, ADMINISTRATOR, REQUESTER = "manager", "administrator", "requester"


def holding(role: str) -> Q:
    seats = Membership.objects.filter(team__is_active=True)
    guests = seats.filter(team__organisation__kind=Organisation.Kind.VENDOR)
    desk = seats.exclude(team__organisation__kind=Organisation.Kind.VENDOR)
    return {
        Roles.TECHNICIAN: Q(pk__in=desk.values("user_id")),
        Roles.LEAD: Q(pk__in=seats.filter(role=Role.LEAD).values("user_id")),
        Roles.GUEST: Q(pk__in=guests.values("user_id")),
        Roles.MANAGER: Q(is_manager=True),
        Roles.ADMINISTRATOR: Q(is_administrator=True),
        Roles.REQUESTER: Q(is_manager=False, is_administrator=False) & ~Q(pk__in=seats.values("user_id")),
    }[role]


def teams_with_sizes() -> "QuerySet[Team]":
    return (
        Team.objects.select_related("tier", "organisation")
        .annotate(size=Count("memberships", filter=Q(memberships__user__is_active=True)))
        .order_by("-is_active", "tier_id", "name")
    )


def members_of(team: Team) -> "QuerySet[Membership]":
    skills = Prefetch("user__skills", UserSkill.objects.select_related("skill").order_by("skill__name"))
    return team.memberships.select_related("user").prefetch_related(skills).order_by("user__name", "user_id")


def tiers_with_teams() -> "QuerySet[Tier]":
    return Tier.objects.prefetch_related(Prefetch("teams", Team.objects.active().order_by("name")))


def counts() -> dict[str, int]:
    """What the overview of the settings says beside each page."""
    return {
        "people": User.objects.active().count(),
        "organisations": Organisation.objects.filter(is_active=True).count(),
        "teams": Team.objects.active().count(),
        "tiers": Tier.objects.enabled().count(),
        "skills": Skill.objects.count(),
    }


def services() -> UserQuerySet:
    """Accounts of programs, each with how many tokens let it in and when the last one was used."""
    good = Q(tokens__isnull=False, tokens__revoked_at__isnull=True)
    rows: UserQuerySet = User.objects.filter(is_service=True).annotate(
        n=Count("tokens", filter=good), last_used=Max("tokens__last_used_at")
    )
    return rows.order_by("name", "id")


def is_empty_installation() -> bool:
    """Nobody is here yet, and nobody has set it up: the only state in which the first-run pages are open."""
    return not Desk.load().is_set_up and not User.objects.exists()


def memberships_of(person: User) -> "QuerySet[Membership]":
    return person.memberships.select_related("team__tier").order_by("team__tier_id", "team__name")


def skills_of(person: User) -> "QuerySet[UserSkill]":
    return person.skills.select_related("skill").order_by("skill__name")


def recent_history_of(person: User, limit: int = 10) -> "list[AccountEvent]":
    rows = AccountEvent.objects.filter(person=person).select_related("by", "person", "team")
    return list(rows[:limit])


def history_before(pk: int | None) -> "QuerySet[AccountEvent]":
    rows = AccountEvent.objects.select_related("by", "person", "team")
    return rows if pk is None else rows.filter(pk__lt=pk)


def organisations_with_sizes() -> "QuerySet[Organisation]":
    return Organisation.objects.annotate(
        size=Count("people", filter=Q(people__is_active=True))
    ).prefetch_related("domains", "served_by")


@dataclass(frozen=True)
class VendorLine:
    """A vendor as the settings list it: its teams, and how its contract stands that lasts longest."""

    vendor: Organisation
    teams: list[Team]
    state: str
    until: date | None


def vendors_with_contracts(*, day: date) -> list[VendorLine]:
    """Every vendor by name, in three queries. `day` is the desk's."""
    rows = Organisation.objects.filter(kind=Organisation.Kind.VENDOR).order_by("name")
    return [_vendor_line(row, day) for row in rows.prefetch_related("contracts", "teams")]


def _vendor_line(vendor: Organisation, day: date) -> VendorLine:
    teams = [team for team in vendor.teams.all() if team.is_active]
    best = longest(vendor.contracts.all(), day)
    if best is None:
        return VendorLine(vendor, teams, "none", None)
    return VendorLine(vendor, teams, best.state(day), best.ends_on)


def longest(contracts: Iterable[Contract], day: date) -> Contract | None:
    """Of a vendor's contracts the one that counts: in force and lasting longest; else the last that was."""

    def rank(contract: Contract) -> tuple[bool, date]:
        return contract.state(day) in ("runs", "ends"), contract.ends_on or date.max

    return max(contracts, key=rank, default=None)


def skills_with_sizes() -> "QuerySet[Skill]":
    sizes = Skill.objects.annotate(size=Count("people", filter=Q(people__user__is_active=True)))
    # A sum takes the usual order away.
    return sizes.order_by("name")


def _person_choice(person: User) -> Choice:
    organisation = person.organisation.name if person.organisation else ""
    parts = [person.email, person.phone, person.employee_number, organisation]
    return {"value": person.pk, "text": person.name, "sub": " · ".join(part for part in parts if part)}
