"""Who and what a file names: people, teams, categories. What is unknown is created by the mapping's rules."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Lower

from accounts.models import Organisation, Team, Tier, User
from intake.mapping import Group, Mapping
from intake.snapshots import LONGEST_NAME, Person, Snapshot, shortened
from tickets.models import Category, PriorityRule, rebuild_category_tree


@dataclass(frozen=True)
class Place:
    """Where a group's tickets lie."""

    team_id: int
    tier: int
    name: str


@dataclass(frozen=True)
class Known:
    user_id: int
    organisation_id: int | None


class Directory:
    """Finds or makes what snapshots name. In a dry run nothing is written: new things get passing numbers."""

    def __init__(self, mapping: Mapping, *, at: datetime, dry_run: bool) -> None:
        self.mapping, self.at, self.dry_run = mapping, at, dry_run
        self.created_teams: list[str] = []
        self.created_categories: list[str] = []
        self.created_people = 0
        self.notes: list[str] = []
        self.matrix = {(rule.impact, rule.urgency): rule.priority for rule in PriorityRule.objects.all()}
        self._passing = itertools.count(-1, -1)
        self._people: dict[str, Known] = {}
        self._places: dict[str | None, Place] = {}
        self._categories: dict[tuple[str, ...], int] = {}
        self._tiers = {tier.level: tier.is_enabled for tier in Tier.objects.all()}
        self._organisation_id: int | None = None

    def prepare(self, snapshots: Iterable[Snapshot]) -> None:
        """Make sure that everything these snapshots name is there. Called in the transaction that uses it."""
        people, groups, categories = {}, set(), set()
        for snapshot in snapshots:
            for person in (snapshot.requester, snapshot.assignee, snapshot.opened_by, snapshot.updated_by):
                if person is not None and person.mail not in self._people:
                    people[person.mail] = person
            groups.add(snapshot.group)
            categories.add(snapshot.category)
        self._add_people(people)
        for group in sorted(groups - self._places.keys(), key=str):
            self._places[group] = self._place(group)
        self._add_categories(sorted(categories - self._categories.keys() - {()}))

    def person(self, person: Person) -> Known:
        return self._people[person.mail]

    def user_id(self, person: Person | None) -> int | None:
        return None if person is None else self._people[person.mail].user_id

    def place(self, group: str | None) -> Place:
        return self._places[group]

    def category_id(self, path: tuple[str, ...]) -> int | None:
        return self._categories[path] if path else None

    def _add_people(self, people: dict[str, Person]) -> None:
        self._find_people(people)
        missing = [person for mail, person in people.items() if mail not in self._people]
        self.created_people += len(missing)
        if self.dry_run:
            self._people |= {person.mail: Known(next(self._passing), None) for person in missing}
            return
        organisation_id = self._organisation() if any(person.is_requester for person in missing) else None
        rows = [self._user(person, organisation_id if person.is_requester else None) for person in missing]
        for user in User.objects.bulk_create(rows, batch_size=500):
            self._people[user.email] = Known(user.pk, user.organisation_id)

    def _find_people(self, people: dict[str, Person]) -> None:
        found = User.objects.alias(mail=Lower("email")).filter(mail__in=list(people))
        for key, mail, organisation_id in found.values_list("pk", "email", "organisation_id"):
            self._people[mail.lower()] = Known(key, organisation_id)

    def _user(self, person: Person, organisation_id: int | None) -> User:
        rules = self.mapping.people
        user = User(
            email=person.mail,
            name=person.name,
            organisation_id=organisation_id,
            is_active=rules.requesters_active if person.is_requester else rules.desk_active,
            date_joined=self.at,
        )
        user.set_unusable_password()
        return user

    def _organisation(self) -> int | None:
        name = self.mapping.people.organisation
        if name and self._organisation_id is None:
            self._organisation_id = Organisation.objects.get_or_create(name=name[:120])[0].pk
        return self._organisation_id

    def _place(self, name: str | None) -> Place:
        rule = self._rule(name)
        if not rule.team:
            return self._first_team(rule.tier)
        team_name = shortened(rule.team, LONGEST_NAME)
        team = Team.objects.filter(name=team_name).first()
        if team is not None:
            return Place(team.pk, team.tier_id, team.name)
        return self._new_team(team_name, self._tier_in_use(rule.tier))

    def _rule(self, name: str | None) -> Group:
        if name is None:
            return self.mapping.no_group
        unknown = Group(self.mapping.unknown_team.replace("{group}", name), self.mapping.unknown_tier)
        return self.mapping.groups.get(name, unknown)

    def _first_team(self, level: int) -> Place:
        level = self._tier_in_use(level)
        team = Team.objects.active().filter(tier_id=level).order_by("-is_default", "id").first()
        if team is None:
            return self._new_team(f"{self.mapping.system} L{level}", level)
        return Place(team.pk, team.tier_id, team.name)

    def _new_team(self, name: str, level: int) -> Place:
        self.created_teams.append(f"{name} (L{level})")
        if self.dry_run:
            return Place(next(self._passing), level, name)
        team = Team.objects.create(name=name, tier_id=level)
        return Place(team.pk, level, name)

    def _tier_in_use(self, level: int) -> int:
        """The tier, or where it is off the next one that is on, up and then down."""
        above = [other for other in range(level, 5) if self._tiers.get(other)]
        below = [other for other in range(level - 1, -1, -1) if self._tiers.get(other)]
        found = (above + below or [level])[0]
        if found != level:
            note = f"Tier L{level} is not in use: its groups went to L{found}."
            if note not in self.notes:
                self.notes.append(note)
        return found

    def _add_categories(self, paths: list[tuple[str, ...]]) -> None:
        before = len(self.created_categories)
        for path in paths:
            for depth in range(1, len(path) + 1):
                if path[:depth] not in self._categories:
                    self._categories[path[:depth]] = self._category(path[:depth])
        if len(self.created_categories) > before and not self.dry_run:
            rebuild_category_tree()

    def _category(self, path: tuple[str, ...]) -> int:
        parent_id = self._categories[path[:-1]] if len(path) > 1 else None
        found = (
            Category.objects.filter(parent_id=parent_id, name=path[-1]).values_list("pk", flat=True).first()
        )
        if found is not None:
            return found
        self.created_categories.append(" › ".join(path))
        if self.dry_run:
            return next(self._passing)
        return Category.objects.create(
            parent_id=parent_id, name=path[-1], for_requesters=self.mapping.categories_for_requesters
        ).pk
