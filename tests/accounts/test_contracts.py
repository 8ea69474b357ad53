"""What is agreed with a vendor, whom to call there, and that an end is told before it comes and once after."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import AccountEvent, Contract, Organisation, User, VendorContact
from accounts.operations import contracts
from accounts.refusals import NotAllowed
from accounts.sentences import lines
from delivery.models import Mail, Notice
from helpdesk import vendor_notices
from helpdesk.digest import send_digests

SignIn = Callable[[User], Any]
TODAY = date(2026, 11, 23)
FACTS: dict[str, Any] = {"number": "K-1", "covers": "Lines", "starts_on": date(2026, 1, 1)}


@pytest.fixture
def contract(kestrel: Organisation, at: datetime) -> Contract:
    ends_on = TODAY + timedelta(days=70)
    return contracts.add_contract(kestrel, by=None, at=at, ends_on=ends_on, warn_days=60, **FACTS)


def kinds() -> list[str]:
    return list(AccountEvent.objects.order_by("pk").values_list("kind", flat=True))


# --- keeping them ---


def test_each_act_is_told_in_the_history(
    contract: Contract, kestrel: Organisation, ada: User, at: datetime
) -> None:
    contracts.change_contract(contract, ends_on=date(2028, 1, 1), covers="All lines", by=ada, at=at)
    contact = contracts.add_contact(kestrel, name="Nils", phone="1", by=ada, at=at)
    contracts.change_contact(contact, email="nils@kestrel.example", by=ada, at=at)
    contracts.remove_contact(contact, by=ada, at=at)
    contracts.remove_contract(contract, by=ada, at=at)
    told = [(line.sentence, line.details) for line in lines(AccountEvent.objects.order_by("pk"))]
    assert [sentence for sentence, _details in told] == [
        "added the contract (deleted)",
        "changed the contract (deleted)",
        "added the contact (deleted)",
        "changed the contact (deleted)",
        "removed a contact of Kestrel Networks",
        "removed a contract of Kestrel Networks",
    ]
    assert told[1][1] == "covers; until: 2027-02-01 → 2028-01-01"
    assert told[-1][1] == "K-1"


def test_only_administrators_keep_them(
    contract: Contract, kestrel: Organisation, mira: User, at: datetime
) -> None:
    with pytest.raises(NotAllowed):
        contracts.add_contract(kestrel, by=mira, at=at, **FACTS)
    with pytest.raises(NotAllowed):
        contracts.change_contract(contract, covers="x", by=mira, at=at)
    with pytest.raises(NotAllowed):
        contracts.add_contact(kestrel, name="x", by=mira, at=at)


@pytest.mark.parametrize(
    ("facts", "field"),
    [({}, "number"), ({"number": "K-2", "ends_on": date(2025, 12, 31)}, "ends_on")],
    ids=["taken", "ends first"],
)
def test_what_cannot_be_names_its_field(
    contract: Contract, kestrel: Organisation, at: datetime, facts: dict[str, Any], field: str
) -> None:
    with pytest.raises((contracts.NumberTaken, contracts.EndsTooEarly)) as refused:
        contracts.add_contract(kestrel, by=None, at=at, **{**FACTS, **facts})
    assert refused.value.field == field


def test_a_customer_has_no_contract_here(northwind: Organisation, at: datetime) -> None:
    with pytest.raises(contracts.NotAVendor, match="Northwind Care is not a vendor"):
        contracts.add_contract(northwind, by=None, at=at, **FACTS)


# --- pages ---


def test_the_pages_keep_a_vendor(kestrel: Organisation, vendors: Any, ada: User, signed_in: SignIn) -> None:
    client, url = signed_in(ada), f"/settings/vendors/{kestrel.pk}/"
    sent = {"number": "K-9", "covers": "Lines", "starts_on": "2026-01-01", "ends_on": "2026-12-01"}
    sent |= {"warn_days": "30", "chase_hours": "8"}
    assert client.post(f"{url}contracts/new/", sent).status_code == 302
    wrong = client.post(f"{url}contracts/new/", {**sent, "ends_on": "2025-01-01"})
    assert (wrong.status_code, "It ends before it begins" in wrong.content.decode()) == (422, True)
    again = client.post(f"{url}contracts/new/", sent)
    assert (again.status_code, "has a contract of this number already" in again.content.decode()) == (
        422,
        True,
    )
    assert (
        client.post(f"{url}contacts/new/", {"name": "Nils", "email": "n@kestrel.example"}).status_code == 302
    )
    unreachable = client.post(f"{url}contacts/new/", {"name": "Nobody"})
    assert (
        unreachable.status_code,
        "Give a mail address or a phone number" in unreachable.content.decode(),
    ) == (
        422,
        True,
    )
    assert client.post(f"{url}takes/", {"team": vendors.pk, "product": "Router X"}).status_code == 302
    page = client.get(url).content.decode()
    for words in ("K-9 ends on", "Nils", "Router X"):
        assert words in page
    assert "ends on" in client.get("/settings/vendors/").content.decode()
    contract, contact = Contract.objects.get(), VendorContact.objects.get()
    changed = client.post(f"{url}contracts/{contract.pk}/", {**sent, "chase_hours": "4"})
    assert (changed.status_code, Contract.objects.get().chase_hours) == (302, 4)
    client.post(f"{url}contacts/{contact.pk}/remove/")
    client.post(f"{url}contracts/{contract.pk}/remove/")
    assert not Contract.objects.exists()
    assert not VendorContact.objects.exists()


# --- ends ---


def test_each_end_is_told_once_before_it_comes_and_once_after(contract: Contract, at: datetime) -> None:
    days = (0, 9, 10, 11, 70, 71, 72, 200)
    told = [len(contracts.tell_ends(TODAY + timedelta(days=n), at=at + timedelta(days=n))) for n in days]
    assert told == [0, 0, 1, 0, 0, 1, 0, 0]
    assert kinds()[1:] == ["contract.ending", "contract.ended"]


def test_told_again_on_the_same_day_nothing_is_added(contract: Contract, at: datetime) -> None:
    day = TODAY + timedelta(days=10)
    first, again = contracts.tell_ends(day, at=at), contracts.tell_ends(day, at=at)
    assert [event.pk for event in first] == [event.pk for event in again]
    assert len(first) == 1


def test_a_new_end_is_told_anew(contract: Contract, at: datetime) -> None:
    contracts.tell_ends(TODAY + timedelta(days=100), at=at)
    contracts.change_contract(contract, ends_on=TODAY + timedelta(days=400), by=None, at=at)
    assert contracts.tell_ends(TODAY + timedelta(days=101), at=at) == []
    assert len(contracts.tell_ends(TODAY + timedelta(days=350), at=at)) == 1


def test_managers_and_administrators_find_it_on_their_lists_and_managers_in_their_digest(
    kestrel: Organisation, ada: User, max_: User, mira: User, signed_in: SignIn, at: datetime
) -> None:
    contracts.add_contract(kestrel, by=None, at=at, ends_on=TODAY + timedelta(days=5), **FACTS)
    for _time in (1, 2):  # a delivery may run twice
        send_digests({"date": TODAY.isoformat()}, None, at)  # type: ignore[arg-type]
    assert {notice.person for notice in Notice.objects.all()} == {ada, max_}
    (mail,) = Mail.objects.filter(to=max_.email)
    assert "Kestrel Networks K-1 ends on" in mail.text
    page = signed_in(max_).get("/desk/notices/").content.decode()
    assert "Kestrel Networks K-1 ends on" in page
    assert vendor_notices.tell_of_contracts(at=at + timedelta(days=1)) == []
