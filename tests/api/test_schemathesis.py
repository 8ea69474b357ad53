"""Whatever the description allows, and what it does not: sent to every endpoint, as several roles, on a real database.

No answer is a 5xx, every status is one that is described, every body has the shape that is described. In `make test`
the plainest of each operation and few others; `make test-long` sends many.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import User
from tests.api.bodies import BODIES
from tests.api.conftest import Program
from tests.api.test_matrix import VENDORS

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
TRIED_AS = ("admin", "l1", "requester", "vendor")
PARTS = 16
BOTH = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.fixture
def api(db: None) -> Iterator[Any]:
    """The application as a server has it. The connection is the test's own, so no request may end it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    request_started.disconnect(reset_queries)
    yield schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", WSGIHandler())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    request_started.connect(reset_queries)


def test_few_requests_to_each_endpoint(
    api: Any,
    house: dict[str, Any],
    cast: dict[str, User | None],
    program: Callable[..., Program],
) -> None:
    """The usual request to each, by one role after the other, and something at random to every third."""
    _try_all(api, house, {role: program(cast[role]) for role in TRIED_AS}, examples=1, of_every_third=2)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_many_requests_to_each_endpoint(
    api: Any,
    house: dict[str, Any],
    cast: dict[str, User | None],
    program: Callable[..., Program],
    part: int,
) -> None:
    """In parts: whoever follows the feed waits for what began before, and would wait for all of it."""
    programs = {role: program(cast[role]) for role in cast}
    _try_all(api, house, programs, examples=60, of_every_third=60, part=part)


def _try_all(
    api: Any,
    house: dict[str, Any],
    programs: dict[str, Program],
    *,
    examples: int,
    of_every_third: int,
    part: int | None = None,
) -> None:
    failures, roles = [], deque(programs)
    for turn, found in enumerate(api.get_all_operations()):
        operation = found.ok()
        roles.rotate()
        if part is not None and turn % PARTS != part:
            continue
        begins_with = {role: programs[role] for role in roles}
        try:
            _try(operation, house, begins_with, examples=examples if turn % 3 else of_every_third)
        except* Exception as trouble:  # every operation has its turn, and each failure is told
            failures.append(f"{operation.label}: {[str(each)[:600] for each in trouble.exceptions]}")
    assert not failures, "\n".join(failures)


def _try(operation: Any, house: dict[str, Any], programs: dict[str, Program], *, examples: int) -> None:
    """The first example is always the plainest: by the first of these, with a ticket that is there and a usual body."""
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in BOTH))

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=QUIET,
    )
    @given(case=cases, role=st.sampled_from([*programs]), is_unknown=st.booleans(), is_odd=st.booleans())
    def tried(case: Any, role: str, is_unknown: bool, is_odd: bool) -> None:
        if not is_unknown and "number" in case.path_parameters:
            act = operation.path.rstrip("/").rpartition("/")[2]
            case.path_parameters["number"] = house["with_vendor" if act in VENDORS else "number"]
        headers = programs[role].headers | {"Accept-Encoding": "identity"}
        usual = BODIES.get(f"{operation.method.upper()} {_route(operation.path)}")
        if not is_odd and usual is not None:
            case.body, case.media_type = usual(house), "application/json"
            headers |= {"If-Match": "*", "Content-Type": "application/json"}
        with transaction.atomic():
            response = case.call(headers=headers)
            transaction.set_rollback(True)
        case.validate_response(response, checks=CHECKS)

    tried()


def _route(path: str) -> str:
    """As the matrix names it."""
    route = path.removeprefix("/api/")
    for name, kind in (("number", "str"), ("code", "slug")):
        route = route.replace(f"{{{name}}}", f"<{kind}:{name}>")
    return route.replace("{key}", "<int:key>")
