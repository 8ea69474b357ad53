"""Teams, tiers, organisations, skills and categories: the desk reads them, administrators keep them."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from accounts import operations, queries
from accounts.models import Organisation, Role, Sees, Skill, SupportPlan, Team, Tier, User
from accounts.models.tokens import Area
from helpdesk.api.asking import Request
from helpdesk.api.describing import as_list, described
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.inputs import Nothing
from helpdesk.api.people.inputs import (
    ChangedOrganisation,
    ChangedTeam,
    NewOrganisation,
    NewTeam,
    Seated,
    SkillNamed,
)
from helpdesk.api.people.people import PeopleEndpoint
from helpdesk.api.problems import Problem
from tickets.models import Category, Ticket
from tickets.permissions import is_desk

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
ORGANISATION = {
    "id": 1,
    "name": "Northwind",
    "kind": "customer",
    "support_plan": "proactive",
    "phone": "",
    "note": "",
    "is_active": True,
    "domains": ["northwind.example"],
    "served_by": [2],
}
SKILL = {"id": 3, "name": "Firewalls"}
CATEGORY = {
    "id": 13,
    "name": "VPN",
    "full_name": "Network > VPN",
    "parent": 4,
    "team": 5,
    "for_requesters": True,
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


class OrganisationShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Organisation.Kind.values)
    support_plan = serializers.ChoiceField(choices=SupportPlan.values)
    phone = serializers.CharField()
    note = serializers.CharField()
    is_active = serializers.BooleanField()
    domains = serializers.ListField(child=serializers.CharField())
    served_by = serializers.ListField(child=serializers.IntegerField())


class SkillShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class CategoryShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    full_name = serializers.CharField()
    parent = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]
    team = serializers.IntegerField(allow_null=True, help_text="Where its tickets land; for the desk.")
    for_requesters = serializers.BooleanField()


# --- teams ---


def _teams() -> Any:
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
    row = _teams().filter(pk=key).first() if 0 < key < 2**63 else None
    if row is None:
        raise Http404
    found: Team = row
    return found


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
        by, row, somebody = self.administer(), team_of(key), _active(person)
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
        operations.leave_team(_anybody(person), team=row, by=by, at=self.at)
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
                "conflict", f"{lying} tickets lie open in {row.name}. Hand them over first.", open=lying
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


# --- organisations ---


def _organisations() -> Any:
    return Organisation.objects.prefetch_related("domains", "served_by").order_by("name")


def organisation_row(row: Organisation) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "kind": row.kind,
        "support_plan": row.support_plan,
        "phone": row.phone,
        "note": row.note,
        "is_active": row.is_active,
        "domains": [each.domain for each in row.domains.all()],
        "served_by": [each.pk for each in row.served_by.all()],
    }


def organisation_of(key: int) -> Organisation:
    row = _organisations().filter(pk=key).first() if 0 < key < 2**63 else None
    if row is None:
        raise Http404
    found: Organisation = row
    return found


class Organisations(PeopleEndpoint):
    @described(
        "List organisations",
        "Customers, vendors and the company itself, by name.",
        response=as_list(OrganisationShape),
        example={"results": [ORGANISATION]},
        operation="list_organisations",
    )
    def get(self, request: Request) -> Response:
        return Response({"results": [organisation_row(row) for row in _organisations()]})

    @described(
        "Add an organisation",
        "Who writes from one of its mail domains belongs to it.",
        request=NewOrganisation,
        response=OrganisationShape,
        status=201,
        sent={"name": "Northwind", "domains": ["northwind.example"]},
        example=ORGANISATION,
        errors=(409,),
        writes=True,
        operation="add_organisation",
    )
    def post(self, request: Request) -> Response:
        by = self.administer()
        row = operations.create_organisation(**self.read(NewOrganisation), by=by, at=self.at)
        response = Response(organisation_row(organisation_of(row.pk)), status=201)
        response["Location"] = f"/api/v1/organisations/{row.pk}/"
        return response


class OneOrganisation(PeopleEndpoint):
    @described(
        "One organisation",
        "With its mail domains and the teams that serve it.",
        response=OrganisationShape,
        example=ORGANISATION,
        operation="get_organisation",
    )
    def get(self, request: Request, key: int) -> Response:
        return Response(organisation_row(organisation_of(key)))

    @described(
        "Change an organisation",
        "What is not given stays.",
        request=ChangedOrganisation,
        response=OrganisationShape,
        sent={"support_plan": "strategic"},
        example={**ORGANISATION, "support_plan": "strategic"},
        errors=(409,),
        writes=True,
        operation="change_organisation",
    )
    def patch(self, request: Request, key: int) -> Response:
        by, row = self.administer(), organisation_of(key)
        operations.change_organisation(row, **self.read(ChangedOrganisation, of=row), by=by, at=self.at)
        return Response(organisation_row(organisation_of(key)))


# --- skills ---


def skill_of(key: int) -> Skill:
    row = Skill.objects.filter(pk=key).first() if 0 < key < 2**63 else None
    if row is None:
        raise Http404
    return row


class Skills(PeopleEndpoint):
    @described(
        "List skills",
        "What the desk knows that people can do.",
        response=as_list(SkillShape),
        example={"results": [SKILL]},
        operation="list_skills",
    )
    def get(self, request: Request) -> Response:
        return Response({"results": list(Skill.objects.values("id", "name"))})

    @described(
        "Add a skill",
        "It is not there yet under another spelling.",
        request=SkillNamed,
        response=SkillShape,
        status=201,
        sent={"name": "Firewalls"},
        example=SKILL,
        writes=True,
        operation="add_skill",
    )
    def post(self, request: Request) -> Response:
        by = self.administer()
        row = operations.create_skill(**self.read(SkillNamed), by=by, at=self.at)
        response = Response({"id": row.pk, "name": row.name}, status=201)
        response["Location"] = f"/api/v1/skills/{row.pk}/"
        return response


class OneSkill(PeopleEndpoint):
    @described(
        "Rename a skill",
        "Who has it keeps it, and so do the categories that need it.",
        request=SkillNamed,
        response=SkillShape,
        sent={"name": "Firewalls and VPN"},
        example={**SKILL, "name": "Firewalls and VPN"},
        writes=True,
        operation="rename_skill",
    )
    def patch(self, request: Request, key: int) -> Response:
        by, row = self.administer(), skill_of(key)
        row = operations.rename_skill(row, **self.read(SkillNamed, of=row), by=by, at=self.at)
        return Response({"id": row.pk, "name": row.name})

    @described(
        "Forget a skill",
        "With who has it and which categories need it.",
        status=204,
        operation="delete_skill",
    )
    def delete(self, request: Request, key: int) -> Response:
        operations.delete_skill(skill_of(key), by=self.administer(), at=self.at)
        return Response(status=204)


# --- categories ---


class Categories(Endpoint):
    """For everybody who files: requesters see those that they may choose."""

    area = Area.TICKETS

    @described(
        "List categories",
        "Those in use, as a tree by `parent`. Requesters see those that they may choose.",
        response=as_list(CategoryShape),
        example={"results": [CATEGORY]},
        operation="list_categories",
    )
    def get(self, request: Request) -> Response:
        rows, desk = Category.objects.active(), is_desk(self.person)
        if not desk:
            rows = rows.filter(for_requesters=True)
        return Response(
            {
                "results": [
                    {
                        "id": row.pk,
                        "name": row.name,
                        "full_name": row.full_name,
                        "parent": row.parent_id,
                        "team": row.team_id if desk else None,
                        "for_requesters": row.for_requesters,
                    }
                    for row in rows
                ]
            }
        )


def _active(key: int) -> User:
    return _anybody(key, is_active=True)


def _anybody(key: int, **wanted: Any) -> User:
    row = User.objects.filter(pk=key, **wanted).first() if 0 < key < 2**63 else None
    if row is None:
        raise Http404
    return row
