from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from accounts.models import Team, User
from escalation import operations as escalation
from tickets import operations
from tickets.models import Category, CustomField, Event, Ticket, Watch

SignIn = Callable[[User], Client]


def shown(page: Any) -> list[Ticket]:
    return list(page.context["tickets"])


def test_the_list_shows_mine_open_first_and_done_apart(
    as_ines: Client, open_ticket: Callable[..., Ticket], ines: User, tomasz: User, at: Any
) -> None:
    first, second = open_ticket("first"), open_ticket("second")
    open_ticket("somebody else's", requester=tomasz)
    operations.withdraw(first, by=ines, at=at)

    assert shown(as_ines.get("/requests/")) == [second]
    assert shown(as_ines.get("/requests/?state=done")) == [first]
    assert shown(as_ines.get("/requests/?of=nonsense&state=x")) == [second]


def test_a_manager_sees_the_organisations_requests_and_a_colleague_does_not(
    signed_in: SignIn,
    ticket: Ticket,
    open_ticket: Callable[..., Ticket],
    greta: User,
    tomasz: User,
    otto: User,
) -> None:
    open_ticket("of Harbour", requester=otto)

    assert shown(signed_in(greta).get("/requests/?of=organisation")) == [ticket]
    assert signed_in(greta).get(f"/requests/{ticket.number}/").status_code == 200
    # Whoever has no such list is shown their own.
    assert shown(signed_in(tomasz).get("/requests/?of=organisation")) == []


def test_the_list_is_searched(as_ines: Client, open_ticket: Callable[..., Ticket], tomasz: User) -> None:
    vpn = open_ticket("VPN drops")
    open_ticket("Printer jams")
    open_ticket("VPN slow", requester=tomasz)

    assert shown(as_ines.get("/requests/?q=vpn")) == [vpn]
    assert shown(as_ines.get("/requests/?q=%00%3Cscript%3E")) == []


def test_pages_follow_each_other_and_a_damaged_address_shows_the_first(
    as_ines: Client, open_ticket: Callable[..., Ticket], later: Any
) -> None:
    rows = [open_ticket(f"Trouble {n}", at=later(minutes=n)) for n in range(30)]
    newest_first = rows[::-1]

    first = as_ines.get("/requests/")
    second = as_ines.get("/requests/", {"after": first.context["older"]})
    back = as_ines.get("/requests/", {"before": second.context["newer"]})
    assert (shown(first), shown(second), shown(back)) == (
        newest_first[:25],
        newest_first[25:],
        newest_first[:25],
    )
    assert shown(as_ines.get("/requests/?after=%00nonsense")) == newest_first[:25]


def test_the_list_costs_the_same_however_long(
    as_ines: Client,
    open_ticket: Callable[..., Ticket],
    later: Any,
    kept_names: None,
    django_assert_max_num_queries: Any,
) -> None:
    for n in range(30):
        open_ticket(f"Trouble {n}", at=later(minutes=n))

    as_ines.get("/requests/")
    with django_assert_max_num_queries(6):
        as_ines.get("/requests/")
    with django_assert_max_num_queries(8):
        as_ines.get("/requests/?q=trouble")


def test_a_stranger_cannot_tell_that_the_request_exists(
    signed_in: SignIn, ticket: Ticket, otto: User, tomasz: User, vera: User
) -> None:
    for person in (otto, tomasz, vera):
        client = signed_in(person)
        for address in (ticket.number, "TD-999999", "nonsense", "TD-" + "9" * 40):
            assert client.get(f"/requests/{address}/").status_code == 404, (person, address)
        for act in (
            "reply",
            "works",
            "still-broken",
            "rate",
            "withdraw",
            "news",
            "watchers/add",
            "watchers/remove",
        ):
            assert client.post(f"/requests/{ticket.number}/{act}/", {"text": "x"}).status_code == 404, act
    assert Event.objects.count() == 1


def test_a_technician_is_led_to_the_workspace(signed_in: SignIn, ticket: Ticket, mira: User) -> None:
    response = signed_in(mira).get(f"/requests/{ticket.number}/")

    assert (response.status_code, response.headers["Location"]) == (302, f"/desk/tickets/{ticket.number}/")


def test_notes_hand_offs_and_vendor_talk_never_show_through(
    as_ines: Client, ticket: Ticket, mira: User, dario: User, network: Team, at: Any
) -> None:
    operations.take(ticket, by=mira, at=at)
    operations.reply(ticket, text="I look at it.", by=mira, at=at)
    operations.note(ticket, text="SECRET note", by=mira, at=at)
    escalation.hand_over(
        ticket, reason="needs_expertise", summary="SECRET summary", by=mira, at=at, team=network
    )
    operations.take(ticket, by=dario, at=at)

    html = strip_tags(as_ines.get(f"/requests/{ticket.number}/").content.decode())  # tokens may spell a P3
    for hidden in ("SECRET", "Dario", "needs expertise", "P3", "P4", "L2"):
        assert hidden not in html, hidden
    for told in ("I look at it.", "Mira Kask", "Network"):
        assert told in html, told


def test_a_technicians_own_request_reads_like_everybodys(
    signed_in: SignIn, open_ticket: Callable[..., Ticket], sara: User, mira: User, at: Any
) -> None:
    own = open_ticket("My chair", requester=sara)
    operations.note(own, text="SECRET note", by=mira, at=at)

    assert "SECRET" not in signed_in(sara).get(f"/requests/{own.number}/").content.decode()


def test_what_is_marked_for_a_tier_is_not_among_the_details(
    as_ines: Client, ticket: Ticket, mira: User, at: Any
) -> None:
    CustomField.objects.create(key="room", label="Room", type="text")
    CustomField.objects.create(key="risk", label="Risk class", type="text", min_tier=2)
    operations.change(ticket, fields={"room": "4.12", "risk": "red"}, by=mira, at=at)

    assert as_ines.get(f"/requests/{ticket.number}/").context["answers"] == [("Room", "4.12")]


