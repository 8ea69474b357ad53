"""New ticket for a caller, take next, and acts on many tickets."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Organisation, Team, User
from helpdesk.desk.bulk_acts import bulk_acts
from tickets import operations
from tickets.models import Category, Channel, CustomField, Link, LinkType, Status, Ticket
from tickets.operations.values import normal

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]

CALL = {
    "channel": "phone",
    "subject": "No sound in calls",
    "description": "Headset is new.",
    "kind": "incident",
    "impact": "3",
    "urgency": "2",
}


def test_a_call_becomes_a_ticket_of_the_caller(signed_in: SignIn, mira: User, ines: User) -> None:
    response = signed_in(mira).post("/desk/new/", {**CALL, "requester": ines.pk})
    ticket = Ticket.objects.get()
    assert response["Location"] == f"/desk/tickets/{ticket.number}/"
    assert (ticket.requester, ticket.opened_by, ticket.contact) == (ines, mira, mira)
    assert (ticket.channel, ticket.location, ticket.is_open) == (Channel.PHONE, "Leeds, floor 2", True)


def test_answered_and_resolved_in_the_same_act(
    signed_in: SignIn, mira: User, ines: User, vpn: Category
) -> None:
    answer = {"is_resolved": "on", "resolve_as": "how_to", "answer": "Chose the headset.", "minutes": "4"}
    signed_in(mira).post("/desk/new/", {**CALL, "requester": ines.pk, "category": vpn.pk, **answer})
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.resolution_code) == (Status.RESOLVED, "how_to")
    assert ticket.messages.get(kind="resolution").body == "Chose the headset."
    assert ticket.work.get().minutes == 4


def test_solved_without_saying_how_is_refused_and_keeps_the_words(
    signed_in: SignIn, mira: User, ines: User
) -> None:
    response = signed_in(mira).post("/desk/new/", {**CALL, "requester": ines.pk, "is_resolved": "on"})
    text = response.content.decode()
    assert response.status_code == 400
    assert "Say what solved it" in text
    assert "Headset is new." in text
    assert not Ticket.objects.exists()


def test_a_person_is_added_on_the_spot(signed_in: SignIn, mira: User, northwind: Organisation) -> None:
    new = {"name": "Nora Field", "phone": "+44 1", "organisation": northwind.pk}
    signed_in(mira).post("/desk/new/", {**CALL, **new})
    nora = User.objects.get(name="Nora Field")
    assert (nora.phone, nora.organisation, nora.reach_by) == ("+44 1", northwind, "phone")
    assert Ticket.objects.get().requester == nora


def test_a_mail_that_is_known_finds_its_person(signed_in: SignIn, mira: User, ines: User) -> None:
    signed_in(mira).post("/desk/new/", {**CALL, "name": "I. Okafor", "email": ines.email.upper()})
    assert Ticket.objects.get().requester == ines


def test_nobody_named_is_refused(signed_in: SignIn, mira: User) -> None:
    response = signed_in(mira).post("/desk/new/", CALL)
    assert response.status_code == 400
    assert "Choose who it is, or add the person." in response.content.decode()


def test_a_form_sent_twice_opens_one_ticket(signed_in: SignIn, mira: User, ines: User) -> None:
    client = signed_in(mira)
    for _time in range(2):
        client.post("/desk/new/", {**CALL, "requester": ines.pk, "submission": "call-1"})
    assert Ticket.objects.count() == 1


@pytest.fixture
def asked(vpn: Category) -> dict[str, CustomField]:
    """What is asked about the VPN: one when it is filed, one when it is resolved, one of experts, one of all."""
    rows: dict[str, dict[str, Any]] = {
        "client": {"type": "choice", "choices": ["old", "new"], "required": "filing"},
        "gateway": {"required": "resolving", "for_requesters": False},
        "serial": {"min_tier": 3},
        "floor": {"type": "number"},
    }
    made = {key: CustomField.objects.create(key=key, label=key.title(), **row) for key, row in rows.items()}
    for key in ("client", "gateway", "serial"):
        made[key].categories.add(vpn)
    return made


def test_the_fields_of_the_category_are_offered(
    signed_in: SignIn, mira: User, vpn: Category, asked: dict[str, CustomField]
) -> None:
    client = signed_in(mira)
    blank = client.get("/desk/new/").content.decode()
    assert ("fields.floor" in blank, "fields.client" in blank) == (True, False)

    typed = {**CALL, "category": vpn.pk, "fields.gateway": "gw-7 <b>", "fields.floor": "2"}
    text = client.post("/desk/new/fields/", typed).content.decode()
    shown = [f'name="fields.{key}"' in text for key in ("client", "gateway", "serial", "floor")]
    assert shown == [True, True, False, True]
    assert "gw-7 &lt;b&gt;" in text
    assert text.index("fields.client") < text.index("<details") < text.index("fields.gateway")
    for nonsense in ({"category": "x"}, {"category": "9" * 30, "kind": "wish"}, {}):
        assert "fields.client" not in client.post("/desk/new/fields/", nonsense).content.decode()


def test_what_the_caller_says_is_kept_in_its_fields(
    signed_in: SignIn, mira: User, ines: User, vpn: Category, asked: dict[str, CustomField]
) -> None:
    said = {"fields.client": "old", "fields.floor": "2.5", "fields.gateway": ""}
    signed_in(mira).post("/desk/new/", {**CALL, "requester": ines.pk, "category": vpn.pk, **said})
    values = {row.field.key: row.value for row in Ticket.objects.get().field_values.all()}
    assert values == {"client": "old", "floor": "2.5"}


def test_what_the_caller_does_not_know_is_left_out(
    signed_in: SignIn, mira: User, ines: User, vpn: Category, asked: dict[str, CustomField]
) -> None:
    signed_in(mira).post("/desk/new/", {**CALL, "requester": ines.pk, "category": vpn.pk})
    assert not Ticket.objects.get().field_values.exists()


def test_a_wrong_answer_is_told_beside_its_field(
    signed_in: SignIn, mira: User, ines: User, vpn: Category, asked: dict[str, CustomField]
) -> None:
    call = {**CALL, "requester": ines.pk, "category": vpn.pk}
    for name, answer, says in (
        ("fields.client", "stolen", "Select a valid choice"),
        ("fields.floor", "second", "Enter a number"),
        ("fields.gateway", "x" * 2001, "at most 2000 characters"),
    ):
        response = signed_in(mira).post("/desk/new/", {**call, name: answer})
        assert (response.status_code, says in response.content.decode()) == (400, True), name
    assert not Ticket.objects.exists()


def test_what_is_needed_to_resolve_is_asked_in_the_same_act(
    signed_in: SignIn, mira: User, ines: User, vpn: Category, asked: dict[str, CustomField]
) -> None:
    solved = {"is_resolved": "on", "resolve_as": "fixed", "answer": "New key."}
    call = {**CALL, "requester": ines.pk, "category": vpn.pk, **solved}
    response = signed_in(mira).post("/desk/new/", call)
    assert response.status_code in (400, 409)
    assert "Gateway is needed." in response.content.decode()
    assert not Ticket.objects.exists()

    signed_in(mira).post("/desk/new/", {**call, "fields.gateway": "gw-7"})
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.field_values.get().normal) == (Status.RESOLVED, normal("gw-7"))


def test_the_caller_is_shown_with_what_they_have_open(
    signed_in: SignIn, mira: User, ines: User, ticket: Ticket
) -> None:
    text = signed_in(mira).get(f"/desk/new/person/?requester={ines.pk}").content.decode()
    for shown in (ines.email, "Leeds, floor 2", "NW-1180", ticket.number):
        assert shown in text, shown


def test_take_next_says_why_this_one(
    signed_in: SignIn, mira: User, ticket: Ticket, open_ticket: Callable[..., Ticket], later: Later
) -> None:
    open_ticket("A younger one", at=later(hours=1))
    response = signed_in(mira).post("/desk/next/", follow=True)
    text = response.content.decode()
    assert response.redirect_chain == [(f"/desk/tickets/{ticket.number}/", 302)]
    assert "It is due next in Service desk." in text
    assert f"/desk/tickets/{ticket.number}/skip/" in text
    ticket.refresh_from_db()
    assert ticket.assignee == mira


def test_skipping_needs_a_reason(signed_in: SignIn, mira: User, ticket: Ticket) -> None:
    client = signed_in(mira)
    client.post("/desk/next/")
    assert client.post(f"/desk/tickets/{ticket.number}/skip/", {}).status_code == 400
    client.post(f"/desk/tickets/{ticket.number}/skip/", {"reason": "not_my_skill"})
    ticket.refresh_from_db()
    assert ticket.assignee is None
    assert "Nothing waits for you" in client.post("/desk/next/", follow=True).content.decode()


def test_after_sending_the_next_one_opens_for_whoever_wants_it(
    signed_in: SignIn, mira: User, ticket: Ticket, open_ticket: Callable[..., Ticket], later: Later
) -> None:
    younger = open_ticket("A younger one", at=later(hours=1))
    client = signed_in(mira)
    operations.take(ticket, by=mira, at=later(hours=2))
    sent = {"kind": "reply", "body": "Done.", "next": "1", "submission": "s-1"}
    for _time in range(2):
        response = client.post(f"/desk/tickets/{ticket.number}/write/", sent)
        assert response["Location"] == f"/desk/tickets/{younger.number}/"
    assert Ticket.objects.filter(assignee=mira).count() == 2


@pytest.fixture
def three(open_ticket: Callable[..., Ticket], mira: User, sara: User, later: Later) -> list[Ticket]:
    """Two are free, the last is Sara's."""
    tickets = [open_ticket(f"Number {n}") for n in range(3)]
    operations.take(tickets[2], by=sara, at=later(minutes=1))
    return tickets


