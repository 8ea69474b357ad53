import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from tickets import operations
from tickets.models import Attachment, Category, CustomField, Ticket, rebuild_category_tree


def png() -> bytes:
    """A picture of one pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\1\2\3"))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def upload(at: Any) -> Callable[..., Attachment]:
    """Keep a file as if this person had just attached it to a form."""

    def store(
        by: User, name: str = "log.txt", content: bytes = b"rekey failed", kind: str = "text/plain"
    ) -> Attachment:
        return operations.store_upload(file=SimpleUploadedFile(name, content, kind), by=by, at=at)

    return store


@pytest.fixture
def file_form() -> Callable[..., dict[str, Any]]:
    """What the filing page sends, with whatever is said differently."""

    def form(**said: Any) -> dict[str, Any]:
        return {
            "key": "k1",
            "kind": "incident",
            "subject": "VPN drops every 20 minutes",
            "description": "Since **Friday**.",
            "category": "",
            "impact": "3",
            "urgency": "2",
            "location": "Leeds, floor 2",
            "device_choice": "own",
            "phone": "",
            "reach_by": "mail",
            "reach_when": "",
            **said,
        }

    return form


@pytest.fixture
def onboarding(vpn: Category) -> Category:
    """A category that wants to know the first working day."""
    category = Category.objects.create(name="New starter", is_common=True)
    rebuild_category_tree()
    category.refresh_from_db()
    field = CustomField.objects.create(
        key="starts", label="First working day", type="date", required=CustomField.Required.FILING
    )
    field.categories.add(category)
    return category


@pytest.fixture
def as_ines(signed_in: Callable[[User], Client], ines: User) -> Client:
    return signed_in(ines)


@pytest.fixture
def resolved(ticket: Ticket, mira: User, vpn: Category, at: Any) -> Ticket:
    """Mira has solved what Ines asked for."""
    operations.take(ticket, by=mira, at=at)
    return operations.resolve(
        ticket, code="fixed", summary="Client 5.2 mends it.", by=mira, at=at, category=vpn
    )


@dataclass(frozen=True)
class Fetched:
    status: int
    headers: Any
    body: bytes


def fetch(client: Client, address: str, **headers: str) -> Fetched:
    """Download to the end: the test client then closes the file, as a web server does."""
    response = client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return Fetched(response.status_code, response.headers, body)


def big_file(megabytes: int) -> io.BytesIO:
    file = io.BytesIO(b"\0" * (megabytes * 2**20))
    file.name = "dump.bin"
    return file
