"""Organisations: customers, vendors and the company itself. The desk reads them, administrators keep them."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from accounts import operations
from accounts.models import Organisation, SupportPlan
from helpdesk.api.asking import Request
from helpdesk.api.describing import as_list, described
from helpdesk.api.people.inputs import (
    ChangedOrganisation,
    NewOrganisation,
)
from helpdesk.api.people.people import PeopleEndpoint
from helpdesk.api.rows import row_or_404

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


def _organisations() -> "QuerySet[Organisation]":
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
    return row_or_404(_organisations(), key)


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
