"""The people and places of a bench database: few organisations, teams and categories have most of the work."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from accounts.models import Membership, Organisation, Skill, Team, User
from bench.names import CLIENTS, L1, LEAD, PASSWORD, REQUESTER, VENDOR
from tickets.models import Category, CustomField, rebuild_category_tree

SITES = ["North", "South", "Harbour"]
TEAMS_OF_TIER = {0: 1, 1: 6, 2: 7, 3: 4, 4: 2}


@dataclass
class Cast:
    """Keys only, so that the processes that write rows need no ORM."""

    organisations: list[int] = field(default_factory=list)
    requesters: list[tuple[int, int]] = field(default_factory=list)  # (person, organisation)
    teams: dict[int, list[int]] = field(default_factory=dict)  # tier > teams
    members: dict[int, list[int]] = field(default_factory=dict)  # team > people
    categories: list[int] = field(default_factory=list)
    vendor_organisations: dict[int, int] = field(default_factory=dict)  # L4 team > vendor
    site_field: int = 0
    bench_requester: int = 0
    bench_l1: int = 0


def make_cast(tickets: int) -> Cast:
    chance = random.Random(7)
    cast = Cast()
    password = make_password(PASSWORD)
    organisations = Organisation.objects.bulk_create(
        [Organisation(name=f"Organisation {number:02}") for number in range(30)]
        + [Organisation(name=f"Vendor {number}", kind="vendor") for number in range(2)]
    )
    customers, vendors = organisations[:30], organisations[30:]
    cast.organisations = [row.pk for row in customers]
    _make_teams(cast, vendors)
    _make_desk_people(cast, password, vendors)
    count = max(300, tickets // 50)
    weights = zipf(30)
    homes = chance.choices(cast.organisations, weights, k=count)
    people = User.objects.bulk_create(
        [
            User(
                email=f"person{number}@org{home}.example",
                name=f"Person {number}",
                organisation_id=home,
                password="!",
                employee_number=f"E{number:06}",
                device=f"PC-{number}",
            )
            for number, home in enumerate(homes)
        ],
        batch_size=2000,
    )
    cast.requesters = [(user.pk, home) for user, home in zip(people, homes, strict=True)]
    requester = User.objects.create(
        email=REQUESTER, name="Bench Requester", organisation=customers[0], password=password
    )
    cast.bench_requester = requester.pk
    User.objects.bulk_create(
        User(email=address, name=f"Bench Client {number}", organisation=customers[0], password=password)
        for number, address in enumerate(CLIENTS, 1)
    )
    cast.categories = _make_categories(cast.teams[1][0])
    cast.site_field = CustomField.objects.create(key="site", label="Site", type="choice", choices=SITES).pk
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True)
        for user in User.objects.filter(email__in=[L1, REQUESTER, VENDOR, LEAD, *CLIENTS])
    )
    return cast


def _make_teams(cast: Cast, vendors: list[Organisation]) -> None:
    for tier, count in TEAMS_OF_TIER.items():
        cast.teams[tier] = []
        for number in range(count):
            team = (tier == 1 and number == 0 and Team.objects.filter(name="Service desk").first()) or Team(
                name=f"L{tier} team {number}"
            )
            team.tier_id, team.is_default = tier, number == 0
            team.organisation = vendors[number] if tier == 4 else None
            team.save()
            cast.teams[tier].append(team.pk)
            if tier == 4:
                cast.vendor_organisations[team.pk] = vendors[number].pk
    Team.objects.get(pk=cast.teams[1][0]).serves.set(cast.organisations[:10])


def _make_desk_people(cast: Cast, password: str, vendors: list[Organisation]) -> None:
    teams = [(tier, team) for tier, of_tier in cast.teams.items() for team in of_tier]
    people = User.objects.bulk_create(
        User(email=f"tech{number}@bench.example", name=f"Technician {number}", password="!")
        for number in range(120)
    )
    rows = []
    for number, user in enumerate(people):
        _tier, team = teams[number % len(teams)]
        rows.append(Membership(user=user, team_id=team))
    l1 = User.objects.create(email=L1, name="Bench Technician", password=password)
    lead = User.objects.create(email=LEAD, name="Bench Lead", password=password)
    guest = User.objects.create(email=VENDOR, name="Bench Guest", password=password, organisation=vendors[0])
    for row in rows:
        cast.members.setdefault(row.team_id, []).append(row.user_id)
    cast.bench_l1 = l1.pk
    rows += [
        Membership(user=l1, team_id=cast.teams[1][0]),
        Membership(user=lead, team_id=cast.teams[1][0], role="lead"),
        Membership(user=guest, team_id=cast.teams[4][0]),
    ]
    Membership.objects.bulk_create(rows)


def _make_categories(first_team: int) -> list[int]:
    skill = Skill.objects.create(name="Mainframe")
    roots = Category.objects.bulk_create(Category(name=f"Area {number}") for number in range(12))
    leaves = Category.objects.bulk_create(
        Category(
            name=f"Topic {number}",
            parent=roots[number % 12],
            skill=skill if number == 47 else None,
            team_id=first_team if number == 0 else None,
        )
        for number in range(48)
    )
    rebuild_category_tree()
    return [row.pk for row in leaves]


def zipf(count: int) -> list[float]:
    return [1 / (rank + 1) for rank in range(count)]
