"""Vendors with their contracts and contacts. The desk reads them, administrators keep them."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import Contract, Organisation, VendorContact
from accounts.models.tokens import Area
from accounts.operations import contracts as operations
from helpdesk.api.asking import Request
from helpdesk.api.describing import as_list, described
from helpdesk.api.inputs import Input, Text, Whole
from helpdesk.api.people.people import PeopleEndpoint
from helpdesk.api.rows import row_or_404

CONTRACT = {
    "id": 4,
    "vendor": 9,
    "number": "C-2026-17",
    "covers": "Circuits 1 to 20",
    "hours": "Around the clock",
    "starts_on": "2026-01-01",
    "ends_on": "2027-12-31",
    "state": "runs",
    "warn_days": 60,
    "chase_hours": 8,
}
CONTACT = {
    "id": 6,
    "vendor": 9,
    "name": "Fault desk",
    "email": "faults@kestrel.example",
    "phone": "+44 20 1234",
    "role": "circuits",
}
VENDOR = {
    "id": 9,
    "name": "Kestrel Telecom",
    "phone": "+44 20 1200",
    "is_active": True,
    "teams": [7],
    "contracts": [CONTRACT],
    "contacts": [CONTACT],
}


class ContractShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    vendor = serializers.IntegerField()
    number = serializers.CharField()
    covers = serializers.CharField()
    hours = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(choices=["coming", "runs", "ends", "ended"], help_text="Today.")
    warn_days = serializers.IntegerField()
    chase_hours = serializers.IntegerField(help_text="Working hours without an answer until it is chased.")


class ContactShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    vendor = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    role = serializers.CharField()


class VendorShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    phone = serializers.CharField()
    is_active = serializers.BooleanField()
    teams = serializers.ListField(child=serializers.IntegerField())
    contracts = ContractShape(many=True)
    contacts = ContactShape(many=True)


class _Contract(Input):
    hours = Text(max_length=120, required=False, allow_blank=True, help_text="In a line, for people.")
    ends_on = serializers.DateField(required=False, allow_null=True, help_text="Its last day.")
    warn_days = Whole(min_value=0, max_value=3650, required=False)
    chase_hours = Whole(min_value=1, max_value=400, required=False)


class NewContract(_Contract):
    number = Text(max_length=60)
    covers = Text(max_length=400)
    starts_on = serializers.DateField()


class ChangedContract(_Contract):
    number = Text(max_length=60, required=False)
    covers = Text(max_length=400, required=False)
    starts_on = serializers.DateField(required=False)


class _Contact(Input):
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    phone = Text(max_length=40, required=False, allow_blank=True)
    role = Text(max_length=120, required=False, allow_blank=True, help_text="For what.")


class NewContact(_Contact):
    name = Text(max_length=120)


class ChangedContact(_Contact):
    name = Text(max_length=120, required=False)


class VendorEndpoint(PeopleEndpoint):
    area = Area.VENDORS


def contract_row(row: Contract) -> dict[str, Any]:
    return {
        "id": row.pk,
        "vendor": row.vendor_id,
        "number": row.number,
        "covers": row.covers,
        "hours": row.hours,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat() if row.ends_on else None,
        "state": row.state(timezone.localdate()),
        "warn_days": row.warn_days,
        "chase_hours": row.chase_hours,
    }


def contact_row(row: VendorContact) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("id", "name", "email", "phone", "role")} | {
        "vendor": row.vendor_id
    }


def vendor_row(row: Organisation) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "phone": row.phone,
        "is_active": row.is_active,
        "teams": [team.pk for team in row.teams.all()],
        "contracts": [contract_row(each) for each in row.contracts.all()],
        "contacts": [contact_row(each) for each in row.contacts.all()],
    }


def _vendors() -> "QuerySet[Organisation]":
    rows = Organisation.objects.filter(kind=Organisation.Kind.VENDOR)
    return rows.prefetch_related("teams", "contracts", "contacts").order_by("name")


def vendor_of(key: int) -> Organisation:
    return row_or_404(_vendors(), key)


class Vendors(VendorEndpoint):
    @described(
        "List vendors",
        "By name, with contracts and contacts. A vendor is an organisation of that kind: add one there.",
        response=as_list(VendorShape),
        example={"results": [VENDOR]},
        operation="list_vendors",
    )
    def get(self, request: Request) -> Response:
        return Response({"results": [vendor_row(row) for row in _vendors()]})


class OneVendor(VendorEndpoint):
    @described(
        "One vendor",
        "With its contracts and contacts.",
        response=VendorShape,
        example=VENDOR,
        operation="get_vendor",
    )
    def get(self, request: Request, key: int) -> Response:
        return Response(vendor_row(vendor_of(key)))


class Contracts(VendorEndpoint):
    @described(
        "Note a contract with a vendor",
        "Its end is warned of; what it promises stands in the policies.",
        request=NewContract,
        response=ContractShape,
        status=201,
        sent={"number": "C-2026-17", "covers": "Circuits 1 to 20", "starts_on": "2026-01-01"},
        example=CONTRACT,
        errors=(409,),
        writes=True,
        operation="add_contract",
    )
    def post(self, request: Request, key: int) -> Response:
        by, vendor = self.administer(), vendor_of(key)
        row = operations.add_contract(vendor, **self.read(NewContract), by=by, at=self.at)
        return Response(contract_row(row), status=201)


class OneContract(VendorEndpoint):
    @described(
        "Change a contract",
        "What is not given stays.",
        request=ChangedContract,
        response=ContractShape,
        sent={"ends_on": "2028-12-31"},
        example={**CONTRACT, "ends_on": "2028-12-31"},
        errors=(409,),
        writes=True,
        operation="change_contract",
    )
    def patch(self, request: Request, key: int, contract: int) -> Response:
        by, row = self.administer(), row_or_404(vendor_of(key).contracts.all(), contract)
        return Response(
            contract_row(operations.change_contract(row, **self.read(ChangedContract), by=by, at=self.at))
        )

    @described(
        "Forget a contract",
        "One that was noted by mistake; one that is over is kept, with its end.",
        status=204,
        operation="remove_contract",
    )
    def delete(self, request: Request, key: int, contract: int) -> Response:
        by, row = self.administer(), row_or_404(vendor_of(key).contracts.all(), contract)
        operations.remove_contract(row, by=by, at=self.at)
        return Response(status=204)


class Contacts(VendorEndpoint):
    @described(
        "Note whom to call at a vendor",
        "They get no login by it.",
        request=NewContact,
        response=ContactShape,
        status=201,
        sent={"name": "Fault desk", "phone": "+44 20 1234"},
        example=CONTACT,
        writes=True,
        operation="add_contact",
    )
    def post(self, request: Request, key: int) -> Response:
        by, vendor = self.administer(), vendor_of(key)
        row = operations.add_contact(vendor, **self.read(NewContact), by=by, at=self.at)
        return Response(contact_row(row), status=201)


class OneContact(VendorEndpoint):
    @described(
        "Change a contact",
        "What is not given stays.",
        request=ChangedContact,
        response=ContactShape,
        sent={"phone": "+44 20 9999"},
        example={**CONTACT, "phone": "+44 20 9999"},
        writes=True,
        operation="change_contact",
    )
    def patch(self, request: Request, key: int, contact: int) -> Response:
        by, row = self.administer(), row_or_404(vendor_of(key).contacts.all(), contact)
        return Response(
            contact_row(operations.change_contact(row, **self.read(ChangedContact), by=by, at=self.at))
        )

    @described(
        "Forget a contact", "Nothing is sent to them any more.", status=204, operation="remove_contact"
    )
    def delete(self, request: Request, key: int, contact: int) -> Response:
        by, row = self.administer(), row_or_404(vendor_of(key).contacts.all(), contact)
        operations.remove_contact(row, by=by, at=self.at)
        return Response(status=204)
