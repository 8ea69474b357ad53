"""Skills: what the desk knows that people can do. Administrators keep them."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from accounts import operations
from accounts.models import Skill
from helpdesk.api.asking import Request
from helpdesk.api.describing import as_list, described
from helpdesk.api.people.inputs import (
    SkillNamed,
)
from helpdesk.api.people.people import PeopleEndpoint
from helpdesk.api.rows import row_or_404

SKILL = {"id": 3, "name": "Firewalls"}


class SkillShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


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
        by, row = self.administer(), row_or_404(Skill.objects.all(), key)
        row = operations.rename_skill(row, **self.read(SkillNamed, of=row), by=by, at=self.at)
        return Response({"id": row.pk, "name": row.name})

    @described(
        "Forget a skill",
        "With who has it and which categories need it.",
        status=204,
        operation="delete_skill",
    )
    def delete(self, request: Request, key: int) -> Response:
        operations.delete_skill(row_or_404(Skill.objects.all(), key), by=self.administer(), at=self.at)
        return Response(status=204)
