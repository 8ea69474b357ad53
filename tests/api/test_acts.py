"""Everything that people do with tickets, done by programs: the same operations, the same rows, the same history."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Team, User
from helpdesk.api.tickets.acts import ACTS, BULK, UNDER_OTHER_NAMES
from helpdesk.desk.acts import ACTS as OF_PAGES
from helpdesk.desk.acts import GUEST_ACTS
from helpdesk.desk.bulk_acts import bulk_acts
from tests.api.conftest import Program
from tests.api.test_frame import problem
from tickets import operations
from tickets.models import Ticket, folded_columns

TICKETS = "/api/v1/tickets/"
IN_BULK_UNDER_OTHER_NAMES = {"ask": "wait-requester"}


def url(ticket: Ticket, rest: str = "") -> str:
    return f"{TICKETS}{ticket.number}/{rest}"


def test_no_act_of_the_pages_is_forgotten() -> None:
    wanted = {each for name in (*OF_PAGES, *GUEST_ACTS) for each in UNDER_OTHER_NAMES.get(name, (name,))}
    assert wanted - set(ACTS) == set()


def test_no_act_on_many_is_forgotten() -> None:
    assert {IN_BULK_UNDER_OTHER_NAMES.get(name, name) for name, _act in bulk_acts()} == set(BULK)


@pytest.mark.parametrize(
    ("act", "form", "body"),
    [
        ("take", {}, {}),
        ("tag", {"names": "vpn, wifi"}, {"names": ["vpn", "wifi"]}),
        (
            "hand-over",
            {"to": "tier:2", "reason": "needs_expertise", "summary": "MTU checked"},
            {"tier": 2, "reason": "needs_expertise", "summary": "MTU checked"},
        ),
        (
            "resolve",
            {"code": "fixed", "summary": "Restarted"},
            {"code": "fixed", "summary": "Restarted"},
        ),
        ("override-priority", {"priority": "1", "reason": "The ward"}, {"priority": 1, "reason": "The ward"}),
        ("not-a-request", {"reason": "noise"}, {"reason": "noise"}),
        ("log-work", {"minutes": "5"}, {"minutes": 5}),
    ],
)
def test_page_and_program_leave_the_same(
    signed_in: Callable[[User], Any],
    mira_api: Program,
    mira: User,
    network: Team,
    open_ticket: Callable[..., Ticket],
    act: str,
    form: dict[str, str],
    body: dict[str, Any],
) -> None:
    by_page, by_program = open_ticket(), open_ticket()
    version = {"version": str(by_page.version)}
    signed_in(mira).post(f"/desk/tickets/{by_page.number}/{act}/", form | version)
    answer = mira_api.post(url(by_program, f"{act}/"), body, If_Match=f'"{by_program.version}"')
    assert answer.status_code == 200, answer.json()
    assert _left(by_page) == _left(by_program)


def _left(ticket: Ticket) -> Any:
    """The row without its own number and its times, and the kinds of its events with what they changed."""
    ticket.refresh_from_db()
    moments = [name for name in folded_columns() if name.endswith(("_at", "_since"))]
    row = {name: getattr(ticket, name) for name in folded_columns() if name not in (*moments, "words")}
    events = [
        (event.kind, event.by_id, sorted(set(event.changes) - {*moments, "words"}))
        for event in ticket.events.order_by("id")
    ]
    return row, events


def test_a_ticket_can_be_worked_from_its_filing_to_its_end(mira_api: Program, network: Team) -> None:
    """Complaint 45: an API that can only create. A monitoring tells more, corrects, resolves what it has filed."""
    made = mira_api.post(TICKETS, {"subject": "Link down", "description": "Port 7", "channel": "monitoring"})
    at = made["Location"]
    assert mira_api.patch(at, {"device": "SW-7"}, If_Match=made["ETag"]).json()["device"] == "SW-7"
    for act, body in (
        ("refer", {"system": "Zabbix", "key": "4711"}),
        ("note", {"text": "Still down."}),
        ("take", {}),
        ("reply", {"text": "It is the switch."}),
        ("hold", {"reason": "part", "until": "2026-12-01T08:00:00Z"}),
        ("resume", {}),
        ("resolve", {"code": "fixed", "summary": "Up again."}),
        ("reopen", {"text": "Down again."}),
        ("cancel", {"reason_text": "Replaced."}),
    ):
        assert mira_api.post(f"{at}{act}/", body, If_Match="*").status_code == 200, act
    told = mira_api.get(f"{at}?include=references,messages").json()
    assert told["status"] == "cancelled"
    assert told["references"] == [{"system": "Zabbix", "key": "4711", "url": ""}]
    assert [event["kind"] for event in mira_api.get(f"{at}history/").json()["results"]][:3] == [
        "ticket.opened",
        "ticket.changed",
        "ticket.referenced",
    ]


def test_every_list_and_search_is_paged_alike_and_can_be_counted(
    mira_api: Program, open_ticket: Callable[..., Ticket], later: Callable[..., Any]
) -> None:
    """Complaint 46: no total, hard caps, a search that returns twelve and ignores paging."""
    for n in range(25):
        open_ticket(f"Printer {n}", at=later(minutes=n))
    for query in ("", "q=printer&", "q=printer&sort=oldest&", "status=new&sort=priority&", "queue=tier-1&"):
        first = mira_api.get(f"{TICKETS}?{query}count=true&limit=10&fields=number").json()
        assert (first["count"], first["count_is_minimum"]) == (25, False), query
        seen, page = [], first
        while True:
            seen += [row["number"] for row in page["results"]]
            if page["next"] is None:
                break
            page = mira_api.get(page["next"]).json()
        assert len(seen) == len(set(seen)) == 25, query
        assert len(mira_api.get(page["previous"]).json()["results"]) == 10
    assert mira_api.get(f"{TICKETS}?limit=500").status_code == 400


def test_filters_are_those_of_the_pages(
    mira_api: Program, open_ticket: Callable[..., Ticket], later: Callable[..., Any]
) -> None:
    urgent = open_ticket("Ward", impact=1, urgency=1, at=later(hours=1))
    open_ticket("Slow")
    for query in (
        "priority=1",
        "priority__in=1",
        "priority=1,2&status=new,open",
        "not.priority=4",
        "created.after=2026-11-23T09:30:00Z",
        "created__after=2026-11-23T09:30:00Z",
        "subject=ward",
        'filter={"all":[{"field":"priority","op":"is","value":["1"]}]}',
    ):
        found = mira_api.get(f"{TICKETS}?{query}").json()
        assert [row["number"] for row in found["results"]] == [urgent.number], query


def test_a_stale_view_is_told_with_the_state_as_it_is(
    mira_api: Program, lars: User, ticket: Ticket, at: Any
) -> None:
    read = mira_api.get(url(ticket))["ETag"]
    told = problem(mira_api.patch(url(ticket), {"impact": 2}), 428, "precondition_required")
    assert told["field"] == "If-Match"
    operations.change(ticket, subject="Other", by=lars, at=at)
    answer = mira_api.patch(url(ticket), {"impact": 2}, If_Match=read)
    told = problem(answer, 412, "precondition_failed")
    assert told["current"]["subject"] == "Other"
    assert mira_api.patch(url(ticket), {"impact": 2}, If_Match=f"W/{answer['ETag']}").status_code == 200
    problem(mira_api.post(url(ticket, "note/"), {"text": "x"}, If_Match='"1"'), 412, "precondition_failed")
    problem(mira_api.patch(url(ticket), {"impact": 1}, If_Match="nonsense"), 412, "precondition_failed")
    assert mira_api.patch(url(ticket), {"impact": 1}, If_Match="*").status_code == 200


def test_what_is_not_legal_now_names_what_is(mira_api: Program, ticket: Ticket) -> None:
    told = problem_of_domain(mira_api.post(url(ticket, "reopen/"), {"text": "Again"}), 409, "illegal_move")
    assert "resolved" in told["legal"]


def problem_of_domain(answer: Any, status: int, code: str) -> Any:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/api/v1/problems/{code}/")
    return answer.json()


def test_a_reply_to_what_is_closed_opens_a_follow_up_and_says_where(
    ines_api: Program, lars: User, ines: User, ticket: Ticket, at: Any
) -> None:
    operations.cancel(ticket, reason_text="No", by=lars, at=at)
    answer = ines_api.post(url(ticket, "reply/"), {"text": "It is back"})
    new = Ticket.objects.latest("id")
    assert new != ticket
    assert answer.json()["number"] == new.number
    assert answer["Location"] == f"/api/v1/tickets/{new.number}/"


def test_a_requester_reads_what_the_portal_shows_and_no_more(
    ines_api: Program, mira_api: Program, ticket: Ticket
) -> None:
    mira_api.post(url(ticket, "note/"), {"text": "A secret"})
    mira_api.post(url(ticket, "reply/"), {"text": "Hello"})
    told = ines_api.get(f"{url(ticket)}?include=messages,tags,work,watchers").json()
    assert [message["body"] for message in told["messages"]] == [
        "Since Friday, when I work from home.",
        "Hello",
    ]
    assert not {"team", "assignee", "priority", "due_at", "tags", "work", "handle_with_care"} & set(told)
    texts = ines_api.get(url(ticket, "conversation/")).content.decode()
    texts += ines_api.get(url(ticket, "history/")).content.decode()
    assert "secret" not in texts
    assert "changes" not in texts
    assert ines_api.get(f"{TICKETS}?assignee=none").status_code == 403
    assert ines_api.get(f"{TICKETS}?q=secret").json()["results"] == []


def test_a_guest_reads_what_was_shared_with_the_vendor(
    program: Callable[..., Program], vera: User, lars: User, vendors: Team, ticket: Ticket, at: Any
) -> None:
    lead = program(lars)
    lead.post(url(ticket, "note/"), {"text": "A secret"})
    handed = lead.post(
        url(ticket, "hand-to-vendor/"), {"team": vendors.pk, "summary": "Circuit 7"}, If_Match="*"
    )
    assert handed.status_code == 200, handed.json()
    guest = program(vera)
    told = guest.get(f"{url(ticket)}?include=messages,attachments").json()
    assert [message["body"] for message in told["messages"]] == ["Circuit 7"]
    assert not {"requester", "organisation", "location", "tier"} & set(told)
    assert told["description"] == ""
    assert guest.get(url(ticket, "allowed/")).json()["acts"] == ["share", "accept", "return", "claim-fix"]
    assert guest.post(url(ticket, "return/"), {"reason": "not_ours", "text": "No"}).status_code == 200


def test_who_loses_sight_by_what_they_do_is_told_so(
    program: Callable[..., Program], tomasz: User, ines: User, ticket: Ticket, at: Any
) -> None:
    operations.watch(ticket, user=tomasz, by=ines, at=at)
    colleague = program(tomasz)
    told = colleague.post(url(ticket, "unwatch/"), {})
    assert told.status_code == 200
    assert told.json()["notice"].endswith("cannot see the ticket any more.")
    assert colleague.get(url(ticket)).status_code == 404


def test_bulk_tells_each_outcome(
    mira_api: Program, open_ticket: Callable[..., Ticket], otto: User, lars: User, at: Any
) -> None:
    one, done = open_ticket(), open_ticket()
    operations.cancel(done, reason_text="No", by=lars, at=at)
    body = {"act": "take", "tickets": [one.number, done.number, "TD-999999", "nonsense"]}
    told = mira_api.post(f"{TICKETS}bulk/", body).json()
    assert [row["number"] for row in told["done"]] == [one.number]
    assert [(row["number"], row["type"].split("/")[-2]) for row in told["refused"]] == [
        (done.number, "not_open"),
        ("TD-999999", "not_found"),
        ("nonsense", "not_found"),
    ]
    wrong = {"act": "tag", "tickets": [one.number], "arguments": {"name": "x"}}
    errors = problem(mira_api.post(f"{TICKETS}bulk/", wrong), 400, "invalid")["errors"]
    assert errors[0]["pointer"] == "/arguments/name"


def test_what_is_redacted_does_not_come_back_with_a_repeated_request(
    ines_api: Program, mira_api: Program, service_desk: Team
) -> None:
    body = {"subject": "My password", "description": "It is swordfish"}
    made = ines_api.post(TICKETS, body, Idempotency_Key="one").json()
    message = mira_api.get(f"{made['url']}conversation/").json()["results"][0]["id"]
    mira_api.post(f"{made['url']}redact-message/", {"message": message, "reason": "A password"})
    again = ines_api.post(TICKETS, body, Idempotency_Key="one")
    assert (again.status_code, again.json()) == (201, {"number": made["number"]})
    assert Ticket.objects.count() == 1


def test_take_next_takes_and_says_why(mira_api: Program, mira: User, ticket: Ticket) -> None:
    told = mira_api.post(f"{TICKETS}take-next/", {}).json()
    assert told["ticket"]["assignee"] == {"id": mira.pk, "name": mira.name}
    assert told["why"]
    assert mira_api.post(f"{TICKETS}take-next/", {}).json() == {"ticket": None, "why": ""}


def test_what_is_allowed_is_what_can_be_done(mira_api: Program, ines_api: Program, ticket: Ticket) -> None:
    acts = mira_api.get(url(ticket, "allowed/")).json()["acts"]
    assert {"reply", "note", "take", "hand-over", "resolve", "hold", "change"} <= set(acts)
    assert "reopen" not in acts
    theirs = ines_api.get(url(ticket, "allowed/")).json()["acts"]
    assert set(theirs) == {"reply", "ask-news", "watch", "unwatch", "withdraw"}


@pytest.mark.parametrize(
    "include",
    [
        "",
        "requester,assignee,contact,team,organisation",
        "messages,attachments",
        "tags,watchers,links,references,work,fields,clocks",
    ],
)
def test_a_page_costs_as_many_queries_whatever_is_on_it(
    mira_api: Program,
    open_ticket: Callable[..., Ticket],
    django_assert_max_num_queries: Any,
    kept_names: None,
    include: str,
) -> None:
    first, *others = [open_ticket(f"Number {n}") for n in range(12)]
    for ticket in (first, *others):
        mira_api.post(url(ticket, "note/"), {"text": "x", "minutes": 1})
        mira_api.post(url(ticket, "tag/"), {"names": ["vpn"]})
    query = f"{TICKETS}?include={include}&limit=" if include else f"{TICKETS}?limit="
    mira_api.get(f"{query}1")
    with django_assert_max_num_queries(100) as one:
        mira_api.get(f"{query}1")
    with django_assert_max_num_queries(100) as many:
        mira_api.get(f"{query}12")
    assert len(many.captured_queries) == len(one.captured_queries)
    if not include:
        assert len(many.captured_queries) <= 5


def test_a_view_is_kept_used_changed_and_deleted(
    mira_api: Program, program: Callable[..., Program], sara: User, open_ticket: Callable[..., Ticket]
) -> None:
    urgent = open_ticket("Ward", impact=1, urgency=1)
    open_ticket("Slow")
    tree = {"all": [{"field": "priority", "op": "is", "value": ["1"]}]}
    kept = mira_api.post("/api/v1/views/", {"name": "Urgent", "filter": tree, "sort": "oldest"})
    view = kept.json()
    assert kept.status_code == 201
    found = mira_api.get(view["tickets"]).json()["results"]
    assert [row["number"] for row in found] == [urgent.number]
    assert program(sara).get(kept["Location"]).status_code == 404
    again = mira_api.post("/api/v1/views/", {"name": "Urgent"})
    assert problem(again, 400, "invalid")["field"] == "name"
    wrong = mira_api.post(
        "/api/v1/views/", {"name": "x", "filter": {"field": "nonsense", "op": "is", "value": "1"}}
    )
    assert problem(wrong, 400, "invalid")["field"] == "filter"
    assert mira_api.patch(kept["Location"], {"name": "Wards"}).json()["name"] == "Wards"
    assert mira_api.delete(kept["Location"]).status_code == 204
    assert mira_api.get("/api/v1/views/").json()["results"] == []
