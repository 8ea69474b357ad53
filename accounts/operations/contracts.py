"""What is agreed with a vendor, whom to call there, and that a contract comes to its end."""

from datetime import date, datetime
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import AccountEvent, Contract, Organisation, User, VendorContact
from accounts.permissions import may_administer
from accounts.refusals import NotAllowed, Refused


class ContractDetails(TypedDict, total=False):
    number: str
    covers: str
    hours: str
    starts_on: date
    ends_on: date | None
    warn_days: int
    chase_hours: int


class ContactDetails(TypedDict, total=False):
    name: str
    email: str
    phone: str
    role: str


class NumberTaken(Refused):
    """The vendor has another contract of this number."""

    code = "contract_number_taken"
    field = "number"


class EndsTooEarly(Refused):
    """A contract ends before it begins."""

    code = "contract_ends_too_early"
    field = "ends_on"


class NotAVendor(Refused):
    """Contracts and contacts belong to vendors alone."""

    code = "not_a_vendor"
    field = "vendor"


@transaction.atomic
def add_contract(
    vendor: Organisation, *, by: User | None, at: datetime, **details: Unpack[ContractDetails]
) -> Contract:
    """Note a contract with a vendor.

    Raises:
        NotAVendor, NumberTaken, EndsTooEarly: naming the field.
    """
    _require_administrator(by)
    _require_vendor(vendor)
    contract = Contract(vendor=vendor, **details)
    _save(contract)
    events.record(events.CONTRACT_ADDED, by=by, at=at, about=contract.pk)
    return contract


@transaction.atomic
def change_contract(
    contract: Contract, *, by: User | None, at: datetime, **changes: Unpack[ContractDetails]
) -> Contract:
    """Change a contract. With another end it is warned of anew when that comes near.

    Raises:
        NumberTaken, EndsTooEarly: naming the field.
    """
    _require_administrator(by)
    contract = Contract.objects.select_for_update().get(pk=contract.pk)
    found = events.differences(contract, dict(changes))
    if found:
        _save(contract)
        told = {
            name: [day.isoformat() if isinstance(day, date) else day for day in value]
            if isinstance(value, list) and name != "words"
            else value
            for name, value in found.items()
        }
        events.record(events.CONTRACT_CHANGED, by=by, at=at, about=contract.pk, changes=told)
    return contract


@transaction.atomic
def remove_contract(contract: Contract, *, by: User | None, at: datetime) -> None:
    """Forget a contract that was noted by mistake; one that is over is kept, with its end."""
    _require_administrator(by)
    events.record(events.CONTRACT_REMOVED, by=by, at=at, about=contract.vendor_id, number=contract.number)
    Contract.objects.filter(pk=contract.pk).delete()


@transaction.atomic
def add_contact(
    vendor: Organisation, *, by: User | None, at: datetime, **details: Unpack[ContactDetails]
) -> VendorContact:
    """Note whom to write to or call at a vendor. They get no login by it.

    Raises:
        NotAVendor: the organisation is none.
    """
    _require_administrator(by)
    _require_vendor(vendor)
    contact = VendorContact.objects.create(vendor=vendor, **details)
    events.record(events.CONTACT_ADDED, by=by, at=at, about=contact.pk)
    return contact


@transaction.atomic
def change_contact(
    contact: VendorContact, *, by: User | None, at: datetime, **changes: Unpack[ContactDetails]
) -> VendorContact:
    _require_administrator(by)
    contact = VendorContact.objects.select_for_update().get(pk=contact.pk)
    found = events.differences(contact, dict(changes))
    if found:
        contact.save(update_fields=events.changed_fields(found))
        events.record(events.CONTACT_CHANGED, by=by, at=at, about=contact.pk, changes=found)
    return contact


@transaction.atomic
def remove_contact(contact: VendorContact, *, by: User | None, at: datetime) -> None:
    _require_administrator(by)
    events.record(events.CONTACT_REMOVED, by=by, at=at, about=contact.vendor_id)
    VendorContact.objects.filter(pk=contact.pk).delete()


@transaction.atomic
def tell_ends(day: date, *, at: datetime) -> list[AccountEvent]:
    """Record which contracts come to their end, or have ended, that was not told yet: each end twice at most.

    Args:
        day: as the desk's calendar has it. Told again for the same day, nothing is added.

    Returns: all that was told on that day, this time or before.
    """
    held = Contract.objects.filter(ends_on__isnull=False, vendor__is_active=True)
    for contract in held.exclude(ended_told=F("ends_on")).select_for_update(of=("self",)).order_by("pk"):
        if contract.has_ended(day):
            contract.ended_told = contract.ends_on
            _tell(events.CONTRACT_ENDED, contract, day, at)
        elif contract.is_ending(day) and contract.ending_told != contract.ends_on:
            contract.ending_told = contract.ends_on
            _tell(events.CONTRACT_ENDING, contract, day, at)
    kinds = [events.CONTRACT_ENDING, events.CONTRACT_ENDED]
    return list(AccountEvent.objects.filter(kind__in=kinds, data__day=day.isoformat()).order_by("pk"))


def _tell(kind: str, contract: Contract, day: date, at: datetime) -> None:
    contract.save(update_fields=["ending_told", "ended_told"])
    ends_on = contract.ends_on.isoformat() if contract.ends_on else None
    events.record(kind, by=None, at=at, about=contract.pk, ends_on=ends_on, day=day.isoformat())


def _save(contract: Contract) -> None:
    if contract.ends_on is not None and contract.ends_on < contract.starts_on:
        raise EndsTooEarly(_("It ends before it begins. Give a later day, or an earlier one to begin."))
    try:
        with transaction.atomic():
            contract.save()
    except IntegrityError:
        raise NumberTaken(
            _("%(vendor)s has a contract of this number already.") % {"vendor": contract.vendor}
        ) from None


def _require_vendor(organisation: Organisation) -> None:
    if organisation.kind != Organisation.Kind.VENDOR:
        raise NotAVendor(_("%(name)s is not a vendor.") % {"name": organisation})


def _require_administrator(by: User | None) -> None:
    if not may_administer(by):
        raise NotAllowed(_("Only administrators can change this."))
