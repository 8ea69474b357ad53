"""Categories, for everybody who files."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from accounts.models.tokens import Area
from helpdesk.api.asking import Request
from helpdesk.api.describing import as_list, described
from helpdesk.api.endpoint import Endpoint
from tickets.models import Category
from tickets.permissions import is_desk

CATEGORY = {
    "id": 13,
    "name": "VPN",
    "full_name": "Network > VPN",
    "parent": 4,
    "team": 5,
    "for_requesters": True,
}


class CategoryShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    full_name = serializers.CharField()
    parent = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]
    team = serializers.IntegerField(allow_null=True, help_text="Where its tickets land; for the desk.")
    for_requesters = serializers.BooleanField()


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
