"""Webhooks, deliveries and the change feed as programs use them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from accounts.operations import create_service
from delivery import operations as delivery
from delivery.models import Delivery, Webhook, WebhookCall
from delivery.operations import claim, deliver
from tests.api.conftest import Program
from tests.escalation.test_webhooks import Receiver, receiver  # noqa: F401  (a fixture)
from tickets import operations
from tickets.models import Event, Feed, Submission, Ticket

Receivers = Callable[..., Receiver]
BOARD = {"name": "Board", "url": "https://board.example.com/in", "kinds": ["ticket.*"]}


@pytest.fixture
def ada_api(program: Callable[..., Program], ada: User) -> Program:
    return program(ada)


@pytest.fixture
def board(program: Callable[..., Program], ada: User, at: datetime) -> Program:
    """A program with a service account of its own."""
    return program(create_service(name="Status board", by=ada, at=at), "webhooks:read", "webhooks:write")


def work(at: datetime) -> None:
    for row in claim(limit=100, worker="w1", at=at):
        deliver(row, at=at)


def test_a_webhook_is_made_read_changed_and_deleted(ada_api: Program) -> None:
    made = ada_api.post(
        "/api/v1/webhooks/", BOARD | {"filter": {"field": "priority", "op": "is", "value": "1"}}
    )
    assert made.status_code == 201
    body = made.json()
    url = f"/api/v1/webhooks/{body['id']}/"
    assert (made["Location"], body["secret"][:6], body["is_enabled"]) == (url, "whsec_", True)
    shown = ada_api.get(url).json()
    assert shown == {name: value for name, value in body.items() if name != "secret"}
    assert shown["filter"] == {"field": "priority", "op": "is", "value": ["1"]}
    changed = ada_api.patch(url, {"kinds": ["*"], "filter": {}, "name": "The board"}).json()
    assert (changed["name"], changed["kinds"], changed["filter"]) == ("The board", ["*"], {})
    assert [row["id"] for row in ada_api.get("/api/v1/webhooks/").json()["results"]] == [body["id"]]
    assert ada_api.delete(url).status_code == 204
    assert ada_api.get(url).status_code == 404


def test_a_program_keeps_its_own_and_sees_no_other(board: Program, ada_api: Program) -> None:
    other = ada_api.post("/api/v1/webhooks/", BOARD | {"name": "Ada's"}).json()["id"]
    own = board.post("/api/v1/webhooks/", BOARD).json()
    assert [row["name"] for row in board.get("/api/v1/webhooks/").json()["results"]] == ["Board"]
    assert board.get(f"/api/v1/webhooks/{other}/").status_code == 404
    assert board.delete(f"/api/v1/webhooks/{other}/").status_code == 404
    assert Webhook.objects.get(pk=own["id"]).owner.name == "Status board"  # type: ignore[union-attr]
    assert board.get("/api/v1/deliveries/").status_code == 403


def test_a_token_with_a_tier_limit_gets_no_further_by_a_webhook(
    program: Callable[..., Program], ada: User, at: datetime
) -> None:
    limited = program(create_service(name="Bot", by=ada, at=at), "webhooks:write", max_tier=1)
    answer = limited.post("/api/v1/webhooks/", BOARD)
    assert (answer.status_code, Webhook.objects.count()) == (403, 0)
    assert "all the rights of its owner" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"url": "https://127.0.0.1/"}, "url", "127.0.0.1 lies inside"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url", "lies inside"),
        ({"url": "https://169.254.169.254/latest/meta-data/"}, "url", "lies inside"),
        ({"url": "http://board.example.com/"}, "url", "begins with https://"),
        ({"kinds": ["ticket.exploded"]}, "kinds", "There are no events"),
        ({"kinds": "ticket.opened"}, "kinds", "list"),
        ({"filter": {"field": "colour", "op": "is", "value": "red"}}, "filter", "colour"),
        ({"filter": []}, "filter", "Send an object"),
        ({"name": ""}, "name", "blank"),
        ({"secret": "mine"}, "secret", "There is no field “secret”"),
        ({"owner": 999999}, "owner", "There is nobody here"),
    ],
)
def test_what_cannot_be_used_is_a_problem_that_names_the_field(
    ada_api: Program, body: dict[str, Any], field: str, words: str
) -> None:
    answer = ada_api.post("/api/v1/webhooks/", BOARD | body)
    told = answer.json()
    assert (answer.status_code in (400, 409), told["field"]) == (True, field)
    assert words in told["detail"]
    assert not Webhook.objects.exists()


def test_sent_again_with_its_key_it_is_made_once_and_the_secret_is_kept_nowhere(ada_api: Program) -> None:
    first = ada_api.post("/api/v1/webhooks/", BOARD, Idempotency_Key="k1").json()
    again = ada_api.post("/api/v1/webhooks/", BOARD, Idempotency_Key="k1")
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first | {"secret": None}
    assert first["secret"] not in str(list(Submission.objects.values_list("outcome", flat=True)))
    assert Webhook.objects.count() == 1


def test_a_test_is_sent_and_its_call_read_and_repeated(
    ada_api: Program,
    receiver: Receivers,  # noqa: F811
    at: datetime,
) -> None:
    there = receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    made = ada_api.post("/api/v1/webhooks/", BOARD | {"url": f"http://127.0.0.1:{there.port}/in"}).json()
    url = f"/api/v1/webhooks/{made['id']}/"
    sent = ada_api.post(f"{url}test/", {})
    assert (sent.status_code, sent.json()["state"]) == (202, "waiting")
    work(Delivery.objects.get().next_at)
    (call,) = ada_api.get(f"{url}calls/").json()["results"]
    whole = ada_api.get(f"{url}calls/{call['id']}/").json()
    assert (call["status"], call["is_test"], whole["answer"]) == (200, True, "ok")
    assert whole["headers"]["webhook-id"] == f"msg_{sent.json()['id']}"
    assert made["secret"] not in str(whole)
    again = ada_api.post(f"{url}calls/{call['id']}/again/", {})
    assert (again.status_code, Delivery.objects.count()) == (202, 2)


def test_what_was_given_up_is_listed_and_sent_again(ada_api: Program, board: Program, at: datetime) -> None:
    made = board.post("/api/v1/webhooks/", BOARD).json()
    hook = Webhook.objects.get(pk=made["id"])
    rows = [delivery.send_to_webhook(hook, {"n": n}, ticket_number=1000 + n, at=at) for n in range(3)]
    Delivery.objects.update(state="dead", last_error="NotAnswered: 503")
    url = f"/api/v1/webhooks/{hook.pk}/"
    dead = board.get(f"{url}deliveries/", {"state": "dead"}).json()["results"]
    assert [row["ticket"] for row in dead] == ["TD-1002", "TD-1001", "TD-1000"]
    assert board.post(f"{url}replay/", {"ids": [rows[0].pk]}).json() == {"tried_again": 1}
    assert board.post(f"{url}replay/", {"since": "2026-11-23T00:00:00Z"}).json() == {"tried_again": 2}
    Delivery.objects.update(state="dead")
    found = ada_api.get("/api/v1/deliveries/", {"webhook": hook.pk, "ticket": "TD-1001"}).json()["results"]
    assert [row["id"] for row in found] == [rows[1].pk]
    assert ada_api.post("/api/v1/deliveries/replay/", {"ids": [rows[1].pk]}).json() == {"tried_again": 1}
    for body in ({}, {"ids": [1], "since": "2026-11-23T00:00:00Z"}, {"ids": ["1"]}, {"since": "yesterday"}):
        assert board.post(f"{url}replay/", body).status_code == 400


def test_a_renewed_secret_is_shown_once_and_the_old_one_can_be_ended(ada_api: Program) -> None:
    made = ada_api.post("/api/v1/webhooks/", BOARD).json()
    url = f"/api/v1/webhooks/{made['id']}/"
    renewed = ada_api.post(f"{url}renew-secret/", {}).json()
    assert (renewed["secret"] != made["secret"], renewed["old_secret_until"] is not None) == (True, True)
    ended = ada_api.post(f"{url}end-old-secret/", {}).json()
    assert (ended["old_secret_until"], "secret" in ended) == (None, False)


def test_calls_cost_the_same_for_one_and_for_many(
    ada_api: Program, at: datetime, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    hook = Webhook.objects.get(pk=ada_api.post("/api/v1/webhooks/", BOARD).json()["id"])

    def log(n: int) -> None:
        for _ in range(n):
            WebhookCall.objects.create(
                webhook=hook, delivery_id=1, created_at=at, url=hook.url, body="{}", milliseconds=1
            )

    log(1)
    url = f"/api/v1/webhooks/{hook.pk}/calls/"
    ada_api.get(url)
    with django_assert_max_num_queries(6) as one:
        ada_api.get(url)
    log(20)
    with django_assert_num_queries(len(one)):
        ada_api.get(url)


# --- the change feed ---


def next_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_program_reads_each_event_once_page_by_page(
    program: Callable[..., Program], mira: User, ticket: Ticket, at: datetime, seen_by_now: Callable[[], None]
) -> None:
    api = program(mira, "events:read")
    operations.note(ticket, text="Seen.", by=mira, at=at)
    seen_by_now()
    first = api.get("/api/v1/events/", {"limit": "1"}).json()
    assert ([event["type"] for event in first["results"]], first["has_more"]) == (["ticket.opened"], True)
    types, page = ["ticket.opened"], first
    while page["next"]:
        page = api.get(page["next"].removeprefix("http://testserver")).json()
        types += [event["type"] for event in page["results"]]
    assert types[0] == "ticket.opened"
    assert types.count("ticket.noted") == 1
    assert len(types) == Event.objects.count()
    assert api.get("/api/v1/events/", {"after": page["after"]}).json()["results"] == []
    assert api.get("/api/v1/events/", {"types": "ticket.noted"}).json()["results"][0]["by"] == mira.pk


@pytest.fixture
def seen_by_now() -> Callable[[], None]:
    """Wait until nothing runs in this PostgreSQL any more that began before: else the feed holds events back."""

    def wait() -> None:
        last = next_transaction()
        with connection.cursor() as cursor:
            for _ in range(600):
                cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_sleep(0)")
                if int(cursor.fetchone()[0]) > last:
                    return
                cursor.execute("SELECT pg_sleep(0.1)")

    return wait


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"after": "nonsense"}, "after"),
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"types": "ticket.exploded"}, "types"),
        ({"ticket": "x"}, "ticket"),
        ({"cursor": "x"}, "cursor"),
    ],
)
def test_what_the_feed_cannot_use_is_named(mira_api: Program, params: dict[str, str], field: str) -> None:
    answer = mira_api.get("/api/v1/events/", params)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_a_cursor_from_before_a_restore_is_gone_and_the_answer_says_what_to_do(mira_api: Program) -> None:
    old = mira_api.get("/api/v1/events/", {"after": "now"}).json()["after"]
    Feed.objects.update(system="another cluster")
    answer = mira_api.get("/api/v1/events/", {"after": old})
    told = answer.json()
    assert (answer.status_code, told["type"]) == (410, "/api/v1/problems/cursor_gone/")
    assert "after=now" in told["remedy"]
    assert mira_api.get("/api/v1/events/", {"after": "now"}).status_code == 200