def test_a_bulk_act_tells_each_refusal_and_does_the_rest(
    signed_in: SignIn, mira: User, three: list[Ticket]
) -> None:
    response = signed_in(mira).post("/desk/bulk/take/", {"ticket": [row.pk for row in three]})
    text = response.content.decode()
    assert "Take: done for 2 tickets." in text
    assert "1 ticket was refused" in text
    assert f"Sara Amin has taken {three[2].number} already." in text
    assert Ticket.objects.filter(assignee=mira).count() == 2


def test_a_bulk_act_is_done_once(signed_in: SignIn, mira: User, three: list[Ticket]) -> None:
    client = signed_in(mira)
    sent = {"ticket": [row.pk for row in three], "names": "monday", "submission": "b-1"}
    for _time in range(2):
        client.post("/desk/bulk/tag/", sent)
    assert [row.events.filter(kind="ticket.tagged").count() for row in three] == [1, 1, 1]


def test_many_are_handed_over_changed_and_resolved(
    signed_in: SignIn, mira: User, network: Team, vpn: Category, three: list[Ticket]
) -> None:
    client = signed_in(mira)
    keys = [row.pk for row in three]
    client.post("/desk/bulk/change/", {"ticket": keys, "category": vpn.pk, "urgency": "1"})
    assert Ticket.objects.filter(category=vpn, urgency=1, impact=3).count() == 3
    client.post("/desk/bulk/resolve/", {"ticket": keys[:1], "code": "fixed", "summary": "Line repaired."})
    assert Ticket.objects.get(pk=keys[0]).status == Status.RESOLVED
    handed = {"team": network.pk, "reason": "needs_expertise", "summary": "All the same line."}
    text = client.post("/desk/bulk/hand-over/", {"ticket": keys, **handed}).content.decode()
    assert Ticket.objects.filter(team=network).count() == 2
    assert "1 ticket was refused" in text


