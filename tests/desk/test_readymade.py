"""Canned replies, macros and ready-made tickets on their pages: found by typing, run by key, written by who may."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AccountEvent, Team, User
from escalation.models import Macro
from escalation.operations.macros import create_macro
from tickets import operations
from tickets.models import (
    CannedReply,
    Category,
    Outgoing,
    ReadyTicket,
    ReadyUse,
    Status,
    Tagging,
    Ticket,
)
from tickets.operations import outgoing, ready
from tickets.queries.ready import uses

SignIn = Callable[[User], Any]
Later = Callable[..., datetime]
HTMX = {"HTTP_HX_REQUEST": "true"}
HELLO = "Dear {{ requester.first_name }}, about {{ ticket.number }}: restart {{ requester.device }}. {{ agent.name }}"


@pytest.fixture
def hers(ticket: Ticket, mira: User, vpn: Category, later: Later) -> Ticket:
    operations.take(ticket, by=mira, at=later(minutes=1))
    return operations.change(ticket, category=vpn, by=mira, at=later(minutes=2))


@pytest.fixture
def replies(
    service_desk: Team, network: Team, mira: User, sara: User, at: datetime
) -> dict[str, CannedReply]:
    """Everybody's, the service desk's, the network's, Mira's own, Sara's own."""
    given: dict[str, dict[str, Any]] = {
        "all": {"name": "Restart", "folder": "First steps", "body": HELLO},
        "desk": {
            "name": "We have it",
            "folder": "First steps",
            "body": "We look at it.",
            "team": service_desk,
        },
        "network": {"name": "Line test", "body": "Run the test.", "team": network},
        "own": {"name": "My way", "body": "Regards", "owner": mira},
        "other": {"name": "Sara's", "body": "Hi", "owner": sara},
    }
    return {
        key: ready.create(CannedReply, ready.REPLIES, by=facts.get("owner"), at=at, **facts)
        for key, facts in given.items()
    }


def typed(client: Any, ticket: Ticket, words: str = "") -> list[dict[str, Any]]:
    answer = client.get(
        f"/desk/tickets/{ticket.number}/canned/", {"q": words}, HTTP_ACCEPT="application/json"
    )
    found: list[dict[str, Any]] = answer.json()["offers"]
    return found


# --- Canned replies ---


def test_typing_finds_ones_own_ones_teams_and_everybodys_filled_in(
    signed_in: SignIn, mira: User, hers: Ticket, replies: dict[str, CannedReply]
) -> None:
    client = signed_in(mira)
    assert [each["name"] for each in typed(client, hers)] == ["My way", "Restart", "We have it"]
    (found,) = typed(client, hers, "resta step")
    assert found["folder"] == "First steps"
    assert found["text"] == f"Dear Ines, about {hers.number}: restart NW-1180. Mira Kask"
    assert (found["key"], found["missing"]) == (str(replies["all"].pk), [])
    assert typed(client, hers, "line test") == []


def test_a_gap_is_marked_and_the_reply_does_not_leave_with_it(
    signed_in: SignIn, mira: User, ines: User, hers: Ticket, replies: dict[str, CannedReply], later: Later
) -> None:
    operations.change(hers, device="", by=mira, at=later(minutes=3))
    User.objects.filter(pk=ines.pk).update(device="")
    client = signed_in(mira)
    (found,) = typed(client, hers, "restart")
    assert found["missing"] == ["the device"]
    for body in (found["text"], "Dear {{ requester.first_name }}"):
        answer = client.post(f"/desk/tickets/{hers.number}/write/", {"kind": "reply", "body": body}, **HTMX)
        assert answer.status_code == 422
        assert "Fill in before you send:" in answer.content.decode()
    assert not hers.messages.filter(kind="reply").exists()


def test_use_is_counted_when_it_is_sent_and_sorts_the_list(
    signed_in: SignIn, mira: User, hers: Ticket, replies: dict[str, CannedReply]
) -> None:
    client = signed_in(mira)
    data = {
        "kind": "reply",
        "body": "We look at it.",
        "used": [replies["desk"].pk, replies["network"].pk, "x"],
    }
    client.post(f"/desk/tickets/{hers.number}/write/", data)
    use = ReadyUse.objects.get()  # another team's is not one's own to use
    assert (use.of, use.about, use.by, use.ticket) == ("reply", replies["desk"].pk, mira, hers)
    assert [each["name"] for each in typed(client, hers)] == ["We have it", "My way", "Restart"]
    page = client.get("/settings/replies/?sort=use").content.decode()
    assert page.index("We have it") < page.index("My way")
    assert "used once" in page
    ReadyUse.objects.update(at=timezone.now() - timedelta(days=91))
    assert uses("reply", at=timezone.now()) == {}


