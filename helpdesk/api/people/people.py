"""People. The desk looks them up, administrators keep them; who is here say they themselves and who leads them."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from accounts import operations, queries
from accounts.invitations import invite
from accounts.models import Skill, User
from accounts.models.people import ReachBy
from accounts.models.tokens import Area
from accounts.permissions import may_administer, may_find_people
from accounts.queries import Roles, holding
from escalation.models import Availability
from escalation.operations import availability
from escalation.queries.presence import presence_of
from helpdesk.api import paging
from helpdesk.api.asking import Request
from helpdesk.api.describing import PAGING, described, listed
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.inputs import Nothing
from helpdesk.api.params import choice_of, key_of
from helpdesk.api.people.inputs import Away, ChangedPerson, Duty, Level, NewPerson
from helpdesk.api.problems import Problem
from helpdesk.api.rendering import stamp
from helpdesk.api.rows import row_or_404
from helpdesk.desk.leaving import let_go

ANY, ACTIVE, GONE = "any", "true", "false"
ROLES = (
    Roles.REQUESTER,
    Roles.TECHNICIAN,
    Roles.LEAD,
    Roles.GUEST,
    Roles.MANAGER,
    Roles.ADMINISTRATOR,
)
ROW = {
    "id": 7,
    "name": "Mira Kask",
    "email": "mira@example.com",
    "organisation": 1,
    "employee_number": "4711",
    "phone": "+49 30 1234",
    "location": "Berlin, floor 2",
    "device": "LT-2207",
    "manager": 3,
    "is_vip": False,
    "reach_by": "mail",
    "reach_when": "",
    "timezone": "Europe/Berlin",
    "language": "en",
    "sees_organisation": False,
    "is_manager": False,
    "is_administrator": False,
    "is_active": True,
    "is_service": False,
    "mail_bounced_at": None,
    "teams": [{"id": 2, "name": "Service desk", "tier": 1, "role": "technician"}],
}
PRESENCE = {
    "is_present": False,
    "since": "2026-11-26T08:00:00Z",
    "back_at": "2026-11-30T08:00:00Z",
    "is_away": True,
    "away_until": "2026-11-30T08:00:00Z",
    "hours": None,
    "capacity": 12,
}


class SeatShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    tier = serializers.IntegerField()
    role = serializers.CharField()


class PersonShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField()
    organisation = serializers.IntegerField(allow_null=True)
    employee_number = serializers.CharField()
    phone = serializers.CharField()
    location = serializers.CharField()
    device = serializers.CharField()
    manager = serializers.IntegerField(allow_null=True)
    is_vip = serializers.BooleanField()
    reach_by = serializers.ChoiceField(choices=ReachBy.values)
    reach_when = serializers.CharField()
    timezone = serializers.CharField()
    language = serializers.CharField()
    sees_organisation = serializers.BooleanField()
    is_manager = serializers.BooleanField()
    is_administrator = serializers.BooleanField()
    is_active = serializers.BooleanField()
    is_service = serializers.BooleanField(help_text="An account of a program.")
    mail_bounced_at = serializers.DateTimeField(allow_null=True)
    teams = SeatShape(many=True)


class PresenceShape(serializers.Serializer[Any]):
    is_present = serializers.BooleanField(help_text="Not away, and within their hours.")
    since = serializers.DateTimeField(allow_null=True, help_text="Since when they are not here.")
    back_at = serializers.DateTimeField(allow_null=True)
    is_away = serializers.BooleanField(help_text="Somebody has said so.")
    away_until = serializers.DateTimeField(allow_null=True)
    hours = serializers.IntegerField(allow_null=True, help_text="The calendar of their working hours.")
    capacity = serializers.IntegerField(
        allow_null=True, help_text="Open tickets at most; null as their teams have it."
    )


class LeaverShape(PersonShape):
    released = serializers.IntegerField(help_text="Tickets that went back to their teams.")


class PeopleEndpoint(Endpoint):
    area = Area.PEOPLE

    def let_in(self) -> None:
        if not may_find_people(self.person):
            raise Problem("not_allowed", _("People and teams are for the desk."))

    def administer(self) -> User:
        """Who asks, where only administrators may."""
        if not may_administer(self.person):
            raise Problem("not_allowed", _("Only administrators can change this."))
        return self.person


def shown(row: User) -> dict[str, Any]:
    """`row` as `queries.people_with_places` reads it."""
    return {
        "id": row.pk,
        "name": row.name,
        "email": row.email,
        "organisation": row.organisation_id,
        "employee_number": row.employee_number,
        "phone": row.phone,
        "location": row.location,
        "device": row.device,
        "manager": row.manager_id,
        "is_vip": row.is_vip,
        "reach_by": row.reach_by,
        "reach_when": row.reach_when,
        "timezone": row.timezone,
        "language": row.language,
        "sees_organisation": row.sees_organisation,
        "is_manager": row.is_manager,
        "is_administrator": row.is_administrator,
        "is_active": row.is_active,
        "is_service": row.is_service,
        "mail_bounced_at": stamp(row.mail_bounced_at),
        "teams": [
            {
                "id": seat.team_id,
                "name": seat.team.name,
                "tier": seat.team.tier_id,
                "role": seat.role,
            }
            for seat in row.memberships.all()
        ],
    }


def person_of(key: int) -> User:
    return row_or_404(queries.people_with_places(), key)


def answered(row: User, *, status: int = 200, **more: Any) -> Response:
    return Response(shown(person_of(row.pk)) | more, status=status)


class People(PeopleEndpoint):
    params = frozenset({"q", "role", "organisation", "team", "active", *paging.PARAMS})

    @described(
        "List people",
        "By name. `q` finds any part of name, mail, phone or employee number.",
        response=listed(PersonShape),
        example={"results": [ROW], "next": None, "previous": None},
        params=(
            *PAGING,
            OpenApiParameter("q", str, description="Part of name, mail, phone or number."),
            OpenApiParameter("role", str, enum=[ANY, *ROLES], description="What they are."),
            OpenApiParameter("organisation", int, description="By its id."),
            OpenApiParameter("team", int, description="Who sits in it, by its id."),
            OpenApiParameter("active", str, enum=[ACTIVE, GONE, ANY], description="Active, if not said."),
        ),
        operation="list_people",
    )
    def get(self, request: Request) -> Response:
        rows = queries.people_with_places()
        if words := request.query_params.get("q", "").strip():
            rows = rows.find(words[:200])
        role = choice_of(request, "role", (ANY, *ROLES), ANY)
        if role != ANY:
            rows = rows.filter(holding(role))
        for name, column in (("organisation", "organisation"), ("team", "memberships__team")):
            if (key := key_of(request, name)) is not None:
                rows = rows.filter(**{column: key})
        active = choice_of(request, "active", (ACTIVE, GONE, ANY), ACTIVE)
        if active != ANY:
            rows = rows.filter(is_active=active == ACTIVE)
        return paging.answer(request, paging.page_of(request, rows, column="name"), shown)

    @described(
        "Add a person",
        "Without an invitation they cannot log in until they are sent one, or log in by single sign-on.",
        request=NewPerson,
        response=PersonShape,
        status=201,
        sent={"email": "mira@example.com", "name": "Mira Kask", "organisation": 1, "invite": True},
        example=ROW,
        errors=(409,),
        writes=True,
        operation="add_person",
    )
    def post(self, request: Request) -> Response:
        by, at = self.administer(), self.at
        given = self.read(NewPerson)
        asks = given.pop("invite", False)
        row = operations.create_person(**given, by=by, at=at)
        if asks:
            invite([row], by=by, at=at)
        response = answered(row, status=201)
        response["Location"] = f"/api/v1/people/{row.pk}/"
        return response


class OnePerson(PeopleEndpoint):
    @described(
        "One person",
        "With where they sit; also who has left.",
        response=PersonShape,
        example=ROW,
        operation="get_person",
    )
    def get(self, request: Request, key: int) -> Response:
        return Response(shown(person_of(key)))

    @described(
        "Change a person",
        "What is not given stays.",
        request=ChangedPerson,
        response=PersonShape,
        sent={"location": "Berlin, floor 3"},
        example={**ROW, "location": "Berlin, floor 3"},
        errors=(409,),
        writes=True,
        operation="change_person",
    )
    def patch(self, request: Request, key: int) -> Response:
        by, row = self.administer(), person_of(key)
        return answered(operations.change_person(row, **self.read(ChangedPerson), by=by, at=self.at))


class Deactivation(PeopleEndpoint):
    @described(
        "Let somebody in no more",
        "Their sessions and tokens end now; what they have open goes back to its teams.",
        request=Nothing,
        response=LeaverShape,
        sent={},
        example={**ROW, "is_active": False, "released": 3},
        errors=(409,),
        writes=True,
        operation="deactivate_person",
    )
    def post(self, request: Request, key: int) -> Response:
        by, row = self.administer(), person_of(key)
        self.read(Nothing)
        return answered(row, released=let_go(row, by=by, at=self.at) if row.is_active else 0)


class Reactivation(PeopleEndpoint):
    @described(
        "Let somebody in again",
        "They log in as before; what they had open stays where it went.",
        request=Nothing,
        response=PersonShape,
        sent={},
        example=ROW,
        writes=True,
        operation="reactivate_person",
    )
    def post(self, request: Request, key: int) -> Response:
        by, row = self.administer(), person_of(key)
        self.read(Nothing)
        return answered(operations.reactivate(row, by=by, at=self.at))


class PersonSkill(PeopleEndpoint):
    @described(
        "Say how well somebody can do something",
        "By administrators, and by who leads them.",
        request=Level,
        response=PersonShape,
        sent={"level": 2},
        example=ROW,
        writes=True,
        operation="set_skill",
    )
    def put(self, request: Request, key: int, skill: int) -> Response:
        row, found = person_of(key), row_or_404(Skill.objects.all(), skill)
        operations.set_skill(row, skill=found, **self.read(Level), by=self.person, at=self.at)
        return answered(row)

    @described(
        "Take a skill from somebody",
        "By administrators, and by who leads them.",
        status=204,
        operation="drop_skill",
    )
    def delete(self, request: Request, key: int, skill: int) -> Response:
        operations.drop_skill(
            person_of(key), skill=row_or_404(Skill.objects.all(), skill), by=self.person, at=self.at
        )
        return Response(status=204)


class PersonAvailability(PeopleEndpoint):
    @described(
        "Whether somebody is here",
        "Not away, and within their own working hours.",
        response=PresenceShape,
        example=PRESENCE,
        operation="get_availability",
    )
    def get(self, request: Request, key: int) -> Response:
        return _present(person_of(key), self.at)

    @described(
        "Say when somebody works, and how much they can have",
        "By who leads them, managers and administrators. What is not given is as their teams have it.",
        request=Duty,
        response=PresenceShape,
        sent={"hours": 2, "capacity": 12},
        example={**PRESENCE, "hours": 2},
        writes=True,
        operation="change_duty",
    )
    def put(self, request: Request, key: int) -> Response:
        row = person_of(key)
        given = {"hours": None, "capacity": None} | self.read(Duty)
        availability.change_duty(row, **given, by=self.person, at=self.at)
        return _present(row, self.at)


class GoingAway(PeopleEndpoint):
    @described(
        "Say that somebody is away",
        "What cannot wait for them goes back into the queue.",
        request=Away,
        response=PresenceShape,
        sent={"until": "2026-11-30T08:00:00Z"},
        example=PRESENCE,
        writes=True,
        operation="go_away",
    )
    def post(self, request: Request, key: int) -> Response:
        row = person_of(key)
        given = {"until": None} | self.read(Away)
        availability.go_away(row, **given, by=self.person, at=self.at)
        return _present(row, self.at)


class ComingBack(PeopleEndpoint):
    @described(
        "Say that somebody is here again",
        "What went back into the queue meanwhile stays there.",
        request=Nothing,
        response=PresenceShape,
        sent={},
        example={**PRESENCE, "is_present": True, "since": None, "back_at": None, "is_away": False},
        writes=True,
        operation="come_back",
    )
    def post(self, request: Request, key: int) -> Response:
        row = person_of(key)
        self.read(Nothing)
        availability.come_back(row, by=self.person, at=self.at)
        return _present(row, self.at)


def _present(row: User, at: datetime) -> Response:
    kept = Availability.objects.filter(user=row).first() or Availability(user=row)
    found = presence_of(row, at=at)
    return Response(
        {
            "is_present": found.is_present,
            "since": stamp(found.since),
            "back_at": stamp(found.back_at),
            "is_away": kept.is_away,
            "away_until": stamp(kept.away_until),
            "hours": kept.hours_id,
            "capacity": kept.capacity,
        }
    )
