"""The live process as an open page knows it: a real one, with real Redis and PostgreSQL."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connection, transaction
from websockets.exceptions import InvalidStatus

from accounts.models import Team, User
from delivery.operations import telling
from escalation import operations as escalation
from helpdesk.live import presence
from tests.plugins.live import Live, Tab, session_of
from tickets import events, operations
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)

OpenTab = Callable[..., Tab]


def test_a_page_is_told_of_its_ticket_once_it_is_committed(
    tab: OpenTab, mira: User, ticket: Ticket, at: datetime
) -> None:
    page = tab(mira)
    assert page.see("counts", f"ticket:{ticket.pk}") == {str(ticket.pk): 1}
    with transaction.atomic():
        operations.take(ticket, by=mira, at=at)
        transaction.set_rollback(True)
    # A note changes no number; taking it does. What was rolled back has told nothing.
    operations.note(ticket, text="Seen.", by=mira, at=at)
    assert page.hear_of(ticket) == 2
    operations.take(ticket, by=mira, at=at)
    assert page.hear("counts") > 0
    assert sum("counts" in message for message in page.told) == 1


def test_lists_hear_of_what_comes_and_of_what_leaves(
    tab: OpenTab, mira: User, dario: User, ticket: Ticket, service_desk: Team, network: Team, at: datetime
) -> None:
    here, there, everywhere = tab(mira), tab(dario), tab(mira)
    here.see(f"team:{service_desk.pk}")
    there.see(f"tier:{network.tier_id}")
    everywhere.see("all")
    moved = escalation.hand_over(
        ticket, team=network, reason="needs_expertise", summary="Needs a capture.", by=mira, at=at
    ).ticket
    for page in (here, there, everywhere):
        while page.hear_of(ticket) < moved.version:
            pass
    # Who has drawn the page a moment before it listens has missed nothing.
    late = tab(mira)
    late.see(f"team:{network.pk}")
    assert late.hear_of(ticket) == moved.version


def test_what_is_restricted_or_imported_is_told_of_in_no_list(
    tab: OpenTab, mira: User, lars: User, ticket: Ticket, open_ticket: Callable[..., Ticket], at: datetime
) -> None:
    operations.restrict(ticket, people=[lars], by=lars, at=at)
    page, named = tab(mira), tab(lars)
    page.see("all", f"ticket:{ticket.pk}")
    named.see(f"ticket:{ticket.pk}")
    page.told.clear()
    with events.without_deliveries():
        imported = open_ticket("Of last year")
    operations.note(ticket, text="Quiet.", by=lars, at=at)
    assert named.hear_of(ticket) == 3
    filed = open_ticket("Of today")
    assert page.hear_of(filed) == 1
    rows = [row for message in page.told for row in message.get("tickets", ())]
    assert [ticket.pk, 3] not in rows
    assert imported.pk not in page.heard_of


def test_only_who_may_open_a_ticket_hears_of_it_and_a_requester_not_of_notes(
    tab: OpenTab, otto: User, ines: User, vera: User, mira: User, ticket: Ticket, at: datetime
) -> None:
    key = ticket.pk
    everything = [
        f"request:{key}",
        f"ticket:{key}",
        f"guest:{key}",
        "all",
        "counts",
        "board",
        "team:1",
        "tier:1",
    ]
    assert tab(otto).see(*everything) == {}
    assert tab(vera).see(*everything) == {}
    assert tab(ines).see(f"ticket:{key}", f"guest:{key}") == {}
    page = tab(ines)
    assert page.see(f"request:{key}") == {str(key): 1}
    operations.note(ticket, text="She is in a hurry.", by=mira, at=at)
    operations.reply(ticket, text="Restart it.", by=mira, at=at)
    assert page.hear_of(ticket) == 3
    assert [message for message in page.told if "tickets" in message] == [{"tickets": [[key, 3]]}]


def test_somebodys_notices_are_told_to_all_their_pages(
    tab: OpenTab, mira: User, sara: User, ticket: Ticket, at: datetime
) -> None:
    pages = [tab(mira), tab(mira)]
    for page in pages:
        page.see("me")
    news = telling.News(kind="assigned", key="x", at=at, event_id=-7, ticket_number=ticket.pk, by=sara.pk)
    telling.tell([mira], news)
    for page in pages:
        assert page.hear("me") > 0


def test_who_looks_and_who_writes_is_known_and_ends_with_the_page(
    tab: OpenTab, mira: User, sara: User, ines: User, otto: User, ticket: Ticket
) -> None:
    watching, first, second = tab(sara), tab(mira), tab(mira)
    for page in (watching, first, second):
        page.see(f"ticket:{ticket.pk}")
    first.say(at=ticket.pk, do="look")
    assert watching.hear("here") == [ticket.pk]
    second.say(at=ticket.pk, do="write")
    assert watching.hear("here") == [ticket.pk]
    assert presence.at_tickets([ticket.pk]) == {ticket.pk: {mira.pk: "write"}}
    second.socket.close()
    assert watching.hear("here") == [ticket.pk]
    assert presence.at_tickets([ticket.pk]) == {ticket.pk: {mira.pk: "look"}}
    first.say(at=ticket.pk, do="leave")
    assert watching.hear("here") == [ticket.pk]
    # A requester, a stranger, and who has not shown that they may open it are nowhere.
    for person, scope in ((ines, f"request:{ticket.pk}"), (otto, f"ticket:{ticket.pk}"), (mira, "all")):
        page = tab(person)
        page.see(scope)
        page.say(at=ticket.pk, do="write")
        page.see("me")
    assert presence.at_tickets([ticket.pk]) == {}


def test_who_may_not_come_is_told_why(tab: OpenTab, mira: User) -> None:
    assert tab(mira, session="nobody-0123456789").closed() == 4401
    with pytest.raises(InvalidStatus):  # a page of another site brings the cookie along
        tab(mira, origin="https://elsewhere.example")
    page = tab(mira)
    page.socket.send("{")
    assert page.closed() == 4400
    page = tab(mira)
    page.socket.send("[" * 9_000)
    assert page.closed() == 1009
    page = tab(mira)
    for _ in range(61):
        page.say(see=[])
    assert page.closed() == 4409


def test_odd_scopes_are_passed_over_and_no_connection_to_the_database_is_held(
    tab: OpenTab, mira: User, ticket: Ticket
) -> None:
    odd = [
        "ticket:",
        "ticket:-1",
        "ticket:1e3",
        f"ticket:{2**64}",
        "team:x",
        "person:1",
        "",
        "ticket:²",
        "ticket:" + "9" * 5_000,
        "x" * 99,
    ]
    page = tab(mira)
    assert page.see(*odd, f"ticket:{ticket.pk}") == {str(ticket.pk): ticket.version}
    # What it says next comes after its visit has ended.
    page.say(at=ticket.pk, do="look")
    page.hear("here")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        assert cursor.fetchone() == (0,)


def test_nothing_stays_of_a_page_that_leaves_while_it_is_answered(
    tab: OpenTab, live: Live, mira: User, ticket: Ticket
) -> None:
    page = tab(mira)
    page.hear("ready")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE tickets_ticket")  # what it may hear of is not said before this ends
        page.say(see=[f"ticket:{ticket.pk}"])
        page.vanish()
        live.health()
    live.wait_until_left()


@pytest.mark.long
def test_an_ended_session_and_somebody_who_left_are_dropped(tab: OpenTab, mira: User, sara: User) -> None:
    quick = Live(DJANGO_SETTINGS_MODULE="tests.quick_live_settings")
    quick.start()
    try:
        session = session_of(mira)
        ended, left = tab(mira, session=session, live=quick), tab(sara, live=quick)
        for page in (ended, left):
            page.see("me")
        SessionStore(session).delete()
        User.objects.filter(pk=sara.pk).update(is_active=False)
        assert (ended.closed(), left.closed()) == (4401, 4401)
    finally:
        quick.stop()


@pytest.mark.long
def test_the_oldest_of_too_many_pages_is_ended(tab: OpenTab, mira: User) -> None:
    session = session_of(mira)
    pages = [tab(mira, session=session) for _ in range(21)]
    pages[-1].hear("ready")
    assert pages[0].closed() == 4409
    assert pages[1].see("me") == {}
