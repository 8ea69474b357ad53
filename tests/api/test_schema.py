"""The description of the API: committed, without a warning, and true."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from helpdesk.api.tickets.including import NAMES as INCLUDES
from helpdesk.api.tickets.shapes import TicketShape
from helpdesk.api.tickets.showing import FIELDS

BINARY = "application/octet-stream"
COMMITTED = Path("docs/openapi.yml")


@pytest.fixture(scope="module")
def described() -> Any:
    return read(COMMITTED.read_bytes())


def read(text: bytes) -> Any:
    """By the reader in C: the other takes seconds for so long a text."""
    return yaml.load(text, yaml.CSafeLoader)


def operations(described: Any) -> list[tuple[str, str, Any]]:
    return [
        (path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_committed_description_is_what_the_code_says(tmp_path: Path) -> None:
    """After a change of the API: make openapi."""
    fresh = tmp_path / "openapi.yml"
    call_command("spectacular", file=str(fresh), fail_on_warn=True, validate=True)
    assert fresh.read_text() == COMMITTED.read_text()


def test_it_is_openapi_3_1(described: Any) -> None:
    assert described["openapi"].startswith("3.1")


def test_every_operation_has_words_an_example_and_its_errors(described: Any) -> None:
    lacking = {}
    for path, method, operation in operations(described):
        good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        contents = [each for answer in good for each in answer.get("content", {}).items()]
        trouble = [
            *(["words"] if len(operation.get("description", "")) < 20 else []),
            *(["summary"] if not operation.get("summary") else []),
            *(["errors"] if not {"400", "401", "403", "404", "429"} <= set(operation["responses"]) else []),
            *(
                ["example"]
                if not all("examples" in content or kind == BINARY for kind, content in contents)
                else []
            ),
            *(["idempotency"] if method == "post" and not _takes(operation, "Idempotency-Key") else []),
        ]
        if "requestBody" in operation and not all(
            "examples" in content or "multipart" in kind
            for kind, content in operation["requestBody"]["content"].items()
        ):
            trouble.append("example of a body")
        if trouble:
            lacking[f"{method} {path}"] = trouble
    assert lacking == {}


def _takes(operation: Any, header: str) -> bool:
    refers = f"#/components/parameters/{header.replace('-', '')}"
    return any(header == each.get("name") or refers == each.get("$ref") for each in operation["parameters"])


def test_every_path_ends_with_a_slash_and_every_operation_has_a_name_of_its_own(described: Any) -> None:
    assert [path for path in described["paths"] if not path.endswith("/")] == []
    names = [operation["operationId"] for _path, _method, operation in operations(described)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("asks", "kind"),
    [
        ({"Accept": "application/yaml"}, "application/yaml"),
        ({"Accept": "application/json"}, "application/json"),
    ],
)
def test_it_is_served_as_yaml_or_json(client: Client, db: None, asks: Any, kind: str) -> None:
    answer = client.get("/api/v1/schema/", headers=asks)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith(kind)
    assert read(answer.content)["paths"]


def test_it_is_served_by_its_parameter_too(client: Client, db: None) -> None:
    assert client.get("/api/v1/schema/?format=json").json()["openapi"].startswith("3.1")


def test_what_is_told_of_a_ticket_is_what_is_described() -> None:
    fields: Any = TicketShape().fields
    shape = set(fields)
    told = {*FIELDS, *INCLUDES, "description"}
    assert shape == told
