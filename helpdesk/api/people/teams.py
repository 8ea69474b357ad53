"""Teams and who sits in them, and tiers: the desk reads them, administrators keep them."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from accounts import operations, queries
from accounts.models import Role, Sees, Team, Tier, User
from helpdesk.api.asking import Request
from helpdesk.api.describing import as_list, described
from helpdesk.api.inputs import Nothing
from helpdesk.api.people.inputs import (
    ChangedTeam,
    NewTeam,
    Seated,
)
from helpdesk.api.people.people import PeopleEndpoint
from helpdesk.api.problems import Problem
from helpdesk.api.rows import row_or_404
from tickets.models import Ticket

TEAM = {
    "id": 5,
    "name": "Network",
    "tier": 2,
    "organisation": None,
    "serves": [],
    "takes": "Switches, Wi-Fi, VPN",
    "takes_not": "Phones",
    "is_default": False,
    "is_active": True,
    "members": [{"person": 12, "name": "Dario Rossi", "role": "lead"}],
}
TIER = {
    "level": 2,
    "name": "Technical",
    "is_enabled": True,
    "writes_to_requesters": False,
    "sees": "own_teams",
    "clearance": 2,
}


class MemberShape(serializers.Serializer[Any]):
    person = serializers.IntegerField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.values)


class TeamRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    tier = serializers.IntegerField()
    organisation = serializers.IntegerField(allow_null=True, help_text="The vendor, for a vendor's team.")
    serves = serializers.ListField(
        child=serializers.IntegerField(), help_text="Organisations; none where it serves everybody."
    )
    takes = serializers.CharField()
    takes_not = serializers.CharField()
    is_default = serializers.BooleanField()
    is_active = serializers.BooleanField()


class TeamShape(TeamRow):
    members = MemberShape(many=True)


class TierShape(serializers.Serializer[Any]):
    level = serializers.IntegerField()
    name = serializers.CharField()
    is_enabled = serializers.BooleanField()
    writes_to_requesters = serializers.BooleanField()
    sees = serializers.ChoiceField(choices=Sees.values)
    clearance = serializers.IntegerField()


def _teams() -> "QuerySet[Team]":
    return queries.teams_with_sizes().prefetch_related("serves")


def team_row(row: Team) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "tier": row.tier_id,
        "organisation": row.organisation_id,
        "serves": [each.pk for each in row.serves.all()],
        "takes": row.takes,
        "takes_not": row.takes_not,
        "is_default": row.is_default,
        "is_active": row.is_active,
    }


def team_of(key: int) -> Team:
    return row_or_404(_teams(), key)


def team_answer(row: Team, *, status: int = 200) -> Response:
    fresh = team_of(row.pk)
    members = [
        {"person": seat.user_id, "name": seat.user.name, "role": seat.role}
        for seat in queries.members_of(fresh)
    ]
    return Response(team_row(fresh) | {"members": members}, status=status)


class Teams(PeopleEndpoint):
    @described(
        "List teams",
        "Those in use first, by tier and name.",
        response=as_list(TeamRow),
        example={"results": [{name: value for name, value in TEAM.items() if name != "members"}]},
        operation="list_teams",
    )
    def get(self, request: Request) -> Response:
        return Response({"results": [team_row(row) for row in _teams()]})

    @described(
        "Add a team",
        "It stays on its tier. The first of a tier becomes its first choice.",
        request=NewTeam,
        response=TeamShape,
        status=201,
        sent={"name": "Network", "tier": 2, "takes": "Switches, Wi-Fi, VPN"},
        example={**TEAM, "members": []},
        writes=True,
        operation="add_team",
    )
    def post(self, request: Request) -> Response:
        by = self.administer()
        row = operations.create_team(**self.read(NewTeam), by=by, at=self.at)
        response = team_answer(row, status=201)
        response["Location"] = f"/api/v1/teams/{row.pk}/"
        return response


class OneTeam(PeopleEndpoint):
    @described("One team", "With who sits in it.", response=TeamShape, example=TEAM, operation="get_team")
    def get(self, request: Request, key: int) -> Response:
        return team_answer(team_of(key))

    @described(
        "Change a team",
        "What is not given stays. Its lead may say what it takes.",
        request=ChangedTeam,
        response=TeamShape,
        sent={"takes_not": "Phones"},
        example=TEAM,
        writes=True,
        operation="change_team",
    )
    def patch(self, request: Request, key: int) -> Response:
        row = team_of(key)
        return team_answer(
            operations.change_team(row, **self.read(ChangedTeam, of=row), by=self.person, at=self.at)
        )


class TeamMember(PeopleEndpoint):
    @described(
        "Put somebody into a team",
        "Or change their role there; a technician, if none is given.",
        request=Seated,
        response=TeamShape,
        sent={"role": "technician"},
        example=TEAM,
        writes=True,
        operation="join_team",
    )
    def put(self, request: Request, key: int, person: int) -> Response:
        by, row, somebody = self.administer(), team_of(key), row_or_404(User.objects.active(), person)
        operations.join_team(somebody, team=row, **self.read(Seated), by=by, at=self.at)
        return team_answer(row)

    @described(
        "Take somebody out of a team",
        "What they have open stays with them.",
        status=204,
        operation="leave_team",
    )
    def delete(self, request: Request, key: int, person: int) -> Response:
        by, row = self.administer(), team_of(key)
        operations.leave_team(row_or_404(User.objects.all(), person), team=row, by=by, at=self.at)
        return Response(status=204)


class TeamRetirement(PeopleEndpoint):
    @described(
        "Take a team out of use",
        "409 while tickets lie open there: hand them over first, for example with a bulk act.",
        request=Nothing,
        response=TeamShape,
        sent={},
        example={**TEAM, "is_active": False},
        errors=(409,),
        writes=True,
        operation="retire_team",
    )
    def post(self, request: Request, key: int) -> Response:
        by, row = self.administer(), team_of(key)
        self.read(Nothing)
        lying = Ticket.objects.open().filter(team=row).count()
        if lying:
            raise Problem(
                "conflict",
                _("%(lying)s tickets lie open in %(name)s. Hand them over first.")
                % {"lying": lying, "name": row.name},
                open=lying,
            )
        return team_answer(operations.retire_team(row, by=by, at=self.at))


class TeamRevival(PeopleEndpoint):
    @described(
        "Put a team to use again",
        "With the people and the rights that it had.",
        request=Nothing,
        response=TeamShape,
        sent={},
        example=TEAM,
        writes=True,
        operation="revive_team",
    )
    def post(self, request: Request, key: int) -> Response:
        by, row = self.administer(), team_of(key)
        self.read(Nothing)
        return team_answer(operations.revive_team(row, by=by, at=self.at))


class Tiers(PeopleEndpoint):
    @described(
        "List tiers",
        "From L0 to L4, those out of use too.",
        response=as_list(TierShape),
        example={"results": [TIER]},
        operation="list_tiers",
    )
    def get(self, request: Request) -> Response:
        names = ("level", "name", "is_enabled", "writes_to_requesters", "sees", "clearance")
        return Response({"results": list(Tier.objects.values(*names))})
