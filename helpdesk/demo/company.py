"""The demo company: who there is and how the desk is divided. Made through the accounts' operations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password

from accounts import operations as accounts
from accounts.models import Membership, Organisation, Role, Skill, Team, Tier, User
from escalation import operations as escalation
from helpdesk.demo import readymade
from helpdesk.demo.texts import DATA, read
from tickets.models import Category, CustomField, SavedView, Tag, rebuild_category_tree

PASSWORD = "tierdesk-demo"  # noqa: S105  (it is in the README, and refused where DEBUG is off)
MARK = "requester@demo.example"
"""The person whose being there says that the demo is loaded."""


@dataclass
class Company:
    """Everybody and everything by a short name."""

    people: dict[str, User] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    members: dict[str, list[User]] = field(default_factory=dict)
    leads: dict[str, User] = field(default_factory=dict)
    requesters: list[User] = field(default_factory=list)
    german: set[int] = field(default_factory=set)
    """Technicians who speak German, by key."""
    categories: dict[str, Category] = field(default_factory=dict)
    checklists: dict[int, list[int]] = field(default_factory=dict)
    """The items that a tier asks, by its level, by key."""
    asked: set[int] = field(default_factory=set)
    """Tickets about which somebody was asked how it went, by key."""

    def landing(self, category: Category | None) -> Team:
        """The team that a category sends its tickets to: its own, its parent's, or triage."""
        while category is not None:
            if category.team:
                return self.teams[category.team.name]
            category = category.parent
        return self.teams["Triage"]


def is_loaded() -> bool:
    return bool(User.objects.filter(email=MARK).exists())


def build(*, at: datetime) -> Company:
    """Make the company as it stood at `at`, before its first ticket."""
    rows, people = read(DATA / "company.yml"), read(DATA / "people.yml")
    company = Company()
    accounts.change_desk(by=None, at=at, **rows["desk"])
    _build_teams(company, rows, at)
    for group, is_staff in (("staff", True), ("requesters", False)):
        for organisation, members in people[group].items():
            for row in members:
                _build_person(company, row, organisation, at, is_staff=is_staff)
    _set_managers(company, people, at)
    _let_in(company)
    _build_categories(company, rows["categories"])
    _build_fields(company, rows)
    _build_desk_helps(company, rows)
    readymade.build(company.categories, company.teams, rows["canned_replies"], at=at)
    _build_checklists(company, rows["checklists"], at)
    accounts.finish_setup(by=None, at=at)
    return company


def _build_checklists(company: Company, rows: Mapping[int, list[str]], at: datetime) -> None:
    """What a tier would like to know. Nothing of it is required: a newcomer hands over without a lesson."""
    for level, texts in rows.items():
        items = [escalation.Wanted(text) for text in texts]
        made = escalation.create_checklist(tier=Tier.objects.get(level=level), items=items, by=None, at=at)
        company.checklists[level] = list(made.items.values_list("pk", flat=True))


def _build_teams(company: Company, rows: Mapping[str, Any], at: datetime) -> None:
    for level, changes in rows["tiers"].items():
        accounts.change_tier(Tier.objects.get(level=level), by=None, at=at, **changes)
    for row in rows["organisations"]:
        company.organisations[row["name"]] = accounts.create_organisation(**row, by=None, at=at)
    there = {team.name: team for team in Team.objects.all()}
    for row in rows["teams"]:
        details = {key: value for key, value in row.items() if key not in ("name", "tier")}
        if "organisation" in details:
            details["organisation"] = company.organisations[details["organisation"]]
        details["serves"] = [company.organisations[name] for name in details.get("serves", [])]
        if row["name"] in there:  # the one team that every installation has
            team = accounts.change_team(there[row["name"]], by=None, at=at, **details)
        else:
            tier = Tier.objects.get(level=row["tier"])
            team = accounts.create_team(name=row["name"], tier=tier, by=None, at=at, **details)
        company.teams[team.name] = team
    for name in rows["skills"]:
        Skill.objects.get_or_create(name=name)


