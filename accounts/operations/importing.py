"""Many people at once: first the plan, which writes nothing, then the same plan carried out."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.csv_people import Outcome, Problem, Row, Sheet
from accounts.models import Membership, Organisation, ReachBy, Role, Team, User
from accounts.operations.company import create_organisation
from accounts.operations.people import PersonChanges, change_person, create_person
from accounts.operations.teams import join_team
from accounts.refusals import Refused

YES = {"yes", "y", "true", "1", "x", "ja"}
NO = {"no", "n", "false", "0", "-", "nein"}
ROLES = ("requester", "technician", "lead", "manager")
WORDS = {
    "name": forms.CharField(max_length=120),
    "email": forms.EmailField(max_length=254),
    "employee_number": forms.CharField(max_length=40),
    "phone": forms.CharField(max_length=40),
    "location": forms.CharField(max_length=120),
    "device": forms.CharField(max_length=80),
    "reach_when": forms.CharField(max_length=120),
}
CODES = {"reach_by": ReachBy.values, "language": [code for code, _name in settings.LANGUAGES]}


@dataclass
class PlannedRow:
    """What one row would do. `new_organisation` and `manager` are looked up again when it is done."""

    row: Row
    outcome: Outcome = Outcome.UNCHANGED
    person: User | None = None
    changes: PersonChanges = field(default_factory=PersonChanges)
    seats: dict[Team, str] = field(default_factory=dict)
    new_organisation: str = ""
    manager: str = ""
    remarks: list[Problem] = field(default_factory=list)


@dataclass
class Plan:
    rows: list[PlannedRow]
    ignored_columns: list[str]
    added: list[User] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """By outcome; the sum is the number of rows of the file."""
        found = Counter(row.outcome for row in self.rows)
        return {outcome.value: found[outcome] for outcome in Outcome}

    @property
    def has_work(self) -> bool:
        return any(row.outcome in (Outcome.ADDED, Outcome.CHANGED) for row in self.rows)

    @property
    def problems(self) -> list[Problem]:
        return [problem for row in self.rows for problem in row.row.problems]

    @property
    def remarks(self) -> list[Problem]:
        return [remark for row in self.rows for remark in row.remarks]

    @property
    def new_organisations(self) -> list[str]:
        taken = (row for row in self.rows if row.outcome != Outcome.SKIPPED)
        return sorted({row.new_organisation for row in taken if row.new_organisation})


def plan(sheet: Sheet, *, adds_organisations: bool = False) -> Plan:
    """What the sheet would do, row by row. Reads four tables whole or by its addresses; writes nothing."""
    planner = _Planner(sheet, adds_organisations=adds_organisations)
    return Plan([planner.plan(row) for row in sheet.rows], sheet.ignored_columns)


def carry_out(
    planned: Plan,
    *,
    by: User | None,
    at: datetime,
    tick: Callable[[], object] = lambda: None,
) -> Plan:
    """Do what was planned, each row in a transaction of its own: a kill loses no row, a second run ends it."""
    for name in planned.new_organisations:
        if not Organisation.objects.filter(name__iexact=name).exists():
            create_organisation(name=name, by=by, at=at)
    for each in planned.rows:
        if each.outcome in (Outcome.ADDED, Outcome.CHANGED):
            try:
                _carry_out_row(each, by=by, at=at)
            except Refused as refusal:
                each.row.refuse(refusal.field or "", str(refusal))
                each.outcome = Outcome.SKIPPED
            else:
                if each.outcome == Outcome.ADDED:
                    planned.added.append(cast(User, each.person))
        tick()
    _set_managers(planned, by=by, at=at)
    return planned


@transaction.atomic
def _carry_out_row(each: PlannedRow, *, by: User | None, at: datetime) -> None:
    if each.new_organisation:
        each.changes["organisation"] = Organisation.objects.get(name__iexact=each.new_organisation)
    if each.person is None:
        each.person = create_person(by=by, at=at, **each.changes)
    elif each.changes:
        each.person = change_person(each.person, by=by, at=at, **each.changes)
    for team, role in each.seats.items():
        join_team(each.person, team=team, role=role, by=by, at=at)


def _set_managers(planned: Plan, *, by: User | None, at: datetime) -> None:
    """Last, because a manager may stand further down in the file."""
    wanted = [row for row in planned.rows if row.manager and row.person is not None]
    known = {
        person.email: person for person in User.objects.filter(email__in={row.manager for row in wanted})
    }
    for each in wanted:
        manager = known.get(each.manager)
        try:
            if manager is None:
                raise Refused(
                    _("The row of %(email)s was skipped, so the manager is left out.")
                    % {"email": each.manager}
                )
            change_person(cast(User, each.person), manager=manager, by=by, at=at)
        except Refused as refusal:
            each.remarks.append(Problem(each.row.number, "manager", str(refusal)))


class _Planner:
    """Looks each row up against what is in the database."""

    def __init__(self, sheet: Sheet, *, adds_organisations: bool) -> None:
        emails = {row.email for row in sheet.rows} | {
            row.cells.get("manager", "").lower() for row in sheet.rows
        }
        self.adds_organisations = adds_organisations
        self.people = {p.email: p for p in User.objects.filter(email__in=emails).select_related("manager")}
        self.in_file = {row.email for row in sheet.rows}
        self.organisations = {o.name.lower(): o for o in Organisation.objects.all()}
        self.teams = {team.name.lower(): team for team in Team.objects.active()}
        seats = Membership.objects.filter(user__in=[person.pk for person in self.people.values()])
        self.seats = {(seat.user_id, seat.team_id): seat.role for seat in seats}

    def plan(self, row: Row) -> PlannedRow:
        each = PlannedRow(row, person=self.people.get(row.email))
        self._read_words(each)
        self._read_codes(each)
        self._read_organisation(each)
        self._read_seats(each)
        self._read_manager(each)
        if each.person is not None and not each.person.is_active:
            remark = _("This person is deactivated and stays so. Reactivate them under People.")
            each.remarks.append(Problem(row.number, "email", remark))
        if row.problems:
            each.outcome = Outcome.SKIPPED
        elif each.person is None:
            each.outcome = Outcome.ADDED
        else:
            each.outcome = Outcome.CHANGED if self._differs(each, each.person) else Outcome.UNCHANGED
        return each

    def _read_words(self, each: PlannedRow) -> None:
        for column, form_field in WORDS.items():
            text = each.row.cells.get(column, "")
            if not text:
                if column == "email" or (column == "name" and each.person is None):
                    each.row.refuse(column, _("This is empty. Every person needs it."))
                continue
            try:
                each.changes[column] = form_field.clean(text)  # type: ignore[literal-required]
            except ValidationError as trouble:
                each.row.refuse(column, f"{shorten(text)}: {' '.join(trouble.messages)}")
        if "email" in each.changes:
            each.changes["email"] = each.changes["email"].lower()

    def _read_codes(self, each: PlannedRow) -> None:
        for column, allowed in CODES.items():
            text = each.row.cells.get(column, "").lower()
            if text and text not in allowed:
                self._refuse_value(each.row, column, allowed)
            elif text:
                each.changes[column] = text  # type: ignore[literal-required]
        zone = each.row.cells.get("timezone", "")
        if zone:
            try:
                User._meta.get_field("timezone").run_validators(zone)
                each.changes["timezone"] = zone
            except ValidationError as trouble:
                each.row.refuse("timezone", f"{shorten(zone)}: {' '.join(trouble.messages)}")
        vip = each.row.cells.get("vip", "").lower()
        if vip and vip not in YES | NO:
            self._refuse_value(each.row, "vip", ["yes", "no"])
        elif vip:
            each.changes["is_vip"] = vip in YES

    def _read_organisation(self, each: PlannedRow) -> None:
        name = each.row.cells.get("organisation", "")
        if not name:
            return
        known = self.organisations.get(name.lower())
        if known is not None:
            each.changes["organisation"] = known
        elif len(name) > 120:
            each.row.refuse("organisation", _("A name of more than 120 characters. Shorten it."))
        elif self.adds_organisations:
            each.new_organisation = name
        else:
            each.row.refuse(
                "organisation",
                _("There is no organisation “%(name)s”. Mend the name, or let the import add it.")
                % {"name": shorten(name)},
            )

    def _read_seats(self, each: PlannedRow) -> None:
        role = each.row.cells.get("role", "").lower()
        names = [name.strip() for name in each.row.cells.get("teams", "").split(";") if name.strip()]
        if role and role not in ROLES:
            self._refuse_value(each.row, "role", ROLES)
            return
        if role == "manager":
            each.changes["is_manager"] = True
        if role in ("technician", "lead") and not names:
            each.row.refuse("teams", _("A %(role)s needs a team. Name one.") % {"role": role})
        for name in names:
            team = self.teams.get(name.lower())
            if team is None:
                known = ", ".join(sorted(team.name for team in self.teams.values()))
                each.row.refuse(
                    "teams",
                    _("There is no team “%(name)s”. Make it first, or choose one of: %(teams)s.")
                    % {"name": shorten(name), "teams": known[:300]},
                )
            else:
                each.seats[team] = self._role_in(team, role, each.person)

    def _role_in(self, team: Team, role: str, person: User | None) -> str:
        """A file without roles demotes no lead."""
        if role in Role.values:
            return role
        held = self.seats.get((person.pk, team.pk)) if person else None
        return held or Role.TECHNICIAN

    def _read_manager(self, each: PlannedRow) -> None:
        email = each.row.cells.get("manager", "").lower()
        if not email:
            return
        if email in self.people or email in self.in_file:
            each.manager = email
        else:
            each.remarks.append(
                Problem(
                    each.row.number,
                    "manager",
                    _("Nobody has the address %(email)s, here or in the file. The manager is left out.")
                    % {"email": shorten(email)},
                )
            )

    def _differs(self, each: PlannedRow, person: User) -> bool:
        fields = any(getattr(person, name) != value for name, value in each.changes.items())
        seats = any(self._seat_differs(person, team, role) for team, role in each.seats.items())
        manager = bool(each.manager) and (person.manager is None or person.manager.email != each.manager)
        return fields or seats or manager or bool(each.new_organisation)

    def _seat_differs(self, person: User, team: Team, role: str) -> bool:
        return self.seats.get((person.pk, team.pk)) != role

    def _refuse_value(self, row: Row, column: str, allowed: Sequence[str]) -> None:
        row.refuse(
            column,
            _("“%(value)s” is unknown. Write one of: %(allowed)s.")
            % {"value": shorten(row.cells.get(column, "")), "allowed": ", ".join(allowed)},
        )


def shorten(text: str, longest: int = 60) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
