"""What holds for every endpoint: who comes in, what is read, how it is refused."""

import re
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from accounts.models import Token, User
from accounts.operations import revoke_token, use_token
from helpdesk import VERSION
from tests.api.conftest import Program
from tickets.models import Ticket

TICKETS = "/api/v1/tickets/"
SMALLEST = {"subject": "VPN drops", "description": "Since Friday."}


def problem(answer: Any, status: int, code: str) -> Any:
    """The document, after a look at what all of them hold."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), (
        answer.content
    )
    told = answer.json()
    assert told["type"] == f"/api/v1/problems/{code}/"
    assert told["status"] == status
    assert told["request_id"] == answer["X-Request-Id"]
    assert told["title"]
    assert told["detail"]
    assert told["remedy"]
    return told


def test_the_version_is_that_of_the_project() -> None:
    assert tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"] == VERSION


def test_who_has_no_token_is_told_how_to_come_in(program: Callable[..., Program], db: None) -> None:
    answer = program().get(TICKETS)
    problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "text",
    ["Bearer nonsense", "Bearer td_1_nonsense", "Bearer td_999999999999999999999_x", "Basic YTpi", "Bearer "],
)
def test_what_is_no_token_lets_nobody_in(program: Callable[..., Program], db: None, text: str) -> None:
    problem(program().get(TICKETS, Authorization=text), 401, "token_not_valid")


def test_a_token_ends(program: Callable[..., Program], mira: User, at: datetime) -> None:
    soon = program(mira, expires_at=at + timedelta(hours=1))
    assert soon.get(TICKETS).status_code == 200
    Token.objects.update(expires_at=at)
    problem(soon.get(TICKETS), 401, "token_not_valid")


def test_a_revoked_token_lets_nobody_in_from_then_on(mira_api: Program, mira: User, at: datetime) -> None:
    assert mira_api.get(TICKETS).status_code == 200
    revoke_token(Token.objects.get(), by=mira, at=at)
    problem(mira_api.get(TICKETS), 401, "token_not_valid")


def test_who_has_left_does_not_come_in_by_a_token(mira_api: Program, mira: User) -> None:
    User.objects.filter(pk=mira.pk).update(is_active=False)
    problem(mira_api.get(TICKETS), 401, "token_not_valid")


def test_a_token_is_kept_as_a_digest_and_knows_when_it_was_used(
    mira: User, at: datetime, capsys: Any, real_clock: None
) -> None:
    call_command("create_token", mira.email, scopes="tickets:read,tickets:write")
    text = capsys.readouterr().out.strip()
    token = Token.objects.get()
    assert re.fullmatch(rf"td_{token.pk}_[\w-]{{43}}", text)
    assert text.rpartition("_")[2] not in str(Token.objects.values().get())
    assert token.last_used_at is None
    assert use_token(text, at=at) == token
    token.refresh_from_db()
    assert token.last_used_at == at


def test_scopes_are_asked_for_each_way(
    program: Callable[..., Program], mira: User, service_desk: Any
) -> None:
    reads, writes = program(mira, "tickets:read"), program(mira, "tickets:write")
    assert problem(reads.post(TICKETS, SMALLEST), 403, "scope_missing")["scope"] == "tickets:write"
    assert problem(writes.get(TICKETS), 403, "scope_missing")["scope"] == "tickets:read"
    assert reads.get(TICKETS).status_code == 200
    assert writes.post(TICKETS, SMALLEST).status_code == 201
    assert reads.get("/api/v1/me/").status_code == 200


def test_a_tier_limit_narrows_what_a_token_sees(
    program: Callable[..., Program], ada: User, open_ticket: Callable[..., Ticket]
) -> None:
    """An administrator sees everything; her token that acts as tier 1 has no seat there, so it sees her own."""
    open_ticket()
    assert len(program(ada).get(TICKETS).json()["results"]) == 1
    narrow = program(ada, max_tier=1)
    assert narrow.get(TICKETS).json()["results"] == []
    assert narrow.get("/api/v1/me/").json()["is_administrator"] is False
    ada.refresh_from_db()
    assert ada.is_administrator


def test_a_page_of_the_product_asks_by_its_session_and_writes_with_its_token(mira: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(mira, backend="accounts.backend.AuthenticationBackend")
    assert client.get(TICKETS).status_code == 200
    problem(client.post(TICKETS, SMALLEST, "application/json"), 403, "csrf")
    client.get("/desk/queues/mine/")
    token = client.cookies["tierdesk_csrf"].value
    answer = client.post(TICKETS, SMALLEST, "application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"\xff\xfe", 400, "malformed"),
        (b'{"subject": "\xe9", "description": "b"}', 400, "malformed"),
        (b"{", 400, "malformed"),
        (b'{"subject": NaN}', 400, "malformed"),
        (b'{"subject": "a", "subject": "b", "description": "c"}', 400, "malformed"),
        (b"[" * 100_000, 400, "malformed"),
        (b"[" * 50 + b"]" * 50, 400, "malformed"),
        (rb'{"subject": "\u0000", "description": "b"}', 400, "malformed"),
        (rb'{"subject": "\ud800", "description": "b"}', 400, "malformed"),
        (b"[]", 400, "invalid"),
        (b'"text"', 400, "invalid"),
        (b"null", 400, "invalid"),
        (b'{"subject": 1, "description": "b"}', 400, "invalid"),
        (b'{"subject": ["a"], "description": "b"}', 400, "invalid"),
        (b'{"subject": "a"}', 400, "invalid"),
        (b'{"subject": "a", "description": "b", "category": 99999999999999999999999}', 400, "invalid"),
        (b'{"subject": "a", "description": "b", "impact": true}', 400, "invalid"),
        (b'{"subject": "a", "description": "b", "requester": {"id": 1}}', 400, "invalid"),
        (b'{"subject": "a", "description": "' + b"x" * 10_000_000 + b'"}', 413, "too_large"),
    ],
)
def test_bad_bodies_are_refused_in_words(ines_api: Program, body: bytes, status: int, code: str) -> None:
    problem(ines_api.post(TICKETS, body), status, code)
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=a",
        "cursor=nonsense",
        "cursor=-1",
        "page=-1",
        "offset=10",
        "sort=nonsense",
        "fields=nonsense",
        "include=nonsense",
        "queue=nonsense",
        "count=maybe",
        "q=%00",
        "status=nonsense",
        "assignee=99999999999999999999999999",
        "created.after=yesterday-ish",
        "nonsense=1",
        "status.nonsense=1",
        "filter={",
    ],
)
def test_bad_parameters_are_refused_by_name(mira_api: Program, query: str) -> None:
    told = problem(mira_api.get(f"{TICKETS}?{query}"), 400, "malformed" if "%00" in query else "invalid")
    if "%00" not in query:
        assert told["field"] == query.partition("=")[0]


def test_a_cursor_of_another_list_is_refused(
    mira_api: Program, program: Callable[..., Program], ada: User, open_ticket: Callable[..., Ticket]
) -> None:
    for _number in range(3):
        open_ticket()
    url = mira_api.get(f"{TICKETS}?limit=1").json()["next"]
    assert mira_api.get(url).status_code == 200
    for foreign in (
        url.replace("limit=1", "limit=1&status=new"),
        url.replace("limit=1", "limit=1&sort=oldest"),
    ):
        assert problem(mira_api.get(foreign), 400, "invalid")["field"] == "cursor"
    problem(program(ada).get(url), 400, "invalid")


def test_other_content_is_not_read_and_not_written(ines_api: Program) -> None:
    client = ines_api.client
    form = client.post(TICKETS, {"subject": "a"}, headers=ines_api.headers)
    problem(form, 415, "unsupported_media_type")
    problem(ines_api.get(TICKETS, Accept="text/html"), 406, "not_acceptable")
    told = ines_api.delete(TICKETS)
    problem(told, 405, "method_not_allowed")
    assert told["Allow"] == "GET, POST, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1/nonsense/",
        "/api/v2/",
        "/api/v1/tickets",
        "/api/v1/tickets/x/y/z/",
        "/api/v1/a%0Ab/",
        "/api/%0A",
    ],
)
def test_an_unknown_address_is_a_problem_too(mira_api: Program, path: str) -> None:
    for method in ("get", "post", "delete"):
        told = problem(mira_api.send(method, path), 404, "not_found")
        assert ("ends with a slash" in told["detail"]) is not path.endswith("/")


def test_a_host_that_is_not_ours_gets_a_problem(mira_api: Program) -> None:
    answer = mira_api.client.get(TICKETS, headers=mira_api.headers | {"Host": "evil.example.com"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_question_that_takes_too_long_is_told_so(
    mira_api: Program, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 1")
            cursor.execute("SELECT pg_sleep(1)")

    monkeypatch.setattr("helpdesk.api.tickets.views.described_as", slow)
    answer = mira_api.get(f"{TICKETS}{ticket.number}/")
    problem(answer, 503, "took_too_long")
    assert answer["Retry-After"] == "5"


def test_what_nobody_expected_is_told_without_a_traceback(
    mira_api: Program, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.api.tickets.views.described_as", lambda *_: 1 / 0)
    mira_api.client.raise_request_exception = False
    told = problem(mira_api.get(f"{TICKETS}{ticket.number}/"), 500, "internal")
    assert "division" not in str(told)


def test_a_request_id_is_taken_and_given_back(mira_api: Program) -> None:
    assert mira_api.get(TICKETS, X_Request_ID="my-own-request-1")["X-Request-Id"] == "my-own-request-1"
    assert mira_api.get(TICKETS, X_Request_ID="no good; drop")["X-Request-Id"] != "no good; drop"


def test_sent_again_with_its_key_it_is_done_once(ines_api: Program) -> None:
    first = ines_api.post(TICKETS, SMALLEST, Idempotency_Key="one")
    again = ines_api.post(TICKETS, SMALLEST, Idempotency_Key="one")
    assert (again.status_code, again.json(), again["Location"], again["ETag"]) == (
        first.status_code,
        first.json(),
        first["Location"],
        first["ETag"],
    )
    assert again["Idempotent-Replayed"] == "true"
    assert Ticket.objects.count() == 1
    problem(ines_api.post(TICKETS, SMALLEST | {"subject": "Other"}, Idempotency_Key="one"), 409, "key_reused")
    assert ines_api.post(TICKETS, SMALLEST, Idempotency_Key="two").status_code == 201


def test_what_was_refused_may_be_tried_again_with_its_key(ines_api: Program) -> None:
    problem(ines_api.post(TICKETS, {"subject": ""}, Idempotency_Key="one"), 400, "invalid")
    assert ines_api.post(TICKETS, SMALLEST, Idempotency_Key="one").status_code == 201


def test_a_key_belongs_to_its_person(ines_api: Program, mira_api: Program) -> None:
    for client in (ines_api, mira_api):
        assert client.post(TICKETS, SMALLEST, Idempotency_Key="one").status_code == 201
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize("key", ["x" * 256, "with space", "grün"])
def test_a_key_that_cannot_be_used_is_refused(ines_api: Program, key: str) -> None:
    problem(ines_api.post(TICKETS, SMALLEST, Idempotency_Key=key), 400, "bad_idempotency_key")


def test_limits_are_told_and_kept(mira_api: Program, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    left = [mira_api.get("/api/v1/me/")["RateLimit-Remaining"] for _number in range(2)]
    assert left == ["1", "0"]
    answer = mira_api.get("/api/v1/me/")
    problem(answer, 429, "too_many_requests")
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert (answer["RateLimit-Limit"], answer["RateLimit-Remaining"]) == ("2", "0")


def test_without_redis_nobody_is_held_up(mira_api: Program, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    settings.CACHES = settings.CACHES | {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    }
    assert [mira_api.get("/api/v1/me/").status_code for _number in range(3)] == [200, 200, 200]


def test_the_start_tells_the_clock_and_the_version(mira_api: Program) -> None:
    told = mira_api.get("/api/v1/").json()
    assert told["version"] == VERSION
    assert datetime.fromisoformat(told["time"]).date().isoformat() == "2026-11-23"


def test_every_type_of_problem_leads_to_what_it_means(mira_api: Program) -> None:
    kinds = mira_api.get("/api/v1/problems/").json()["results"]
    assert {"invalid", "key_reused", "illegal_move", "children_open", "address_taken"} <= {
        kind["code"] for kind in kinds
    }
    for kind in kinds:
        assert mira_api.get(kind["type"]).json() == kind
    problem(mira_api.get("/api/v1/problems/nonsense/"), 404, "not_found")
