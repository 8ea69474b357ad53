"""Every route and method of the API, tried as every role and with every scope, against the table in matrix.yml.

A row is the scope that is needed (or none), then the status for each role of `ROLES`: 401 "who are you", 404 "cannot
see", 403 "may not", 400 and 409 "could, but not this, not now". A new route without a row fails. Each request is
rolled back.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import get_resolver

from accounts.models import User
from accounts.models.tokens import SCOPES
from helpdesk.api.endpoint import Endpoint
from helpdesk.api.tickets.acts import ACTS
from helpdesk.demo.texts import read
from tests.api.bodies import BODIES
from tests.api.conftest import Program
from tests.test_routes import ROLES, one_of_each, patterns

TABLE = Path(__file__).with_name("matrix.yml")
VENDORS = (
    "accept",
    "return",
    "share",
    "claim-fix",
    "confirm-fix",
    "refuse-fix",
    "chase-vendor",
    "vendor-responsible",
)
"""Acts that are tried on a ticket that a vendor has."""
PROBLEMS = ("problem-record", "problem-decide", "gather")
"""And those on a problem."""
METHODS = ("get", "post", "put", "patch", "delete")


def routes() -> dict[str, Any]:
    """The view of each route of the API, by its address without api/."""
    found = {}
    for route, view in _views(get_resolver(), ""):
        if route.startswith("api/") and view is not None:
            found[route.removeprefix("api/")] = view
    return found


def _views(resolver: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern).removeprefix("^").removesuffix("$")
        if hasattr(entry, "url_patterns"):
            yield from _views(entry, route)
        else:
            yield route, getattr(entry.callback, "cls", None)


def rows() -> list[str]:
    return sorted(
        f"{method.upper()} {route}"
        for route, view in routes().items()
        if issubclass(view, Endpoint)
        for method in METHODS
        if hasattr(view, method)
    )


def table() -> dict[str, list[str]]:
    return {name: str(row).split() for name, row in read(TABLE).items()}


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    assert rows() == sorted(table())


def test_what_is_no_endpoint_is_known() -> None:
    api = {route for route in patterns(get_resolver()) if route.startswith("api/")}
    endpoints = {f"api/{name.partition(' ')[2]}" for name in rows()}
    assert api - endpoints == {"api/(?P<rest>(?s:.*))", "api/v1/docs/", "api/v1/schema/"}


def address(route: str, house: dict[str, Any]) -> str:
    act = route.rstrip("/").rpartition("/")[2]
    which = "with_vendor" if act in VENDORS else "problem" if act in PROBLEMS else "number"
    number = house[which]
    names = {"number": number, "code": house["code"]}

    def fill(match: re.Match[str]) -> str:
        before = route[: match.start()].rstrip("/").rpartition("/")[2]
        keys = {"uploads": "upload", "attachments": "file", "views": "view", "macros": "macro"}
        return str(names.get(match[2]) or house.get(keys.get(before, before), "1"))

    return "/api/" + re.sub(r"<(?:(\w+):)?(\w+)>", fill, route)


def tried(program: Program, name: str, house: dict[str, Any]) -> Any:
    """The answer to one request, of which nothing stays."""
    method, _space, route = name.partition(" ")
    url = address(route, house)
    make = BODIES.get(name)
    body = make(house) if callable(make) else None
    with transaction.atomic():
        if route == "v1/uploads/" and method == "POST":
            file = SimpleUploadedFile("c.txt", b"c", "text/plain")
            answer: Any = program.client.post(url, {"file": file}, headers=program.headers)
        else:
            headers = {} if method == "GET" else {"If_Match": "*"}
            answer = program.send(method.lower(), url, body, **headers)
        if answer.streaming:
            b"".join(answer.streaming_content)
            for close in answer._resource_closers:
                close()
        transaction.set_rollback(True)
    return answer


@pytest.mark.parametrize(
    "is_whole", [pytest.param(False, id="in turn"), pytest.param(True, id="all", marks=pytest.mark.long)]
)
def test_each_role_gets_what_the_table_says(
    house: dict[str, Any], cast: dict[str, User | None], program: Callable[..., Program], is_whole: bool
) -> None:
    """Each route by one role of those that get the same answer from it, in turn; in `make test-long` by all."""
    programs = {role: program(user) for role, user in cast.items()}
    wrong = {}
    for turn, (name, (_scope, *statuses)) in enumerate(table().items()):
        wanted = dict(zip(ROLES, statuses, strict=True))
        tries = ROLES if is_whole else one_of_each(statuses, turn)
        found = {role: str(tried(programs[role], name, house).status_code) for role in tries}
        if any(found[role] != wanted[role] for role in tries):
            wrong[name] = found
    assert wrong == {}


def test_in_turn_each_role_is_tried_often() -> None:
    tries = [one_of_each(statuses, turn) for turn, (_scope, *statuses) in enumerate(table().values())]
    assert min(sum(role in each for each in tries) for role in ROLES) > 20


def test_each_route_asks_for_the_scope_that_the_table_says(
    house: dict[str, Any], lars: User, program: Callable[..., Program]
) -> None:
    """A token with all but this scope is refused, and told which it lacks; one with it alone comes in."""
    lacking = {scope: program(lars, *[each for each in SCOPES if each != scope]) for scope in SCOPES}
    having = {scope: program(lars, scope) for scope in SCOPES}
    wrong = {}
    for name, (scope, *_statuses) in table().items():
        if scope == "none":
            answer = tried(having["deliveries:read"], name, house)
            found = "" if answer.status_code == 200 else str(answer.status_code)
        else:
            told = tried(lacking[scope], name, house)
            comes_in = tried(having[scope], name, house)
            is_told = told.status_code == 403 and told.json().get("scope") == scope
            is_in = comes_in.status_code < 400 or "scope_missing" not in comes_in.content.decode()
            found = "" if is_told and is_in else f"{told.status_code} {comes_in.status_code}"
        if found:
            wrong[name] = found
    assert wrong == {}


def test_every_act_has_a_body_to_be_tried_with() -> None:
    assert {f"POST v1/tickets/<str:number>/{name}/" for name in ACTS} <= set(BODIES)
