"""What an open page asks for when it was told of a change: rows, where others have gone, numbers, who is there."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import Organisation, Team, User
from escalation import operations as escalation
from helpdesk.live import lines, presence
from tickets import operations
from tickets.models import SavedView, Ticket
from tickets.queries.listing import page
from tickets.queries.queues import queues

URL = "/desk/queues/my-teams/changes/"


def answer(client: Any, url: str, **asked: Any) -> tuple[list[int], dict[int, str], list[int]]:
    """The rows that stay, those that have gone with where, and the new ones."""
    asked = {
        name: ",".join(map(str, keys)) if isinstance(keys, list) else keys for name, keys in asked.items()
    }
    context = client.get(url, asked).context
    rows = [row.ticket.pk for row in context["rows"]]
    return rows, {gone.key: gone.where for gone in context["gone"]}, context["new"]


def test_rows_stay_leave_and_come(
    signed_in: Callable[[User], Any],
    mira: User,
    sara: User,
    network: Team,
    open_ticket: Callable[..., Ticket],
    at: datetime,
) -> None:
    changed, moved, done, hidden, added, other = (open_ticket(f"Printer {n}") for n in range(6))
    operations.take(changed, by=sara, at=at)
    escalation.hand_over(moved, team=network, reason="needs_expertise", summary="Try.", by=sara, at=at)
    operations.take(done, by=sara, at=at)
    operations.resolve(done, code="fixed", summary="New toner.", by=sara, at=at)
    operations.restrict(hidden, people=[], by=sara, at=at)
    shown = [changed.pk, moved.pk, done.pk, hidden.pk]
    client = signed_in(mira)
    assert answer(client, URL, ids=[*shown, added.pk], shown=shown) == (
        [changed.pk],
        {moved.pk: "now with Network", done.pk: "resolved", hidden.pk: "no longer here"},
        [added.pk],
    )
    # What it was not told of is not looked at, and an odd question finds nothing.
    assert answer(client, URL, ids=[other.pk, "x", -1, 2**70], shown="") == ([], {}, [other.pk])
    assert answer(client, URL) == ([], {}, [])


def test_a_vendors_guest_is_not_told_who_has_a_ticket_now(
    signed_in: Callable[[User], Any],
    mira: User,
    vera: User,
    vendors: Team,
    ticket: Ticket,
    at: datetime,
) -> None:
    escalation.hand_over(ticket, team=vendors, reason="needs_vendor", summary="Down.", by=mira, at=at)
    client = signed_in(vera)
    url = "/desk/queues/handed/changes/"
    assert answer(client, url, ids=[ticket.pk], shown=[ticket.pk])[0] == [ticket.pk]
    client.post(f"/desk/tickets/{ticket.number}/accept/")
    gone = {ticket.pk: "no longer here"}
    assert answer(client, url, ids=[ticket.pk], shown=[ticket.pk]) == ([], gone, [])


def test_only_what_belongs_between_its_first_and_last_row_is_new_on_a_page(
    signed_in: Callable[[User], Any],
    mira: User,
    open_ticket: Callable[..., Ticket],
    later: Callable[..., datetime],
) -> None:
    tickets = [open_ticket(f"Printer {n}", at=later(minutes=n)) for n in range(6)]
    client = signed_in(mira)
    url = "/desk/queues/my-teams/"
    queue = next(queue for queue in queues(mira) if queue.name == "my-teams")
    first = page(queue.queryset, sort="oldest", scope="my-teams?", size=2)
    second = page(queue.queryset, sort="oldest", scope="my-teams?", size=2, cursor=first.next)
    ids = [ticket.pk for ticket in tickets]
    assert answer(client, f"{url}changes/", ids=ids, sort="oldest", last=first.next)[2] == ids[:2]
    ends = {"first": second.previous, "last": second.next}
    assert answer(client, f"{url}changes/", ids=ids, sort="oldest", **ends)[2] == ids[2:4]
    assert answer(client, f"{url}changes/", ids=ids, sort="oldest", last="broken")[2] == []


def test_a_saved_view_and_a_filter_narrow_what_is_new(
    signed_in: Callable[[User], Any], mira: User, open_ticket: Callable[..., Ticket]
) -> None:
    printer, scanner = open_ticket("Printer"), open_ticket("Scanner", impact=1)
    view = SavedView.objects.create(
        name="Wide", owner=mira, filter={"field": "impact", "op": "is", "value": ["1"]}
    )
    client = signed_in(mira)
    ids = [printer.pk, scanner.pk]
    assert answer(client, f"/desk/views/{view.pk}/changes/", ids=ids)[2] == [scanner.pk]
    assert answer(client, URL, ids=ids, impact="1")[2] == [scanner.pk]


def test_it_costs_few_queries_whatever_has_changed(
    signed_in: Callable[[User], Any],
    mira: User,
    open_ticket: Callable[..., Ticket],
    django_assert_max_num_queries: Any,
) -> None:
    ids = [open_ticket(f"Printer {n}").pk for n in range(8)]
    client = signed_in(mira)
    with django_assert_max_num_queries(12):
        answer(client, URL, ids=ids, shown=ids[:4])
    queue = next(queue for queue in queues(mira) if queue.name == "my-teams")
    end = page(queue.queryset, sort="oldest", scope="my-teams?", size=6).next
    # However many ends an address names.
    with django_assert_max_num_queries(12):
        asked = {"ids": ",".join(map(str, ids)), "sort": "oldest", "last": [end] * 20}
        assert client.get(URL, asked).context["new"] == ids[:6]


def test_lists_say_what_they_have_to_hear_of(
    signed_in: Callable[[User], Any], mira: User, service_desk: Team, ticket: Ticket
) -> None:
    client = signed_in(mira)
    team = f"team:{service_desk.pk}"
    wanted = {"mine": "me", "my-teams": team, "proposals": f"me {team}", "tier-1": "tier:1", "all": "all"}
    for name, scopes in wanted.items():
        assert f'data-live-scopes="{scopes}"' in client.get(f"/desk/queues/{name}/").content.decode(), name


def test_numbers_older_than_the_news_are_counted_anew(
    signed_in: Callable[[User], Any], mira: User, open_ticket: Callable[..., Ticket]
) -> None:
    client = signed_in(mira)
    cache.clear()
    assert client.get("/desk/counts/").context["counts"]["my-teams"] == 0
    open_ticket()
    assert client.get("/desk/counts/").context["counts"]["my-teams"] == 0
    before = client.get("/desk/counts/", {"since": "1000.5"}).context
    assert before["counts"]["my-teams"] == 0
    later = client.get("/desk/counts/", {"since": str(time.time() + 10**9)}).context
    assert later["counts"]["my-teams"] == 1
    assert client.get("/desk/counts/", {"since": "soon"}).status_code == 200


# --- who is there ---


@pytest.fixture
def at_ticket(settings: Any) -> Callable[..., None]:
    """`at_ticket(sara, ticket, "write")`: her page has just said so."""

    def be(user: User, ticket: Ticket, does: str, *, page: str = "a") -> None:
        until = int(time.time()) + presence.STAYS
        lines.client().hset(lines.presence_key(ticket.pk), f"{user.pk}:{page}", f"{does} {until}")
        lines.client().expire(lines.presence_key(ticket.pk), presence.STAYS)

    settings.LIVE_CHANNEL = f"{settings.LIVE_CHANNEL}:{time.monotonic_ns()}"
    return be


def test_the_others_at_a_ticket_are_named_who_writes_first_and_once(
    signed_in: Callable[[User], Any],
    mira: User,
    sara: User,
    lars: User,
    ticket: Ticket,
    at_ticket: Callable[..., None],
) -> None:
    at_ticket(mira, ticket, "look")
    at_ticket(lars, ticket, "look")
    at_ticket(sara, ticket, "look", page="a")
    at_ticket(sara, ticket, "write", page="b")
    client = signed_in(mira)
    shown = client.get(f"/desk/tickets/{ticket.number}/presence/")
    assert [(here.person, here.writes) for here in shown.context["all"]] == [(sara, True), (lars, False)]
    assert "Sara Amin is writing here too" in shown.content.decode()
    rows = client.get("/desk/presence/", {"ids": f"{ticket.pk},{ticket.pk + 1}"})
    assert [key for key, _people in rows.context["places"]] == [ticket.pk]


def test_who_has_not_been_heard_of_for_a_minute_is_gone(
    signed_in: Callable[[User], Any], mira: User, sara: User, ticket: Ticket, at_ticket: Callable[..., None]
) -> None:
    lines.client().hset(lines.presence_key(ticket.pk), f"{sara.pk}:a", f"look {int(time.time()) - 1}")
    shown = signed_in(mira).get(f"/desk/tickets/{ticket.number}/presence/")
    assert shown.context["all"] == []


def test_nobody_is_told_who_is_at_a_ticket_that_they_may_not_see(
    signed_in: Callable[[User], Any],
    mira: User,
    sara: User,
    vera: User,
    kestrel: Organisation,
    ticket: Ticket,
    at: datetime,
    at_ticket: Callable[..., None],
) -> None:
    at_ticket(sara, ticket, "look")
    operations.restrict(ticket, people=[sara], by=sara, at=at)
    client = signed_in(mira)
    assert client.get(f"/desk/tickets/{ticket.number}/presence/").status_code == 404
    assert client.get("/desk/presence/", {"ids": str(ticket.pk)}).context["places"] == []
    assert signed_in(vera).get("/desk/presence/", {"ids": str(ticket.pk)}).status_code == 404
