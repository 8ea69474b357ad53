"""The hand-over's dialog, the page of the team that received it, and triage from the queue."""

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organisation, Team, Tier, User
from escalation import operations as escalation
from escalation.models import ChecklistItem, Handoff
from escalation.operations import Wanted
from escalation.queries.checklists import items_asked
from helpdesk.desk.quoting import quotes_of
from tests.conftest import person, seat
from tickets import operations
from tickets.models import Category, CustomField, Event, Ticket

SignIn = Callable[[User], Client]
Later = Callable[..., datetime]


def words(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return unescape(answer.content.decode())


def url(ticket: Ticket, act: str = "") -> str:
    return f"/desk/tickets/{ticket.number}/{act}"


@pytest.fixture
def hers(ticket: Ticket, mira: User, vpn: Category, later: Later) -> Ticket:
    """Mira has spoken with Ines and looked into it."""
    operations.take(ticket, by=mira, at=later(minutes=1))
    ticket = operations.change(ticket, category=vpn, by=mira, at=later(minutes=2))
    operations.reply(ticket, text="Does it drop on wire, too?", by=mira, at=later(minutes=3))
    operations.reply(ticket, text="Only on Wi-Fi.", by=ticket.requester, at=later(minutes=5))
    operations.note(ticket, text="Profile is new.\n\nLine is clean.", by=mira, at=later(minutes=6))
    ticket.refresh_from_db()
    return ticket


@pytest.fixture
def asked(network: Team, at: datetime) -> list[ChecklistItem]:
    network.takes, network.takes_not = "VPN and Wi-Fi", "printers"
    network.save()
    items = [Wanted("The log is attached", True), Wanted("Phone number")]
    escalation.create_checklist(tier=network.tier, items=items, by=None, at=at)
    return items_asked(2, None)


def form_of(client: Client, ticket: Ticket) -> dict[str, Any]:
    """What the dialog would send if nothing in it were touched."""
    form = client.get(url(ticket, "hand-over/")).context["form"]
    return {bound.html_name: bound.value() for bound in form if bound.value() not in (None, False, [])}


# --- prefilled ---


def test_with_nothing_missing_the_dialog_is_sent_as_it_opens(
    hers: Ticket, mira: User, network: Team, platform: Team, signed_in: SignIn
) -> None:
    client = signed_in(mira)
    answer = client.post(url(hers, "hand-over/"), form_of(client, hers) | {"version": hers.version})
    assert answer["Location"] == url(hers)
    handoff = Handoff.objects.get()
    assert (handoff.to_team, handoff.reason) == (network, "needs_expertise")
    assert handoff.summary.body == (
        "Ines Okafor wrote:\n> Since Friday, when I work from home.\n\n"
        "Mira Kask wrote:\n> Does it drop on wire, too?\n\n"
        "Ines Okafor wrote:\n> Only on Wi-Fi.\n\n"
        "What was tried:\n\n"
        "Mira Kask wrote:\n> Profile is new.\n> Line is clean."
    )


def test_the_reason_is_what_the_team_usually_hands_up_for(
    hers: Ticket,
    open_ticket: Callable[..., Ticket],
    mira: User,
    network: Team,
    vpn: Category,
    signed_in: SignIn,
    later: Later,
) -> None:
    for reason, category in (
        ("no_capacity", vpn),
        ("needs_access", vpn),
        ("needs_access", vpn),
        ("no_capacity", None),
    ):
        other = open_ticket(category=category)
        escalation.hand_over(other, tier=2, reason=reason, summary="x", by=mira, at=later(minutes=9))
    client = signed_in(mira)
    assert form_of(client, hers)["reason"] == "needs_access"
    elsewhere = operations.change(hers, category=None, by=mira, at=later(minutes=9))
    assert form_of(client, elsewhere)["reason"] == "no_capacity"


def test_a_note_for_a_higher_tier_and_redacted_words_are_not_quoted(
    hers: Ticket, mira: User, ada: User, later: Later
) -> None:
    operations.note(hers, text="The recovery key is 77.", by=mira, min_tier=3, at=later(minutes=7))
    asked = hers.messages.get(kind="description")
    operations.redact_message(asked, reason="A password", by=ada, at=later(minutes=8))
    quotes = quotes_of(hers, ada)
    assert "77" not in quotes.tried
    assert "Friday" not in quotes.summary
    assert quotes.tried == "Mira Kask wrote:\n> Profile is new.\n> Line is clean."


def test_without_notes_the_last_replies_of_the_team_say_what_was_tried(
    ticket: Ticket, mira: User, dario: User, later: Later
) -> None:
    for minute in range(1, 6):
        operations.reply(ticket, text=f"Try {minute}.", by=mira, at=later(minutes=minute))
    operations.note(ticket, text="Another team's note.", by=dario, at=later(minutes=9))
    tried = quotes_of(ticket, mira).tried
    assert re.findall(r"> (.*)", tried) == ["Try 3.", "Try 4.", "Try 5."]


def test_a_long_message_is_cut_and_says_so(open_ticket: Callable[..., Ticket], mira: User) -> None:
    ticket = open_ticket(description="\n".join(f"Line {n}" for n in range(1, 9)))
    assert quotes_of(ticket, mira).summary.endswith("> Line 3\n> Line 4 …")


def test_nothing_is_prefilled_for_a_vendor(
    ticket: Ticket, mira: User, vendors: Team, signed_in: SignIn
) -> None:
    assert form_of(signed_in(mira), ticket) == {}


# --- the target ---


def test_the_dialog_shows_what_the_target_takes_and_asks(
    hers: Ticket, mira: User, asked: list[ChecklistItem], signed_in: SignIn
) -> None:
    text = words(signed_in(mira).get(url(hers, "hand-over/")))
    for shown in ("takes: VPN and Wi-Fi", "does not take: printers", "L2 asks first", "The log is attached"):
        assert shown in text
    assert 'name="override"' not in text


def test_it_follows_the_choice_and_keeps_the_ticks(
    hers: Ticket, mira: User, lars: User, asked: list[ChecklistItem], vendors: Team, signed_in: SignIn
) -> None:
    wifi = Team.objects.create(name="Wifi", tier_id=1, takes="antennas")
    client, address = signed_in(mira), url(hers, "hand-over/target/")
    network = Team.objects.get(name="Network")
    up = words(client.get(f"{address}?to=team:{network.pk}&items={asked[0].pk}"))
    assert re.findall(r'value="(\d+)"[^>]* checked', up) == [str(asked[0].pk)]
    aside = words(client.get(address, {"to": f"team:{wifi.pk}"}))
    assert ("antennas" in aside, "asks first" in aside) == (True, False)
    assert "The vendor reads" in words(client.get(address, {"to": f"team:{vendors.pk}"}))
    assert "VPN and Wi-Fi" in words(client.get(address, {"to": "tier:2"}))
    for odd in ("", "tier:9", "tier:x", "team:", "team:999999999999999999999", "nonsense"):
        assert "takes" not in words(client.get(address, {"to": odd}))
    assert 'name="override"' in words(signed_in(lars).get(address, {"to": "tier:2"}))


def test_what_is_missing_is_said_at_the_list_and_nothing_typed_is_lost(
    hers: Ticket, mira: User, lars: User, asked: list[ChecklistItem], signed_in: SignIn
) -> None:
    client = signed_in(mira)
    sent = {"to": "tier:2", "reason": "needs_access", "summary": "Locked.", "tried": "All keys."}
    text = words(client.post(url(hers, "hand-over/"), sent | {"items": [asked[1].pk]}), status=400)
    assert "L2 asks first: “The log is attached”." in text
    assert re.findall(r'value="(\d+)"[^>]* checked', text) == [str(asked[1].pk)]
    assert "All keys." in text
    assert client.post(url(hers, "hand-over/"), sent | {"override": "on"}).status_code == 403
    assert signed_in(lars).post(url(hers, "hand-over/"), sent | {"override": "on"}).status_code == 302
    assert Handoff.objects.get().overridden_by == lars
    page = words(signed_in(mira).get(url(hers)))
    assert "needs access that we lack, with required items of the checklist missing" in page


def test_up_without_a_summary_is_refused_at_the_summary(
    hers: Ticket, mira: User, network: Team, signed_in: SignIn
) -> None:
    sent = {"to": f"team:{network.pk}", "reason": "needs_access", "summary": "", "tried": "All keys."}
    answer = signed_in(mira).post(url(hers, "hand-over/"), sent)
    assert (answer.status_code, answer.context["form"].errors) == (
        400,
        {"summary": ["This cannot be empty."]},
    )


# --- a P1, and what is owed ---


def test_what_a_sender_owes_is_on_the_page_and_in_the_queue_until_it_is_answered(
    hers: Ticket, mira: User, dario: User, asked: list[ChecklistItem], signed_in: SignIn, later: Later
) -> None:
    operations.change(hers, impact=1, urgency=1, by=mira, at=later(minutes=9))
    client = signed_in(mira)
    assert "A P1 is not held up" in words(client.get(url(hers, "hand-over/")))
    client.post(url(hers, "hand-over/"), form_of(client, hers))
    assert "1 answer is owed" in words(client.get("/desk/queues/tracking/"))
    page = words(client.get(url(hers)))
    assert "Still owed to the team that got it" in page
    item = Handoff.objects.get().items.get(was_required=True)
    assert client.post(url(hers, "answer-item/"), {"item": item.pk})["Location"] == url(hers)
    page = words(client.get(url(hers)))
    assert "Still owed" not in page
    assert "Mira Kask answered what was missing: The log is attached" in page
    assert "is owed" not in words(client.get("/desk/queues/tracking/"))
    assert client.post(url(hers, "answer-item/"), {"item": item.pk}).status_code == 400


# --- the team that received it ---


def test_the_receiver_rates_in_one_click(
    hers: Ticket, mira: User, dario: User, signed_in: SignIn, later: Later
) -> None:
    escalation.hand_over(hers, tier=2, reason="needs_access", summary="x", by=mira, at=later(minutes=9))
    client, question = signed_in(dario), "How was the hand-off?"
    assert question not in words(client.get(url(hers)))
    escalation.accept(hers, by=dario, at=later(minutes=10))
    assert question in words(client.get(url(hers)))
    assert question not in words(signed_in(mira).get(url(hers)))
    client = signed_in(dario)
    assert client.post(url(hers, "rate-handoff/"), {"rating": "incomplete"})["Location"] == url(hers)
    page = words(client.get(url(hers)))
    assert question not in page
    assert "Dario Pek found the hand-off: something missing" in page


def test_what_comes_down_with_a_fix_says_first_what_to_do(
    hers: Ticket, mira: User, yuki: User, platform: Team, signed_in: SignIn, later: Later
) -> None:
    escalation.hand_over(hers, tier=3, reason="needs_expertise", summary="x", by=mira, at=later(minutes=9))
    fix: dict[str, Any] = {"reason": "fix_found", "summary": "Set the **rekey** to 8 h."}
    escalation.hand_over(hers, tier=1, by=yuki, at=later(minutes=20), **fix)
    page = words(signed_in(mira).get(url(hers)))
    box = page[page.index("Yuki Mori handed it down: this is what to do") :]
    assert "<strong>rekey</strong>" in box[:400]
    hers.refresh_from_db()
    assert hers.bounce_count == 0


def test_only_experts_are_asked_whether_others_should_learn_the_fix(
    hers: Ticket, mira: User, yuki: User, platform: Team, signed_in: SignIn, later: Later
) -> None:
    question = "Should L1 and L2 learn this fix?"
    assert question not in words(signed_in(mira).get(url(hers, "resolve/")))
    escalation.hand_over(hers, tier=3, reason="needs_expertise", summary="x", by=mira, at=later(minutes=9))
    Tier.objects.filter(level=3).update(writes_to_requesters=True)
    client = signed_in(yuki)
    assert question in words(client.get(url(hers, "resolve/")))
    sent = {"code": "fixed", "summary": "New key.", "category": hers.category_id, "publish_fix": "on"}
    assert client.post(url(hers, "resolve/"), sent).status_code == 302
    assert "L1 and L2 should learn this fix" in words(client.get(url(hers)))


LEARN = {"publish_fix": "on"}


@pytest.fixture
def with_experts(hers: Ticket, mira: User, platform: Team, later: Later) -> Ticket:
    escalation.hand_over(hers, tier=3, reason="needs_expertise", summary="x", by=mira, at=later(minutes=9))
    return hers


def resolved(ticket: Ticket) -> Event:
    return Event.objects.get(ticket=ticket, kind="ticket.resolved")


@pytest.mark.parametrize("wanted", [True, False])
def test_send_and_resolve_asks_the_same(
    with_experts: Ticket, yuki: User, mira: User, signed_in: SignIn, wanted: bool
) -> None:
    Tier.objects.filter(level=3).update(writes_to_requesters=True)
    client = signed_in(yuki)
    assert 'name="publish_fix"' in words(client.get(url(with_experts)))
    sent = {
        "kind": "reply",
        "body": "New key.",
        "then": "resolve:fixed",
        "category": with_experts.category_id,
    }
    client.post(url(with_experts, "write/"), {**sent, **(LEARN if wanted else {})})
    assert resolved(with_experts).data.get("publish_fix", False) is wanted


def test_send_and_resolve_of_another_tier_asks_nobody(hers: Ticket, mira: User, signed_in: SignIn) -> None:
    client = signed_in(mira)
    assert 'name="publish_fix"' not in words(client.get(url(hers)))
    sent = {"kind": "reply", "body": "New key.", "then": "resolve:fixed", "category": hers.category_id}
    client.post(url(hers, "write/"), {**sent, **LEARN})
    assert "publish_fix" not in resolved(hers).data


@pytest.mark.parametrize("road", ["composer", "dialog"])
def test_a_solution_that_experts_propose_keeps_the_wish_until_it_is_sent(
    with_experts: Ticket, yuki: User, mira: User, signed_in: SignIn, later: Later, road: str
) -> None:
    Tier.objects.filter(level=3).update(writes_to_requesters=False)
    client = signed_in(yuki)
    if road == "composer":
        sent: dict[str, Any] = {"kind": "reply", "body": "New key.", "then": "resolve:fixed", **LEARN}
        client.post(url(with_experts, "write/"), sent)
    else:
        sent = {"code": "fixed", "summary": "New key.", "category": with_experts.category_id, **LEARN}
        assert client.post(url(with_experts, "propose-resolution/"), sent).status_code == 302
    escalation.send_proposal(with_experts, by=mira, at=later(minutes=30))
    assert resolved(with_experts).data["publish_fix"] is True


def test_send_and_resolve_asks_for_the_fields_of_the_end_and_keeps_what_was_typed(
    hers: Ticket, mira: User, signed_in: SignIn
) -> None:
    CustomField.objects.create(key="cause", label="Root cause", type="text", required="resolving")
    client = signed_in(mira)
    sent = {"kind": "reply", "body": "New key.", "then": "resolve:fixed", "category": hers.category_id}
    page = words(client.post(url(hers, "write/"), sent), 400)
    assert "Root cause" in page
    assert 'name="fields.cause"' in page
    assert "New key." in page
    client.post(url(hers, "write/"), {**sent, "fields.cause": "An old key"})
    hers.refresh_from_db()
    assert hers.status == "resolved"
    assert hers.field_values.get().value == "An old key"


def test_in_bulk_the_wish_is_kept_with_what_experts_have(
    with_experts: Ticket,
    open_ticket: Callable[..., Ticket],
    vpn: Category,
    yuki: User,
    ada: User,
    signed_in: SignIn,
) -> None:
    other = open_ticket("Printer", category=vpn)
    keys = [with_experts.pk, other.pk]
    client = signed_in(ada)
    assert 'name="publish_fix"' in words(client.get("/desk/bulk/resolve/", {"ticket": keys}))
    sent = {"ticket": keys, "code": "fixed", "summary": "New key.", **LEARN}
    client.post("/desk/bulk/resolve/", sent)
    assert [resolved(each).data.get("publish_fix", False) for each in (with_experts, other)] == [True, False]


# --- what a team takes ---


def test_a_lead_keeps_the_two_lines_of_the_team(lars: User, service_desk: Team, signed_in: SignIn) -> None:
    client, page = signed_in(lars), f"/settings/teams/{service_desk.pk}/"
    assert 'name="takes_not"' in words(client.get(page))
    assert client.post(page, {"takes": "everything", "takes_not": "hardware"}).status_code == 302
    service_desk.refresh_from_db()
    assert (service_desk.takes, service_desk.takes_not) == ("everything", "hardware")


# --- triage on L0 ---


def test_a_dispatcher_sorts_merges_and_distributes_from_the_queue(
    open_ticket: Callable[..., Ticket],
    service_desk: Team,
    northwind: Organisation,
    vpn: Category,
    network: Team,
    signed_in: SignIn,
    at: datetime,
) -> None:
    Tier.objects.filter(level=0).update(is_enabled=True)
    triage = Team.objects.create(name="Triage", tier_id=0, is_default=True)
    sorting = Category.objects.create(name="Unsorted", team=triage)
    tova = seat(person("Tova Dahl"), triage)
    one, twin, noise = (open_ticket(name, category=sorting) for name in ("VPN", "VPN again", "Out of office"))
    assert {each.team for each in (one, twin, noise)} == {triage}
    client = signed_in(tova)
    queue = words(client.get("/desk/queues/tier-0/"))
    assert all(each.number in queue for each in (one, twin, noise))

    def act(name: str, *tickets: Ticket, **facts: Any) -> None:
        answer = client.post(f"/desk/bulk/{name}/", {"ticket": [each.pk for each in tickets], **facts})
        assert answer.status_code == 302, words(answer)

    act("not-a-request", noise, reason="noise")
    act("change", one, twin, category=vpn.pk)
    act("merge", twin, into=one.number)
    act("hand-over", one, team=service_desk.pk, reason="needs_access", summary="VPN, Leeds.")
    for each in (one, twin, noise):
        each.refresh_from_db()
    assert (noise.status, twin.merged_into, one.team, one.category) == ("cancelled", one, service_desk, vpn)
    assert one.path == [0, 1]