def _build_person(
    company: Company, row: Mapping[str, Any], organisation: str, at: datetime, *, is_staff: bool
) -> None:
    apart = ("key", "email", "teams", "leads", "manager", "skills", "leaves")
    details = {name: value for name, value in row.items() if name not in apart}
    details.setdefault("timezone", "Europe/London")
    home = company.organisations[organisation]
    address = row.get("email") or f"{row['key']}@{home.domains.order_by('pk').values_list('domain')[0][0]}"
    person = accounts.create_person(email=address, organisation=home, by=None, at=at, **details)
    for name in (*row.get("teams", ()), *row.get("leads", ())):
        role = Role.LEAD if name in row.get("leads", ()) else Role.TECHNICIAN
        accounts.join_team(person, team=company.teams[name], role=role, by=None, at=at)
    for name, level in row.get("skills", {}).items():
        accounts.set_skill(person, skill=Skill.objects.get(name=name), level=level, by=None, at=at)
    company.people[row["key"]] = person
    if not is_staff:
        company.requesters.append(person)
    elif row.get("skills", {}).get("German", 0) >= 2:
        company.german.add(person.pk)


def _set_managers(company: Company, groups: Mapping[str, Any], at: datetime) -> None:
    for group in groups.values():
        for row in (row for members in group.values() for row in members if "manager" in row):
            manager = company.people[row["manager"]]
            accounts.change_person(company.people[row["key"]], manager=manager, by=None, at=at)


def _let_in(company: Company) -> None:
    """One hash for all: hashing is slow on purpose. Then everybody is read anew, with what was set since."""
    everybody = [person.pk for person in company.people.values()]
    User.objects.filter(pk__in=everybody).update(password=make_password(PASSWORD))
    fresh = {person.pk: person for person in User.objects.filter(pk__in=everybody)}
    company.people = {key: fresh[person.pk] for key, person in company.people.items()}
    company.requesters = [fresh[person.pk] for person in company.requesters]
    for seat in Membership.objects.select_related("team").order_by("pk"):
        company.members.setdefault(seat.team.name, []).append(fresh[seat.user_id])
        if seat.role == Role.LEAD:
            company.leads.setdefault(seat.team.name, fresh[seat.user_id])


def _build_categories(company: Company, rows: Iterable[Mapping[str, Any]]) -> None:
    def add(row: Mapping[str, Any], parent: Category | None, position: int) -> None:
        details = {key: row[key] for key in ("name", "hint", "is_common", "for_requesters") if key in row}
        if "skill" in row:
            details["skill"] = Skill.objects.get(name=row["skill"])
        category = Category.objects.create(
            parent=parent, position=position, team=company.teams.get(row.get("team", "")), **details
        )
        for place, child in enumerate(row.get("children", ())):
            add(child, category, place)

    for place, row in enumerate(rows):
        add(row, None, place)
    rebuild_category_tree()
    known = Category.objects.select_related("team", "parent__team")
    company.categories = {category.full_name: category for category in known}


def _build_fields(company: Company, rows: Mapping[str, Any]) -> None:
    used_by: dict[str, list[Category]] = {}
    for top in rows["categories"]:
        for row in top.get("children", ()):
            for key in row.get("fields", ()):
                category = company.categories[f"{top['name']} › {row['name']}"]
                used_by.setdefault(key, []).append(category)
    for place, row in enumerate(rows["fields"]):
        custom = CustomField.objects.create(position=place, **row)
        custom.categories.set(used_by[row["key"]])


def _build_desk_helps(company: Company, rows: Mapping[str, Any]) -> None:
    """Tags, and the views that everybody of the desk finds in the side bar."""
    Tag.objects.bulk_create((Tag(name=name) for name in rows["tags"]), ignore_conflicts=True)
    lead = company.people["lars"]
    SavedView.objects.bulk_create(SavedView(owner=lead, for_everyone=True, **row) for row in rows["views"])


def send_away_leavers(company: Company, *, at: datetime) -> None:
    """Who has left in the meantime, as the people file says."""
    for group in read(DATA / "people.yml").values():
        for row in (row for members in group.values() for row in members if row.get("leaves")):
            accounts.deactivate(company.people[row["key"]], by=company.people["ada"], at=at)