def test_a_removed_text_stays_removed(as_ines: Client, ticket: Ticket, mira: User, at: Any) -> None:
    message = ticket.messages.get()
    operations.redact_message(message, reason="a password", by=mira, at=at)

    html = as_ines.get(f"/requests/{ticket.number}/").content.decode()
    assert "This text was removed." in html
    assert "a password" not in html


def test_words_in_a_request_run_nothing(as_ines: Client, open_ticket: Callable[..., Ticket]) -> None:
    evil = '<script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3)) "quoted"'
    ticket = open_ticket(evil, description=evil, location="<b>here</b>")

    html = as_ines.get(f"/requests/{ticket.number}/").content.decode()
    for harm in ("<script>alert", "<img src=x", 'href="javascript', "<b>here</b>"):
        assert harm not in html, harm


def test_colleagues_are_found_by_name_and_strangers_are_not(
    as_ines: Client, ticket: Ticket, tomasz: User, otto: User
) -> None:
    def found(words: str) -> Any:
        return as_ines.get(f"/requests/{ticket.number}/", {"colleague": words}).context["found"]

    assert (found("wilk"), found("otto"), found("w"), found("\x00")) == ([tomasz], [], None, None)


def test_a_follower_reads_along_and_finds_it_in_their_list(
    signed_in: SignIn, ticket: Ticket, ines: User, tomasz: User
) -> None:
    signed_in(ines).post(f"/requests/{ticket.number}/watchers/add/", {"user": tomasz.pk})

    page = signed_in(tomasz).get(f"/requests/{ticket.number}/")
    assert (page.status_code, page.context["may_act"], page.context["found"]) == (200, False, None)
    assert shown(signed_in(tomasz).get("/requests/?of=followed")) == [ticket]


@pytest.mark.parametrize("number", ["td-{pk}", "{pk}", "TD-{pk}"])
def test_numbers_are_understood_as_people_write_them(as_ines: Client, ticket: Ticket, number: str) -> None:
    assert as_ines.get(f"/requests/{number.format(pk=ticket.pk)}/").status_code == 200


def test_the_page_costs_the_same_however_long_the_conversation(
    as_ines: Client,
    ticket: Ticket,
    mira: User,
    ines: User,
    upload: Any,
    vpn: Category,
    later: Any,
    django_assert_max_num_queries: Any,
    kept_names: None,
) -> None:
    operations.take(ticket, by=mira, at=later())
    for n in range(8):
        file = upload(ines, f"{n}.txt")
        operations.reply(ticket, text=f"Question {n}", by=mira, at=later(hours=n))
        operations.reply(ticket, text=f"Answer {n}", by=ines, at=later(hours=n), attachments=[file.pk])

    as_ines.get("/")  # how the portal looks to whom is kept for seconds
    with django_assert_max_num_queries(20):
        page = as_ines.get(f"/requests/{ticket.number}/")
    cards = [said for said in page.context["conversation"] if said.is_message]
    assert (len(cards), sum(len(said.files) for said in cards)) == (17, 8)


def test_a_request_of_a_merged_ticket_leads_on(
    as_ines: Client, open_ticket: Callable[..., Ticket], mira: User, at: Any
) -> None:
    one, other = open_ticket("one"), open_ticket("other")
    operations.merge(one, into=other, by=mira, at=at)

    page = as_ines.get(f"/requests/{one.number}/")
    assert list(page.context["related"]) == [other]
    assert Watch.objects.count() == 0


# --- The organisation's, narrowed and as a file ---


def test_who_answers_for_an_organisation_narrows_its_list(
    signed_in: SignIn,
    open_ticket: Callable[..., Ticket],
    greta: User,
    ines: User,
    tomasz: User,
    mira: User,
    vpn: Category,
    at: Any,
) -> None:
    mine, his = open_ticket("hers", category=vpn), open_ticket("his", requester=tomasz)
    operations.wait_for_requester(operations.take(his, by=mira, at=at), question="Which?", by=mira, at=at)
    client = signed_in(greta)

    def found(**asked: Any) -> list[Ticket]:
        return shown(client.get("/requests/", {"of": "organisation", **asked}))

    assert found() == [his, mine] or found() == [mine, his]
    assert found(who="wilk") == [his]
    assert found(standing="yours") == [his]
    assert found(category=vpn.pk) == [mine]
    assert found(category=vpn.parent_id) == [mine]
    assert found(since="2026-11-24") == []
    assert len(found(since="2026-11-23", until="2026-11-23")) == 2
    assert len(found(who="", standing="nonsense", category="x", since="y", until="\x00")) == 2


def test_an_organisations_list_is_a_file_that_no_spreadsheet_carries_out(
    signed_in: SignIn, open_ticket: Callable[..., Ticket], greta: User, tomasz: User, otto: User
) -> None:
    open_ticket("=HYPERLINK(1)", requester=tomasz)
    open_ticket("of Harbour", requester=otto)

    response = signed_in(greta).get("/requests/export.csv", {"of": "organisation", "who": "wilk"})
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[0] == "Number,Subject,Who asked,How it stands,About,Received,Solved,Rating"
    assert len(lines) == 2
    assert lines[1].split(",")[1:4] == ["'=HYPERLINK(1)", "Tomasz Wilk", "received"]


def test_nobody_exports_more_than_they_see(signed_in: SignIn, ticket: Ticket, tomasz: User) -> None:
    response = signed_in(tomasz).get("/requests/export.csv", {"of": "organisation"})
    assert len(b"".join(response.streaming_content).splitlines()) == 1  # type: ignore[attr-defined]
