"""With a vendor (L4): handed to it by the one hand-over, chased, and confirmed here before it is resolved."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from accounts.models import Contract, Organisation, Team, User, VendorContact
from delivery.models import Mail, Notice
from escalation import events as kinds
from escalation import operations as escalation
from escalation.models import Fix, Handoff, VendorFor
from escalation.operations import taking
from escalation.operations import vendors as with_them
from escalation.queries.report import handoff_report
from escalation.queries.vendors import covers, teams_that_take
from helpdesk import vendor_notices
from helpdesk.desk.forms.vendors import HandToVendorForm
from sla.models import Clock
from tests.conftest import person, seat
from tests.sla.conftest import hours, promise
from tickets import operations
from tickets.models import Category, Event, Message, Ticket
from tickets.refusals import Invalid, NotAllowed
from tickets.state import check

Later = Callable[..., datetime]
SignIn = Callable[[User], Any]
RESOLVE: dict[str, Any] = {"code": "fixed", "summary": "It works again."}


@pytest.fixture
def handed(ticket: Ticket, dario: User, network: Team, mira: User, vendors: Team, at: datetime) -> Ticket:
    """From L1 to Dario on L2, who hands it to Kestrel."""
    escalation.hand_over(ticket, team=network, reason="needs_expertise", summary="Look.", by=mira, at=at)
    escalation.accept(ticket, by=dario, at=at)
    return escalation.hand_to_vendor(ticket, team=vendors, summary="Line 4 is down.", by=dario, at=at).ticket


@pytest.fixture
def fixed(handed: Ticket, vera: User, at: datetime) -> Ticket:
    return escalation.claim_fix(handed, text="Line card replaced.", by=vera, at=at)


def handoff_of(ticket: Ticket) -> Handoff:
    return Handoff.objects.filter(ticket=ticket, to_tier=4).latest("pk")


def events_of(ticket: Ticket, kind: str) -> list[Event]:
    return list(Event.objects.filter(ticket=ticket, kind=kind).order_by("pk"))


# --- handing it to a vendor ---


def test_it_is_the_one_hand_over_with_what_a_vendor_needs(
    ticket: Ticket, mira: User, sara: User, vendors: Team, kestrel: Organisation, at: datetime
) -> None:
    made = escalation.hand_to_vendor(
        ticket, team=vendors, summary="Is line 4 down?", reference="KN-77", responsible=sara, by=mira, at=at
    )
    ticket = made.ticket
    assert (ticket.team, ticket.tier_id, ticket.vendor, ticket.vendor_reference) == (
        vendors,
        4,
        kestrel,
        "KN-77",
    )
    assert (made.handoff.reason, made.handoff.responsible, made.handoff.fix) == (
        "needs_vendor",
        sara,
        Fix.AWAITED,
    )
    (event,) = events_of(ticket, kinds.HANDED_OVER)
    assert event.message
    assert event.data["responsible"] == sara.pk
    assert (event.message.body, event.message.audience) == ("Is line 4 down?", "vendor")


def test_whoever_hands_it_over_stays_responsible_until_somebody_else_is_named(
    handed: Ticket, dario: User, mira: User, at: datetime
) -> None:
    assert handoff_of(handed).responsible == dario
    escalation.set_responsible(handed, to=mira, by=dario, at=at)
    assert handoff_of(handed).responsible == mira
    assert [event.data["user"] for event in events_of(handed, kinds.RESPONSIBLE_SET)] == [mira.pk]


def test_a_guest_or_a_stranger_is_never_responsible_here(
    handed: Ticket, dario: User, vera: User, ines: User, at: datetime
) -> None:
    for outsider in (vera, ines):
        with pytest.raises(Invalid, match="does not work for the desk") as refused:
            escalation.set_responsible(handed, to=outsider, by=dario, at=at)
        assert refused.value.field == "to"
    with pytest.raises(NotAllowed):
        escalation.set_responsible(handed, to=dario, by=vera, at=at)


def test_a_team_of_ones_own_is_no_vendor(ticket: Ticket, mira: User, network: Team, at: datetime) -> None:
    with pytest.raises(Invalid, match="Network is not a vendor's team") as refused:
        escalation.hand_to_vendor(ticket, team=network, summary="Look.", by=mira, at=at)
    assert refused.value.field == "team"


def test_another_vendor_does_not_read_the_number_that_the_first_one_gave(
    ticket: Ticket, mira: User, ada: User, vendors: Team, at: datetime
) -> None:
    corvid = Organisation.objects.create(name="Corvid", kind="vendor")
    desk = Team.objects.create(name="Corvid desk", tier_id=4, organisation=corvid)
    escalation.hand_to_vendor(ticket, team=vendors, summary="Look.", reference="KN-77", by=mira, at=at)
    moved = escalation.hand_to_vendor(ticket, team=desk, summary="Look.", by=ada, at=at).ticket
    assert (moved.vendor, moved.vendor_reference) == (corvid, "")
    assert list(Handoff.objects.order_by("pk").values_list("fix", flat=True)) == ["", Fix.AWAITED]


# --- who takes it, and what is agreed ---


def test_the_vendor_of_the_nearest_category_comes_first_then_all_others(
    open_ticket: Callable[..., Ticket], vpn: Category, vendors: Team, mira: User, at: datetime
) -> None:
    corvid = Organisation.objects.create(name="Aardvark", kind="vendor")
    other = Team.objects.create(name="Aardvark desk", tier_id=4, organisation=corvid)
    taking.add_what_it_takes(other, category=vpn.parent, by=None, at=at)
    taking.add_what_it_takes(vendors, category=vpn, by=None, at=at)
    ticket = open_ticket(category=vpn)
    assert teams_that_take(ticket) == [vendors.pk, other.pk]
    assert teams_that_take(open_ticket("Printer", category=vpn.parent)) == [other.pk]
    VendorFor.objects.filter(team=other).delete()
    form = HandToVendorForm(ticket=ticket, user=mira)
    groups = [
        (str(label), [name for _key, name in teams]) for label, teams in form.fields["to"].widget.choices[1:]
    ]
    assert groups == [
        ("Takes such tickets", ["Kestrel Networks · Kestrel support"]),
        ("All vendors", ["Aardvark desk"]),
    ]
    assert form.fields["to"].initial == f"team:{vendors.pk}"


def test_a_product_is_found_by_the_subject_or_the_device(
    open_ticket: Callable[..., Ticket], vendors: Team, at: datetime
) -> None:
    taking.add_what_it_takes(vendors, product="Router X", by=None, at=at)
    assert teams_that_take(open_ticket("The ROUTER X blinks")) == [vendors.pk]
    assert teams_that_take(open_ticket("Dead", device="router x 12")) == [vendors.pk]
    assert teams_that_take(open_ticket("The router blinks")) == []


@pytest.mark.parametrize(
    ("facts", "field"), [({}, "category"), ({"product": "  "}, "category")], ids=["nothing", "blanks"]
)
def test_what_it_takes_has_to_be_said(vendors: Team, at: datetime, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        taking.add_what_it_takes(vendors, by=None, at=at, **facts)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("starts", "ends", "state"),
    [
        (date(2026, 1, 1), None, "runs"),
        (date(2026, 1, 1), date(2027, 12, 31), "runs"),
        (date(2026, 1, 1), date(2026, 12, 31), "ends"),
        (date(2026, 1, 1), date(2026, 11, 23), "ends"),
        (date(2026, 1, 1), date(2026, 11, 22), "ended"),
        (date(2026, 12, 1), None, "coming"),
    ],
)
def test_the_dialog_says_what_is_agreed_and_warns_of_what_is_not(
    ticket: Ticket,
    mira: User,
    vendors: Team,
    kestrel: Organisation,
    signed_in: SignIn,
    starts: date,
    ends: date | None,
    state: str,
) -> None:
    Contract.objects.create(vendor=kestrel, number="K-1", covers="Lines", starts_on=starts, ends_on=ends)
    assert covers([kestrel.pk], date(2026, 11, 23))[kestrel.pk].state == state
    url = f"/desk/tickets/{ticket.number}/hand-to-vendor/"
    page = signed_in(mira).get(url).content.decode()
    assert ("No contract covers it" in page) == (state in ("ended", "coming"))
    assert "K-1" in page


def test_without_any_contract_the_dialog_says_so(
    ticket: Ticket, mira: User, vendors: Team, signed_in: SignIn
) -> None:
    page = signed_in(mira).get(f"/desk/tickets/{ticket.number}/hand-to-vendor/").content.decode()
    assert "No contract covers it: none is noted with this vendor." in page


# --- mail ---


def test_guests_and_contacts_are_written_to_with_our_number_and_only_what_is_shared(
    handed: Ticket, vera: User, kestrel: Organisation, at: datetime
) -> None:
    VendorContact.objects.create(vendor=kestrel, name="Nils Ek", email="nils@kestrel.example")
    VendorContact.objects.create(vendor=kestrel, name="By phone", phone="1")
    corvid = Organisation.objects.create(name="Corvid", kind="vendor")
    VendorContact.objects.create(vendor=corvid, name="Cora", email="cora@corvid.example")
    for event in events_of(handed, kinds.HANDED_OVER):
        vendor_notices.tell_contacts(event, at)
        vendor_notices.tell_contacts(event, at)  # a delivery may run twice
    (mail,) = Mail.objects.all()
    assert mail.to == "nils@kestrel.example"
    assert mail.subject.startswith(f"[{handed.number}]")
    assert "Line 4 is down." in mail.text
    assert "Look." not in mail.text
    assert "Ines" not in mail.text


# --- clocks ---


def test_the_vendors_clocks_start_with_the_act_and_end_with_answer_and_return(
    ticket: Ticket,
    dario: User,
    mira: User,
    vera: User,
    network: Team,
    vendors: Team,
    at: datetime,
    later: Later,
) -> None:
    promise(vendor_response=60, vendor_resolve=600)
    escalation.hand_over(ticket, team=network, reason="needs_access", summary="Look.", by=mira, at=at)
    assert not Clock.objects.filter(metric__startswith="vendor").exists()
    escalation.hand_to_vendor(ticket, team=vendors, summary="Down.", by=dario, at=later(minutes=10))
    found = Clock.objects.filter(ticket=ticket, metric__startswith="vendor").order_by("metric")
    assert [(row.metric, row.state, row.due_at) for row in found] == [
        ("vendor_resolve", "running", later(hours=10, minutes=10)),
        ("vendor_response", "running", later(hours=1, minutes=10)),
    ]
    operations.share_with_vendor(ticket, text="We look.", by=vera, at=later(minutes=20))
    assert Clock.objects.get(ticket=ticket, metric="vendor_response").outcome == "met"
    escalation.claim_fix(ticket, text="Done.", by=vera, at=later(minutes=40))
    assert Clock.objects.get(ticket=ticket, metric="vendor_resolve").state == "ended"


# --- what a guest sees ---


def test_the_guest_sees_this_ticket_and_what_was_shared_and_no_contract(
    handed: Ticket,
    open_ticket: Callable[..., Ticket],
    dario: User,
    vera: User,
    kestrel: Organisation,
    signed_in: SignIn,
    at: datetime,
) -> None:
    other = open_ticket("Nobody else's business")
    operations.note(handed, text="They are slow.", by=dario, at=at)
    Contract.objects.create(vendor=kestrel, number="SECRET-1", covers="Lines", starts_on=date(2026, 1, 1))
    corvid = Organisation.objects.create(name="Corvid", kind="vendor")
    VendorContact.objects.create(vendor=corvid, name="Cora", email="cora@corvid.example")
    client = signed_in(vera)
    page = client.get(f"/desk/tickets/{handed.number}/").content.decode()
    assert "Line 4 is down." in page
    for hidden in ("They are slow.", "Look.", "SECRET-1", "Cora", "Responsible", "Ines"):
        assert hidden not in page
    assert client.get(f"/desk/tickets/{other.number}/").status_code == 404
    for path in ("/desk/vendors/", "/desk/vendors/export.csv", f"/settings/vendors/{kestrel.pk}/"):
        assert client.get(path).status_code == 404
    for act in ("chase-vendor", "confirm-fix", "refuse-fix", "vendor-responsible", "hand-to-vendor"):
        assert client.post(f"/desk/tickets/{handed.number}/{act}/").status_code == 404


def test_a_guests_reply_lands_in_the_ticket(handed: Ticket, vera: User, signed_in: SignIn) -> None:
    signed_in(vera).post(f"/desk/tickets/{handed.number}/message/", {"text": "Which line?"})
    last = Message.objects.filter(ticket=handed).latest("pk")
    assert (last.author, last.body, last.audience) == (vera, "Which line?", "vendor")


# --- chasing ---


def test_whoever_is_responsible_is_reminded_by_the_contracts_working_hours_until_the_vendor_answers(
    ticket: Ticket, mira: User, vera: User, vendors: Team, kestrel: Organisation, at: datetime, later: Later
) -> None:
    hours("Office")
    promise(accept={1: 60}, calendar=hours("Office"))
    Contract.objects.create(
        vendor=kestrel, number="K-1", covers="Lines", starts_on=date(2026, 1, 1), chase_hours=6
    )
    escalation.hand_to_vendor(ticket, team=vendors, summary="Down.", by=mira, at=at)
    first, second = later(hours=6), later(days=1, hours=2)  # 9:00 to 15:00, then 3 h today and 3 h tomorrow
    assert handoff_of(ticket).next_chase_at == first
    assert with_them.remind_due(at=later(hours=5)) == 0
    assert with_them.remind_due(at=first) == 1
    assert with_them.remind_due(at=first) == 0
    assert handoff_of(ticket).next_chase_at == second
    (event,) = events_of(ticket, kinds.VENDOR_REMINDED)
    vendor_notices.remind(event, first)
    assert [notice.person for notice in Notice.objects.all()] == [mira]
    mail = Mail.objects.get()
    assert (mail.to, "Kestrel support has not answered" in mail.text) == (mira.email, True)
    operations.share_with_vendor(ticket, text="We look.", by=vera, at=later(hours=7))
    assert handoff_of(ticket).next_chase_at is None
    assert with_them.remind_due(at=later(days=9)) == 0


def test_what_the_desk_writes_to_the_vendor_is_waited_for_anew(
    handed: Ticket, vera: User, dario: User, later: Later
) -> None:
    operations.share_with_vendor(handed, text="We look.", by=vera, at=later(hours=1))
    operations.share_with_vendor(handed, text="And?", by=dario, at=later(hours=2))
    assert handoff_of(handed).next_chase_at is not None


def test_one_press_chases_it_is_counted_and_the_wait_begins_anew(
    handed: Ticket, dario: User, vera: User, kestrel: Organisation, signed_in: SignIn, later: Later
) -> None:
    VendorContact.objects.create(vendor=kestrel, name="Nils Ek", email="nils@kestrel.example")
    before = handoff_of(handed).next_chase_at
    escalation.chase(handed, by=dario, at=later(hours=3))
    escalation.chase(handed, by=dario, at=later(hours=4))
    kept = handoff_of(handed)
    assert (kept.chase_count, kept.last_chased_at) == (2, later(hours=4))
    assert before is not None
    assert kept.next_chase_at is not None
    assert kept.next_chase_at > before
    chased = events_of(handed, kinds.VENDOR_CHASED)
    vendor_notices.chase(chased[-1], later(hours=4))
    assert {mail.to for mail in Mail.objects.all()} == {vera.email, "nils@kestrel.example"}
    assert all("time no. 2" in mail.text for mail in Mail.objects.all())
    assert "Chase now" in signed_in(dario).get(f"/desk/tickets/{handed.number}/").content.decode()


def test_a_ticket_that_is_back_or_has_ended_is_chased_no_more(
    handed: Ticket, ada: User, vera: User, dario: User, later: Later
) -> None:
    escalation.return_(handed, reason="not_ours", text="Not our line.", by=vera, at=later(hours=1))
    assert (handoff_of(handed).next_chase_at, handoff_of(handed).fix) == (None, "")
    with pytest.raises(escalation.NotWithVendor):
        escalation.chase(handed, by=dario, at=later(hours=2))


def test_a_cancelled_ticket_is_taken_off_the_list_of_chases(handed: Ticket, ada: User, later: Later) -> None:
    operations.cancel(handed, reason_text="No longer needed.", by=ada, at=later(hours=1))
    assert with_them.remind_due(at=later(days=9)) == 1
    assert handoff_of(handed).next_chase_at is None
    assert events_of(handed, kinds.VENDOR_REMINDED) == []


# --- the fix is confirmed here ---


def test_the_guest_says_that_it_is_fixed_and_it_is_back_to_be_confirmed(
    handed: Ticket, vera: User, dario: User, network: Team, signed_in: SignIn
) -> None:
    answer = signed_in(vera).post(f"/desk/tickets/{handed.number}/fixed/", {"text": "Card replaced."})
    assert answer.status_code == 302
    handed.refresh_from_db()
    assert (handed.team, handed.bounce_count) == (network, 0)
    assert handoff_of(handed).fix == Fix.CLAIMED
    page = signed_in(dario).get(f"/desk/tickets/{handed.number}/").content.decode()
    assert "to be confirmed" in page
    assert "Confirm the fix" in page


def test_it_cannot_be_resolved_until_somebody_here_confirms_the_fix(
    fixed: Ticket, dario: User, ada: User, vpn: Category, at: datetime, signed_in: SignIn
) -> None:
    for by in (ada, None):
        with pytest.raises(escalation.FixNotConfirmed, match="confirm the fix first") as refused:
            operations.resolve(fixed, by=by, at=at, category=vpn, **RESOLVE)
        assert refused.value.field == "code"
    escalation.confirm_fix(fixed, by=dario, at=at)
    (event,) = events_of(fixed, kinds.FIX_CONFIRMED)
    assert event.by == dario
    assert operations.resolve(fixed, by=ada, at=at, category=vpn, **RESOLVE).status == "resolved"


def test_nor_while_it_lies_with_the_vendor(handed: Ticket, ada: User, vpn: Category, at: datetime) -> None:
    with pytest.raises(escalation.FixNotConfirmed):
        operations.resolve(handed, by=ada, at=at, category=vpn, **RESOLVE)
    escalation.confirm_fix(handed, by=ada, at=at)
    assert operations.resolve(handed, by=ada, at=at, category=vpn, **RESOLVE).status == "resolved"


def test_the_guest_does_not_confirm_and_nothing_is_confirmed_twice(
    fixed: Ticket, vera: User, dario: User, at: datetime
) -> None:
    with pytest.raises(NotAllowed):
        escalation.confirm_fix(fixed, by=vera, at=at)
    escalation.confirm_fix(fixed, by=dario, at=at)
    with pytest.raises(escalation.NothingToConfirm):
        escalation.confirm_fix(fixed, by=dario, at=at)


def test_not_fixed_sends_it_back_to_the_vendor_and_counts_as_a_bounce(
    fixed: Ticket, dario: User, vendors: Team, vpn: Category, at: datetime, later: Later
) -> None:
    back = escalation.refuse_fix(fixed, text="Still down.", by=dario, at=later(hours=1))
    assert (back.team, back.bounce_count) == (vendors, 1)
    kept = handoff_of(fixed)
    assert (kept.fix, kept.responsible, kept.next_chase_at is not None) == (Fix.AWAITED, dario, True)
    (event,) = events_of(fixed, kinds.RETURNED)
    assert event.message
    assert (event.data["reason"], event.message.audience) == ("not_fixed", "vendor")
    with pytest.raises(escalation.NothingToConfirm, match="has not said"):
        escalation.refuse_fix(back, text="Again.", by=dario, at=later(hours=2))


@pytest.mark.parametrize("is_accepted", [True, False])
def test_so_it_does_from_a_team_further_down(
    fixed: Ticket, dario: User, mira: User, service_desk: Team, vendors: Team, at: datetime, is_accepted: bool
) -> None:
    """Kestrel says that it is fixed, Dario lets L1 try it, and Mira finds that it is not."""
    escalation.hand_over(fixed, team=service_desk, reason="fix_found", summary="Try.", by=dario, at=at)
    if is_accepted:
        escalation.accept(fixed, by=mira, at=at)
    with pytest.raises(escalation.FixNotConfirmed):
        operations.resolve(fixed, by=mira, at=at, **RESOLVE)
    back = escalation.refuse_fix(fixed, text="Still down.", by=mira, at=at)
    kept = handoff_of(fixed)
    assert (back.team, back.bounce_count, back.handoff_count) == (vendors, 1, 4)
    assert (kept.fix, kept.responsible, kept.next_chase_at is not None) == (Fix.AWAITED, dario, True)
    (event,) = events_of(fixed, kinds.RETURNED)
    assert (event.data["reason"], event.data["from_team"]) == ("not_fixed", service_desk.pk)
    claimed = Handoff.objects.get(ticket=fixed, from_team=vendors)
    assert (claimed.state, claimed.return_reason) == (Handoff.State.RETURNED, "not_fixed")
    assert not Handoff.objects.filter(ticket=fixed).waiting().exists()
    total = handoff_report().total
    assert (total.bounces, total.return_reasons, total.ping_pong) == (1, {"not_fixed": 1}, 0)
    assert check(Ticket.objects.get(pk=fixed.pk)) == []


def test_a_hand_down_with_a_fix_that_works_is_no_bounce(
    fixed: Ticket, dario: User, mira: User, service_desk: Team, vpn: Category, at: datetime
) -> None:
    escalation.hand_over(fixed, team=service_desk, reason="fix_found", summary="Try.", by=dario, at=at)
    escalation.confirm_fix(fixed, by=mira, at=at)
    done = operations.resolve(fixed, by=mira, at=at, category=vpn, **RESOLVE)
    assert (done.bounce_count, handoff_report().total.bounces) == (0, 0)
    with pytest.raises(escalation.NothingToConfirm):
        escalation.refuse_fix(done, text="Not any more.", by=mira, at=at)


def test_a_vendor_that_receives_nothing_any_more_gets_nothing_back_nor_does_another_one(
    fixed: Ticket, dario: User, vendors: Team, at: datetime
) -> None:
    corvid = Organisation.objects.create(name="Corvid", kind="vendor")
    Team.objects.create(name="Corvid desk", tier_id=4, organisation=corvid)
    Team.objects.filter(pk=vendors.pk).update(is_active=False)
    with pytest.raises(escalation.NothingToReturn, match="Kestrel support receives nothing any more"):
        escalation.refuse_fix(fixed, text="Still down.", by=dario, at=at)


def test_a_ticket_that_never_saw_a_vendor_is_asked_nothing(
    ticket: Ticket, mira: User, at: datetime, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        with_them.require_fix_confirmed(ticket)


def test_another_vendors_guest_cannot_say_that_it_is_fixed(handed: Ticket, at: datetime) -> None:
    corvid = Organisation.objects.create(name="Corvid", kind="vendor")
    desk = Team.objects.create(name="Corvid desk", tier_id=4, organisation=corvid)
    theo = seat(person("Theo Crow", corvid), desk)
    with pytest.raises(NotAllowed):
        escalation.claim_fix(handed, text="Done.", by=theo, at=at)
