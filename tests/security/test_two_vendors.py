"""A ticket goes from one vendor to the next: neither learns what the other was told, whichever road they try."""

import json
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction

from accounts.models import Organisation, Team, User, VendorContact
from delivery.models import Mail
from escalation import operations as escalation
from helpdesk import notices, vendor_notices
from helpdesk.desk.quoting import quotes_of
from helpdesk.desk.vendors import at_vendors
from intake.exporting import export_jsonl
from tests.conftest import person, seat
from tests.sla.conftest import promise
from tickets import operations
from tickets.models import Attachment, Audience, Event, Message, MessageKind, Ticket
from tickets.operations.importing import PlannedEvent, PlannedMessage, PlannedTicket, import_tickets
from tickets.permissions import reads_message
from tickets.queries.searching import search

Later = Callable[..., datetime]
SignIn = Callable[[User], Any]
fill = import_module("tickets.migrations.0013_whose_vendor_it_was").fill
TO_KESTREL = ("Kestrel, is line 4 down?", "Our price is agreed.", "Kestrel answers: card replaced.")


@pytest.fixture
def corvid(db: None) -> Organisation:
    return Organisation.objects.create(name="Corvid", kind="vendor")


@pytest.fixture
def corvid_desk(corvid: Organisation, tiers: Any) -> Team:
    return Team.objects.create(name="Corvid desk", tier_id=4, organisation=corvid)


@pytest.fixture
def theo(corvid: Organisation, corvid_desk: Team) -> User:
    return seat(person("Theo Crow", corvid), corvid_desk)


@pytest.fixture
def second(
    ticket: Ticket,
    mira: User,
    vera: User,
    ada: User,
    vendors: Team,
    corvid_desk: Team,
    theo: User,
    later: Later,
) -> Ticket:
    """Kestrel has had it for three hours; Ada takes it straight to Corvid."""
    promise(vendor_response=60, vendor_resolve=600)
    to_kestrel, price, answer = TO_KESTREL
    escalation.hand_to_vendor(
        ticket, team=vendors, summary=to_kestrel, reference="KN-77", by=mira, at=later()
    )
    operations.share_with_vendor(
        ticket, text=price, by=mira, at=later(hours=1), attachments=[upload(mira, "price.txt", later())]
    )
    operations.share_with_vendor(
        ticket, text=answer, by=vera, at=later(hours=2), attachments=[upload(vera, "card.txt", later())]
    )
    escalation.chase(ticket, by=mira, at=later(hours=2))
    moved = escalation.hand_to_vendor(
        ticket, team=corvid_desk, summary="Corvid, please look.", by=ada, at=later(hours=3)
    )
    return moved.ticket


def upload(by: User, name: str, at: datetime) -> Any:
    file = SimpleUploadedFile(name, b"secret", "text/plain")
    return operations.store_upload(file=file, by=by, at=at).pk


def page_of(client: Any, ticket: Ticket, root: str = "/desk/tickets") -> str:
    answer = client.get(f"{root}/{ticket.number}/")
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def said_to(vendor: Organisation) -> list[str]:
    return list(Message.objects.filter(vendor=vendor).order_by("pk").values_list("body", flat=True))


def test_each_message_names_the_vendor_that_it_is_shared_with(
    second: Ticket, kestrel: Organisation, corvid: Organisation
) -> None:
    assert said_to(kestrel) == [*TO_KESTREL]
    assert said_to(corvid) == ["Corvid, please look."]


@pytest.mark.parametrize("root", ["/desk/tickets", "/requests"])
def test_the_next_vendors_guest_reads_nothing_of_the_first(
    second: Ticket, theo: User, vera: User, signed_in: SignIn, root: str
) -> None:
    page = page_of(signed_in(theo), second, root) if root == "/desk/tickets" else ""
    if root == "/requests":
        page = signed_in(theo).get(f"/requests/{second.number}/").content.decode()
    for hidden in (*TO_KESTREL, "Kestrel", "Vera", "price.txt", "card.txt", "KN-77"):
        assert hidden not in page
    if root == "/desk/tickets":
        assert "Corvid, please look." in page


@pytest.mark.parametrize(
    "path",
    [
        "/desk/queues/my-teams/",
        "/desk/queues/my-teams/?columns=requester&columns=path&columns=team",
        "/desk/search/?q=VPN",
    ],
)
def test_lists_name_nobody_and_no_other_vendor(
    second: Ticket, theo: User, signed_in: SignIn, path: str
) -> None:
    page = signed_in(theo).get(path).content.decode()
    assert second.number in page
    for hidden in ("Kestrel", "Ines", "Northwind", "Mira", ">L1<"):
        assert hidden not in page


@pytest.mark.parametrize("asked", ["text=nothing+of+that", "requester=0", "been_in_tier=3", "bounces=9"])
def test_a_guest_finds_out_nothing_by_filters(
    second: Ticket, theo: User, signed_in: SignIn, asked: str
) -> None:
    page = signed_in(theo).get(f"/desk/queues/my-teams/?{asked}").content.decode()
    assert second.number in page