def test_who_writes_which_everybody_their_own_leads_their_teams_administrators_all(
    signed_in: SignIn,
    mira: User,
    lars: User,
    ada: User,
    service_desk: Team,
    network: Team,
    replies: dict[str, CannedReply],
) -> None:
    may = {
        mira: {"own"},
        lars: {"desk"},
        ada: {"all", "desk", "network"},
    }
    for person, theirs in may.items():
        client = signed_in(person)
        opened = {
            key
            for key, row in replies.items()
            if client.get(f"/settings/replies/{row.pk}/").status_code == 200
        }
        assert opened == theirs
        for key, row in replies.items():
            if key not in theirs:
                assert client.post(f"/settings/replies/{row.pk}/delete/").status_code == 404
    client = signed_in(lars)
    for whose, status in (
        (f"team:{network.pk}", 422),
        ("all", 422),
        (f"team:{service_desk.pk}", 302),
        ("own", 302),
    ):
        answer = client.post("/settings/replies/new/", {"name": whose, "body": "x", "whose": whose})
        assert answer.status_code == status
    assert set(CannedReply.objects.filter(body="x").values_list("owner", "team")) == {
        (None, service_desk.pk),
        (lars.pk, None),
    }


def test_an_unknown_variable_is_named_when_it_is_saved(signed_in: SignIn, mira: User) -> None:
    client = signed_in(mira)
    answer = client.post(
        "/settings/replies/new/", {"name": "Bad", "body": "Dear {{ requester.surname }}", "whose": "own"}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "“{{ requester.surname }}” cannot be filled in. These can: requester.first_name," in text
    assert "Dear {{ requester.surname }}</textarea>" in text


def test_the_preview_fills_in_for_a_ticket_that_one_sees(
    signed_in: SignIn, mira: User, dario: User, hers: Ticket, later: Later
) -> None:
    data = {"body": HELLO, "preview_ticket": hers.number}
    assert "Dear Ines, about" in signed_in(mira).post("/settings/ready-preview/", data).content.decode()
    operations.restrict(hers, people=[mira], by=mira, at=later(minutes=4))
    assert "you do not see it" in signed_in(dario).post("/settings/ready-preview/", data).content.decode()


def test_a_change_is_told_and_an_earlier_version_put_back(
    signed_in: SignIn, ada: User, replies: dict[str, CannedReply]
) -> None:
    client, row = signed_in(ada), replies["all"]
    url = f"/settings/replies/{row.pk}/"
    client.post(url, {"name": "Restart", "folder": "Old", "body": "Turn it off and on.", "whose": "all"})
    assert client.post(f"{url}versions/1/").status_code == 302
    row.refresh_from_db()
    assert (row.folder, row.body) == ("First steps", HELLO)
    assert client.post(f"{url}versions/9/").status_code == 404
    told = AccountEvent.objects.filter(kind="canned_reply.changed")
    assert [sorted(event.data["words"]) for event in told] == [["body", "folder"]] * 2
    history = client.get("/settings/history/").content.decode()
    assert "changed the canned reply Restart" in history
    # Its versions stand on its own page.
    assert "/settings/versions/" not in history


# --- Macros ---


@pytest.fixture
def macro(lars: User, service_desk: Team, at: datetime) -> Macro:
    return create_macro(
        name="Restart and wait",
        acts=[("tag", {"name": "restart"}), ("wait", {"text": HELLO})],
        team=service_desk,
        slot=3,
        by=lars,
        at=at,
    )


def test_the_menu_offers_a_macro_with_its_key_and_one_press_runs_it(
    signed_in: SignIn, mira: User, hers: Ticket, macro: Macro
) -> None:
    client, url = signed_in(mira), f"/desk/tickets/{hers.number}/macros/"
    assert 'data-key="x 3"' in client.get(f"{url}menu/", **HTMX).content.decode()
    assert [each["name"] for each in typed(client, hers, "wait")] == ["Restart and wait"]
    assert client.post(f"{url}{macro.pk}/", {"submission": "k"}, **HTMX).status_code == 204
    client.post(f"{url}{macro.pk}/", {"submission": "k"}, **HTMX)
    hers.refresh_from_db()
    assert hers.status == Status.PENDING_REQUESTER
    assert hers.messages.filter(kind="question").count() == 1


def test_the_preview_shows_what_would_be_done_and_its_words_may_be_changed(
    signed_in: SignIn, mira: User, dario: User, hers: Ticket, macro: Macro, settings: Any
) -> None:
    settings.UNDO_SECONDS = 10
    client, url = signed_in(mira), f"/desk/tickets/{hers.number}/macros/{macro.pk}/"
    text = client.get(url, **HTMX).content.decode()
    assert "1. Tag: restart" in text
    assert "Dear Ines, about" in text
    assert "It happens in 10 s; until then it can be undone." in text
    answer = client.post(url, {"words": "Restart it, please."}, **HTMX)
    assert json.loads(answer["HX-Trigger"])["replyLeaving"]["number"] == hers.number
    assert not Tagging.objects.filter(ticket=hers).exists()
    row = Outgoing.objects.get()
    outgoing.send_due(at=row.send_at)
    assert hers.messages.get(kind="question").body == "Restart it, please."
    assert ReadyUse.objects.get(of="macro").about == macro.pk
    # Another team's macro is not there.
    assert signed_in(dario).get(url).status_code == 404


def test_a_refused_macro_says_which_act_and_does_nothing(
    signed_in: SignIn, mira: User, hers: Ticket, macro: Macro, ada: User, at: datetime
) -> None:
    gone = Category.objects.create(name="Gone", is_active=False)
    Macro.objects.filter(pk=macro.pk).update(
        acts=[["tag", {"name": "x"}], ["category", {"category": gone.pk}]]
    )
    client, url = signed_in(mira), f"/desk/tickets/{hers.number}/macros/{macro.pk}/"
    answer = client.post(url, {}, **HTMX)
    assert answer.status_code == 409
    assert "is retired: choose another one." in answer["HX-Trigger"].encode().decode("unicode_escape")
    assert "This macro is broken and does not run." in client.get(url, **HTMX).content.decode()
    assert "broken" in signed_in(ada).get("/settings/macros/").content.decode()
    assert not Tagging.objects.filter(ticket=hers).exists()


def test_a_macro_is_written_row_by_row_in_the_order_of_its_places(
    signed_in: SignIn, lars: User, service_desk: Team, network: Team
) -> None:
    client = signed_in(lars)
    row = client.get("/settings/macros/act/", {"n": "2", "act-2-type": "hand_over", "last": "1"}, **HTMX)
    assert 'name="act-2-team"' in row.content.decode()
    assert 'name="act-3-type"' in row.content.decode()
    data = {
        "name": "On to the network",
        "whose": f"team:{service_desk.pk}",
        "slot": "1",
        "is_active": "on",
        "where": "/desk/queues/all/?kind=incident&sort=due",
        "act-1-type": "hand_over",
        "act-1-place": "2",
        "act-1-team": network.pk,
        "act-1-reason": "needs_expertise",
        "act-1-summary": "{{ ticket.subject }}",
        "act-2-type": "tag",
        "act-2-place": "1",
        "act-2-name": "net",
    }
    assert client.post("/settings/macros/new/", data).status_code == 302
    macro = Macro.objects.get()
    assert macro.acts == [
        ["tag", {"name": "net"}],
        ["hand_over", {"team": network.pk, "reason": "needs_expertise", "summary": "{{ ticket.subject }}"}],
    ]
    assert macro.filter == {"all": [{"field": "kind", "op": "is", "value": ["incident"]}]}
    page = client.get(f"/settings/macros/{macro.pk}/").content.decode()
    assert 'value="kind=incident"' in page
    refused = client.post(f"/settings/macros/{macro.pk}/", data | {"act-2-name": "", "where": "colour=red"})
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "Act 1: Tag is missing." in text
    assert "There is no field “colour” to filter by; the filter is left out." in text


def test_a_macro_runs_on_many_tickets(
    signed_in: SignIn, mira: User, hers: Ticket, macro: Macro, ines: User, later: Later
) -> None:
    other = operations.open_ticket(
        requester=ines, subject="Again", description="Again", by=ines, at=later(minutes=3)
    )
    client = signed_in(mira)
    client.post("/desk/bulk/macro/", {"ticket": [hers.pk, other.pk], "macro": macro.pk})
    assert set(Tagging.objects.values_list("ticket", flat=True)) == {hers.pk, other.pk}
    assert ReadyUse.objects.filter(of="macro").count() == 2


# --- Ready-made tickets ---


def test_a_usual_request_fills_the_form_of_a_new_ticket_and_is_counted(
    signed_in: SignIn, mira: User, ines: User, vpn: Category, at: datetime
) -> None:
    row = ready.create(
        ReadyTicket,
        ready.TICKETS,
        by=None,
        at=at,
        name="VPN password",
        subject="VPN password forgotten",
        description="Calls because the VPN asks for a password.",
        category=vpn,
        kind="request",
        answer="Dear {{ requester.first_name }}, it is set anew. {{ agent.first_name }}",
        is_resolved=True,
        resolve_as="fulfilled",
        minutes=5,
    )
    client = signed_in(mira)
    assert "VPN password" in client.get("/desk/new/").content.decode()
    chosen = client.post("/desk/new/ready/", {"ready": row.pk, "requester": ines.pk, "device": "X"}, **HTMX)
    text = chosen.content.decode()
    assert "VPN password forgotten" in text
    assert "Dear Ines, it is set anew. Mira" in text
    assert client.post("/desk/new/ready/", {"ready": ""}, **HTMX).status_code == 204
    data = {
        "ready": row.pk,
        "requester": ines.pk,
        "channel": "phone",
        "subject": row.subject,
        "kind": "request",
        "impact": "3",
        "urgency": "2",
        "category": vpn.pk,
        "answer": "Dear Ines, it is set anew. Mira",
        "is_resolved": "on",
        "resolve_as": "fulfilled",
        "minutes": "5",
    }
    client.post("/desk/new/", data)
    opened = Ticket.objects.get(subject=row.subject)
    assert (opened.status, opened.resolution_code) == (Status.RESOLVED, "fulfilled")
    use = ReadyUse.objects.get()
    assert (use.of, use.about, use.ticket) == ("ticket", row.pk, opened)
    refused = client.post("/desk/new/", data | {"answer": "Dear ⟦the requester's first name⟧"})
    assert "Fill in before you send" in refused.content.decode()
