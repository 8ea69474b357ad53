"""Programs of the cast: each has a token, and speaks JSON."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Team, User
from accounts.models.tokens import SCOPES
from accounts.operations import create_token
from escalation import operations as escalation
from knowledgebase.operations.sections import create_section
from tests.test_routes import ROLES
from tickets import operations
from tickets.models import SavedView, Ticket


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


@pytest.fixture
def house(
    ines: User,
    mira: User,
    dario: User,
    yuki: User,
    vera: User,
    lars: User,
    max_: User,
    ada: User,
    ticket: Ticket,
    open_ticket: Callable[..., Ticket],
    service_desk: Team,
    vendors: Team,
    at: Any,
) -> dict[str, Any]:
    """One of everything, by the names of the placeholders and of what bodies mention."""
    file = operations.store_upload(file=SimpleUploadedFile("a.txt", b"a", "text/plain"), by=ines, at=at)
    ticket = operations.reply(ticket, text="See the file", by=ines, at=at, attachments=[file.pk])
    upload = operations.store_upload(file=SimpleUploadedFile("b.txt", b"b", "text/plain"), by=ines, at=at)
    other = open_ticket("Also the printer")
    with_vendor = open_ticket("Circuit 7")
    escalation.hand_to_vendor(with_vendor, team=vendors, summary="Look, please", by=lars, at=at)
    operations.tag(ticket, names=["vpn"], by=mira, at=at)
    operations.link(ticket, other=other, type="related", by=mira, at=at)
    problem = open_ticket("Cause", kind="problem")
    create_section(name="Networks", by=None, at=at)
    return {
        "number": ticket.number,
        "with_vendor": with_vendor.number,
        "other": other.number,
        "problem": problem.number,
        "file": str(file.pk),
        "upload": str(upload.pk),
        "view": SavedView.objects.create(name="All", owner=ada, for_everyone=True).pk,
        "message": ticket.messages.earliest("pk").pk,
        "link": ticket.links.get().pk,
        "mira": mira.pk,
        "ines": ines.pk,
        "team": dario.team_ids[0],
        "own_team": service_desk.pk,
        "vendor_team": vendors.pk,
        "vendor": vendors.organisation_id,
        "code": "invalid",
    }


def cast_of(*people: User) -> dict[str, User | None]:
    return dict(zip(ROLES, (None, *people), strict=True))


@pytest.fixture
def cast(
    ines: User,
    tomasz: User,
    otto: User,
    mira: User,
    dario: User,
    yuki: User,
    vera: User,
    lars: User,
    max_: User,
    ada: User,
) -> dict[str, User | None]:
    return cast_of(ines, tomasz, otto, mira, dario, yuki, vera, lars, max_, ada)