def test_nor_that_the_first_one_was_chased_and_late(second: Ticket, theo: User, signed_in: SignIn) -> None:
    page = page_of(signed_in(theo), second)
    assert page.count("It was handed to you") == 1
    assert "asked how it stands" not in page


def test_the_first_vendors_guest_has_nothing_more_to_see(
    second: Ticket, vera: User, signed_in: SignIn
) -> None:
    assert signed_in(vera).get(f"/desk/tickets/{second.number}/").status_code == 404


def test_a_guest_who_watches_it_reads_what_their_own_vendor_was_told_and_no_more(
    second: Ticket, vera: User, mira: User, kestrel: Organisation, later: Later
) -> None:
    operations.watch(second, user=vera, by=mira, at=later(hours=4))
    seen = {row.body for row in Message.objects.filter(ticket=second) if reads_message(vera, row)}
    assert seen == set(TO_KESTREL)


def test_waiting_for_the_next_vendor_hides_the_same(
    second: Ticket, theo: User, vera: User, ada: User, kestrel: Organisation, later: Later, signed_in: SignIn
) -> None:
    escalation.return_(second, reason="not_ours", text="Not our line.", by=theo, at=later(hours=4))
    operations.wait_for_vendor(
        second, vendor=kestrel, text="Kestrel, once more?", reference="KN-78", by=ada, at=later(hours=5)
    )
    page = page_of(signed_in(vera), second)
    assert "Kestrel, once more?" in page
    for hidden in ("Corvid", "Not our line.", "Theo"):
        assert hidden not in page
    second.refresh_from_db()
    assert second.vendor_reference == "KN-78"


def test_the_number_of_the_first_is_taken_off_when_another_one_is_waited_for(
    ticket: Ticket, mira: User, kestrel: Organisation, corvid: Organisation, later: Later
) -> None:
    operations.wait_for_vendor(ticket, vendor=kestrel, reference="KN-77", by=mira, at=later())
    operations.resume(ticket, by=mira, at=later(hours=1))
    waiting = operations.wait_for_vendor(ticket, vendor=corvid, by=mira, at=later(hours=2))
    assert (waiting.vendor, waiting.vendor_reference) == (corvid, "")


def test_a_vendor_returns_it_to_the_desk_not_to_the_other_vendor(
    second: Ticket, theo: User, service_desk: Team, corvid: Organisation, later: Later
) -> None:
    back = escalation.return_(second, reason="not_ours", text="Not our line.", by=theo, at=later(hours=4))
    assert (back.team, back.bounce_count) == (service_desk, 1)
    assert said_to(corvid)[-1] == "Not our line."


def test_and_says_to_the_desk_that_it_is_fixed(
    second: Ticket, theo: User, service_desk: Team, later: Later
) -> None:
    assert escalation.claim_fix(second, text="Fixed.", by=theo, at=later(hours=4)).team == service_desk


# --- the roads ---


def test_a_file_goes_with_its_message(second: Ticket, theo: User, mira: User, signed_in: SignIn) -> None:
    for row in Attachment.objects.filter(ticket=second):
        assert signed_in(theo).get(f"/files/{row.pk}/").status_code == 404
        answer = signed_in(mira).get(f"/files/{row.pk}/")
        assert b"".join(answer.streaming_content) == b"secret"


def test_a_mail_that_leaves_late_goes_to_nobody_of_the_next_vendor(
    second: Ticket, theo: User, vera: User, kestrel: Organisation, corvid: Organisation, later: Later
) -> None:
    VendorContact.objects.create(vendor=kestrel, name="Nils Ek", email="nils@kestrel.example")
    VendorContact.objects.create(vendor=corvid, name="Cora", email="cora@corvid.example")
    for event in Event.objects.filter(ticket=second).order_by("pk"):
        if event.kind == "ticket.shared_with_vendor":
            notices.tell_vendor(event, later(hours=4))
        if event.kind in ("ticket.shared_with_vendor", "escalation.handed_over"):
            vendor_notices.tell_contacts(event, later(hours=4))
        if event.kind == "escalation.vendor_chased":
            vendor_notices.chase(event, later(hours=4))
    mails = {mail.to: mail.text for mail in Mail.objects.all()}
    assert "Corvid, please look." in mails["cora@corvid.example"]
    assert Mail.objects.filter(to="cora@corvid.example").count() == 1
    assert not set(mails) & {theo.email, vera.email}


def test_search_finds_a_guest_nothing_by_the_words_of_messages(
    second: Ticket, theo: User, mira: User
) -> None:
    assert search(theo, "price") == search(theo, "replaced") == []
    assert search(theo, "VPN drops") == [second]
    assert search(mira, "replaced") == [second]