def test_many_are_answered_asked_and_set_aside(
    signed_in: SignIn, mira: User, three: list[Ticket], later: Later
) -> None:
    client, (first, second, third) = signed_in(mira), three
    client.post("/desk/bulk/reply/", {"ticket": [first.pk, third.pk], "text": "The line is being mended."})
    assert [row.messages.filter(kind="reply").count() for row in three] == [1, 0, 1]
    client.post("/desk/bulk/note/", {"ticket": [first.pk, second.pk], "text": "Same router."})
    assert [row.messages.filter(kind="note").count() for row in three] == [1, 1, 0]

    client.post("/desk/bulk/ask/", {"ticket": [first.pk], "question": "Is it back?"})
    until = later(days=2).strftime("%Y-%m-%dT%H:%M")
    client.post("/desk/bulk/hold/", {"ticket": [second.pk], "reason": "part", "until": until})
    for row in three:
        row.refresh_from_db()
    assert (first.status, second.status) == (Status.PENDING_REQUESTER, Status.ON_HOLD)
    assert second.hold_until == later(days=2)


def test_people_with_the_same_trouble_get_one_parent(
    signed_in: SignIn, mira: User, ticket: Ticket, three: list[Ticket]
) -> None:
    keys = [row.pk for row in three]
    sent = {"ticket": [*keys, ticket.pk], "parent": ticket.number, "blocks": "on"}
    text = signed_in(mira).post("/desk/bulk/parent/", sent).content.decode()
    assert "Attach to a parent: done for 3 tickets." in text
    assert "1 ticket was refused" in text
    links = Link.objects.filter(other=ticket, type=LinkType.CHILD, blocks=True)
    assert set(links.values_list("ticket", flat=True)) == set(keys)

    unknown = signed_in(mira).post("/desk/bulk/parent/", {"ticket": keys, "parent": "TD-999"})
    assert unknown.status_code == 400
    assert "There is no ticket with this number." in unknown.content.decode()


