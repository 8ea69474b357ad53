"""Programs of the cast: each has a token, and speaks JSON."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.models.tokens import SCOPES
from accounts.operations import create_token


class Program:
    """A client of the API with one token, or with none."""

    def __init__(self, token: str | None) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, params: Any = None, **headers: str) -> Any:
        return self.client.get(path, params, headers=self._all(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("post", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("patch", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("put", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("delete", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A text or bytes as they are, anything else as JSON; None sends no body."""
        data = b"" if body is None else body if isinstance(body, str | bytes) else json.dumps(body)
        kind = "application/json" if body is not None else ""
        return self.client.generic(method.upper(), path, data, kind, headers=self._all(headers))

    def _all(self, headers: dict[str, str]) -> dict[str, str]:
        return self.headers | {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def program(at: datetime) -> Callable[..., Program]:
    """`program(mira)`: her token has every scope; `program(mira, "tickets:read")` only that; `program()` has none."""

    def of(person: User | None = None, *scopes: str, **facts: Any) -> Program:
        if person is None:
            return Program(None)
        _token, text = create_token(person, name="test", scopes=scopes or SCOPES, by=None, at=at, **facts)
        return Program(text)

    return of


@pytest.fixture
def ines_api(program: Callable[..., Program], ines: User) -> Program:
    return program(ines)


@pytest.fixture
def mira_api(program: Callable[..., Program], mira: User) -> Program:
    return program(mira)