def test_the_list_of_vendors_shows_the_last_word_with_the_vendor_that_has_it(
    second: Ticket, ada: User, later: Later
) -> None:
    ((row,), _is_cut) = at_vendors(ada, at=later(hours=4))
    assert row.last is not None
    assert (str(row.vendor), row.last.body) == ("Corvid", "Corvid, please look.")


def test_the_desk_reads_all_of_it_and_with_whom(second: Ticket, mira: User, signed_in: SignIn) -> None:
    page = page_of(signed_in(mira), second)
    for text in (*TO_KESTREL, "Corvid, please look.", "with Kestrel Networks", "with Corvid"):
        assert text in page


def test_what_one_vendor_was_asked_is_not_quoted_to_the_next(second: Ticket, mira: User, ada: User) -> None:
    Ticket.objects.filter(pk=second.pk).update(team=mira.seats[0].team_id)
    second.refresh_from_db()
    quotes = quotes_of(second, ada)
    for text in TO_KESTREL:
        assert text not in quotes.summary + quotes.tried


def test_a_ticket_that_is_merged_in_keeps_what_was_said_with_its_own_vendor(
    second: Ticket,
    open_ticket: Callable[..., Ticket],
    ada: User,
    kestrel: Organisation,
    theo: User,
    later: Later,
) -> None:
    other = open_ticket("The same line")
    operations.wait_for_vendor(other, vendor=kestrel, text="Kestrel, this too.", by=ada, at=later(hours=3))
    operations.merge(other, into=second, by=ada, at=later(hours=4))
    moved = Message.objects.get(ticket=second, body="Kestrel, this too.")
    assert (moved.vendor, reads_message(theo, moved)) == (kestrel, False)


def test_the_export_says_with_which_vendor(second: Ticket) -> None:
    out = StringIO()
    export_jsonl(Ticket.objects.filter(pk=second.pk), out, told=lambda _n: None)
    messages = json.loads(out.getvalue())["messages"]
    assert [row["vendor"] for row in messages if row["audience"] == "vendor"] == ["Kestrel Networks"] * 3 + [
        "Corvid"
    ]
    assert {row["vendor"] for row in messages if row["audience"] != "vendor"} == {None}


@pytest.mark.parametrize("is_known", [True, False])
def test_an_import_names_the_vendor_and_without_one_no_guest_reads_it(
    theo: User,
    ines: User,
    corvid: Organisation,
    corvid_desk: Team,
    at: datetime,
    later: Later,
    is_known: bool,
) -> None:
    words = PlannedMessage(
        MessageKind.REPLY, "Please look.", Audience.VENDOR, vendor_id=corvid.pk if is_known else None
    )
    opening = {
        "requester_id": ines.pk, "tier_id": 4, "team_id": corvid_desk.pk, "vendor_id": corvid.pk,
        "created_at": at, "changed_at": at, "tier_since": at, "status_since": at, "subject": "Line",
    }  # fmt: skip
    history = [
        PlannedEvent("ticket.opened", at, changes=opening),
        PlannedEvent("ticket.shared_with_vendor", later(hours=1), message=words),
    ]
    import_tickets([PlannedTicket("other desk", "1", history)])
    assert reads_message(theo, Message.objects.get()) is is_known


# --- what cannot be ---


def test_nobody_writes_to_a_vendor_where_there_is_none(ticket: Ticket, mira: User, at: datetime) -> None:
    with pytest.raises(operations.NoVendor, match="is with no vendor"):
        operations.share_with_vendor(ticket, text="Is it down?", by=mira, at=at)


def test_only_what_is_shared_names_a_vendor(ticket: Ticket, kestrel: Organisation) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(ticket=ticket).update(vendor=kestrel)


# --- what was written before messages knew their vendor ---


def test_history_tells_whose_each_earlier_message_was(
    second: Ticket,
    open_ticket: Callable[..., Ticket],
    theo: User,
    ada: User,
    kestrel: Organisation,
    corvid: Organisation,
    later: Later,
) -> None:
    escalation.return_(second, reason="not_ours", text="Not our line.", by=theo, at=later(hours=4))
    other = open_ticket("The same line")
    operations.wait_for_vendor(other, vendor=kestrel, text="Kestrel, this too.", by=ada, at=later(hours=4))
    operations.merge(other, into=second, by=ada, at=later(hours=5))
    before = dict(Message.objects.filter(audience="vendor").values_list("body", "vendor"))
    assert len(before) == 6
    Message.objects.update(vendor=None)
    unknown = Message.objects.create(
        ticket=second, kind="reply", audience="vendor", body="Of which no event tells.", at=later()
    )
    fill(None, connection.schema_editor())
    found = dict(Message.objects.filter(audience="vendor").values_list("body", "vendor"))
    assert found == before | {unknown.body: None}
    assert not Message.objects.exclude(audience="vendor").exclude(vendor=None).exists()