def test_many_are_merged_restricted_and_set_in_order(
    signed_in: SignIn, mira: User, lars: User, three: list[Ticket]
) -> None:
    client, keys = signed_in(lars), [row.pk for row in three]
    client.post("/desk/bulk/confirm-priority/", {"ticket": keys})
    client.post(
        "/desk/bulk/override-priority/", {"ticket": keys, "priority": "1", "reason": "The fair opens."}
    )
    assert Ticket.objects.filter(priority=1, priority_confirmed=True).count() == 3
    client.post("/desk/bulk/restrict/", {"ticket": keys[:2], "people": [mira.pk]})
    assert Ticket.objects.filter(is_restricted=True).count() == 2
    client.post("/desk/bulk/unrestrict/", {"ticket": keys[:2]})
    client.post("/desk/bulk/merge/", {"ticket": keys[1:], "into": three[0].number})
    assert Ticket.objects.filter(merged_into=three[0]).count() == 2


def test_every_bulk_act_asks_in_words_and_bears_nonsense(
    signed_in: SignIn, lars: User, three: list[Ticket]
) -> None:
    client, keys = signed_in(lars), [row.pk for row in three]
    for name, act in bulk_acts():
        asked = client.get(f"/desk/bulk/{name}/", {"ticket": keys}, headers={"hx-request": "true"})
        assert (asked.status_code, str(act.label) in asked.content.decode()) == (200, True), name
        nonsense = dict.fromkeys(
            ("to", "team", "parent", "into", "until", "priority", "name", "text"), "x" * 50
        )
        sent = client.post(
            f"/desk/bulk/{name}/", {"ticket": keys, **nonsense}, headers={"hx-request": "true"}
        )
        assert sent.status_code in (200, 204, 302, 400, 409, 422), name
    page = client.get("/desk/bulk/assign/", {"ticket": keys})
    assert (page.status_code, "<html" in page.content.decode()) == (200, True)
    assert client.get("/desk/bulk/split/", {"ticket": keys}).status_code == 404


def test_the_bar_offers_the_usual_acts_and_a_menu_the_others(
    signed_in: SignIn, mira: User, ticket: Ticket
) -> None:
    text = signed_in(mira).get("/desk/queues/tier-1/").content.decode()
    offered = re.findall(r'hx-get="/desk/bulk/([a-z-]+)/"', text)
    assert offered == [name for name, _act in bulk_acts()]
    assert (
        text.index("/desk/bulk/close/")
        < text.index('<details class="menu up"')
        < text.index("/desk/bulk/note/")
    )


def test_a_bulk_act_passes_over_what_one_cannot_see(
    signed_in: SignIn, mira: User, ada: User, three: list[Ticket], later: Later
) -> None:
    operations.restrict(three[0], people=[ada], by=ada, at=later(minutes=3))
    signed_in(mira).post("/desk/bulk/tag/", {"ticket": [row.pk for row in three], "names": "seen"})
    assert not three[0].taggings.exists()
    assert three[1].taggings.exists()


def test_nothing_ticked_is_told(signed_in: SignIn, mira: User) -> None:
    response = signed_in(mira).post("/desk/bulk/take/", {"ticket": ["nonsense", "-1", "9" * 40]})
    assert response.status_code == 400
    assert "Tick at least one ticket." in response.content.decode()
