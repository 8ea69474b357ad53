"""Files in parts over a network that breaks off, and photographs as they are kept."""

import io
import json
import socket
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import User
from tests.portal.conftest import fetch, png
from tickets import pictures
from tickets.models import Attachment, PartialUpload
from tickets.operations.uploading import KEPT, drop_partial_uploads
from tickets.pictures import tidied

HEIC = (Path(__file__).parent / "samples" / "photo.heic").read_bytes()
SignIn = Callable[[User], Client]


def begin(client: Client, size: int, name: str = "photo.jpg", kind: str = "image/jpeg") -> Any:
    said = {"name": name, "type": kind, "size": size}
    return client.post("/files/parts/", json.dumps(said), content_type="application/json")


def send(client: Client, key: str, offset: int, data: bytes) -> Any:
    return client.patch(
        f"/files/parts/{key}/",
        data,
        content_type="application/octet-stream",
        headers={"Upload-Offset": str(offset)},
    )


def bytes_of(row: Attachment) -> bytes:
    with row.file.open("rb") as file:
        return bytes(file.read())


# --- In parts ---


def test_a_file_arrives_in_parts_and_is_an_upload_like_any_other(as_ines: Client, ines: User) -> None:
    key = begin(as_ines, 10, "log.txt", "text/plain").json()["id"]

    first = send(as_ines, key, 0, b"rekey ")
    last = send(as_ines, key, 6, b"fail")

    row = Attachment.objects.get()
    assert (first.status_code, first.json()) == (200, {"offset": 6})
    assert (last.status_code, last.json()) == (
        201,
        {"id": str(row.pk), "name": "log.txt", "size": 10, "url": f"/files/{row.pk}/"},
    )
    assert (row.uploaded_by, row.ticket, bytes_of(row)) == (ines, None, b"rekey fail")


def test_after_a_break_it_is_told_how_far_it_came(as_ines: Client) -> None:
    key = begin(as_ines, 10).json()["id"]
    send(as_ines, key, 0, b"rekey ")

    assert as_ines.get(f"/files/parts/{key}/").json() == {"offset": 6}
    again = send(as_ines, key, 0, b"rekey ")
    assert (again.status_code, again.json()) == (409, {"offset": 6})
    assert PartialUpload.objects.get().received == 6


def test_when_the_last_answer_is_lost_it_is_told_again(as_ines: Client) -> None:
    key = begin(as_ines, 4, "log.txt").json()["id"]
    told = send(as_ines, key, 0, b"fail").json()

    assert as_ines.get(f"/files/parts/{key}/").json() == told
    assert send(as_ines, key, 0, b"fail").json() == told
    assert Attachment.objects.count() == 1


def test_parts_are_their_owners_alone(
    as_ines: Client, signed_in: SignIn, tomasz: User, client: Client
) -> None:
    key = begin(as_ines, 10).json()["id"]

    stranger = signed_in(tomasz)
    assert stranger.get(f"/files/parts/{key}/").status_code == 404
    assert send(stranger, key, 0, b"rekey ").status_code == 404
    assert stranger.delete(f"/files/parts/{key}/").status_code == 404
    assert Client().get(f"/files/parts/{key}/").status_code == 401
    assert PartialUpload.objects.get().received == 0


@pytest.mark.parametrize(
    ("said", "status", "sentence"),
    [
        (30 * 2**20, 413, "photo.jpg is too large: 30 MB. At most 25 MB can be attached."),
        (0, 400, "The file is empty."),
        (-1, 400, "The file is empty."),
        ("many", 400, "No file arrived. Choose it again, please."),
        (True, 400, "No file arrived. Choose it again, please."),
    ],
)
def test_what_cannot_be_taken_is_refused_before_it_travels(
    as_ines: Client, said: Any, status: int, sentence: str
) -> None:
    response = begin(as_ines, said)

    assert (response.status_code, response.json()) == (status, {"error": sentence})
    assert PartialUpload.objects.count() == 0


def test_more_than_was_announced_is_refused(as_ines: Client) -> None:
    key = begin(as_ines, 4).json()["id"]

    response = send(as_ines, key, 0, b"far too much")
    assert (response.status_code, list(response.json())) == (400, ["error"])
    assert PartialUpload.objects.get().received == 0


def test_nobody_begins_more_than_anybody_needs(as_ines: Client, ines: User) -> None:
    PartialUpload.objects.bulk_create(
        PartialUpload(owner=ines, name="x", content_type="", size=1, touched_at=timezone.now())
        for _ in range(40)
    )

    assert begin(as_ines, 10).status_code == 429


def test_parts_need_the_pages_own_token(ines: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ines, backend="accounts.backend.AuthenticationBackend")

    assert begin(client, 10).status_code == 403
    assert send(client, str(uuid.uuid4()), 0, b"x").status_code == 403


def test_what_nobody_goes_on_with_is_pruned_with_its_parts(as_ines: Client) -> None:
    key = begin(as_ines, 10).json()["id"]
    send(as_ines, key, 0, b"rekey ")
    (part,) = PartialUpload.objects.get().parts

    assert drop_partial_uploads(at=timezone.now()) == 0
    assert drop_partial_uploads(at=timezone.now() + KEPT + timedelta(minutes=1)) == 1
    assert (PartialUpload.objects.count(), default_storage.exists(part)) == (0, False)


def test_what_is_taken_back_is_gone(as_ines: Client) -> None:
    key = begin(as_ines, 10).json()["id"]
    send(as_ines, key, 0, b"rekey ")
    (part,) = PartialUpload.objects.get().parts

    assert as_ines.delete(f"/files/parts/{key}/").status_code == 204
    assert (PartialUpload.objects.count(), default_storage.exists(part)) == (0, False)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_cut_in_the_middle_loses_nothing(
    live_server: Any, signed_in: SignIn, ines: User
) -> None:
    """Over a real socket: half of a part is sent, then the line is dead."""
    client = signed_in(ines)
    content = bytes(range(256)) * 2000
    key = begin(client, len(content), "dump.bin", "application/octet-stream").json()["id"]
    client.get("/requests/new/")
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())

    where = urlsplit(live_server.url)
    with socket.create_connection((where.hostname, where.port)) as line:
        head = (
            f"PATCH /files/parts/{key}/ HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {cookies}\r\n"
            f"X-CSRFToken: {token}\r\nUpload-Offset: 0\r\nContent-Type: application/octet-stream\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        line.sendall(head.encode() + content[:300_000])
        line.shutdown(socket.SHUT_WR)
        while line.recv(4096):
            pass

    offset = client.get(f"/files/parts/{key}/").json()["offset"]
    assert offset == 300_000
    told = send(client, key, offset, content[offset:])
    assert (told.status_code, bytes_of(Attachment.objects.get()) == content) == (201, True)


# --- Photographs ---


def photo(size: tuple[int, int] = (60, 40), kind: str = "JPEG", orientation: int = 1) -> bytes:
    """With a place, as a telephone writes it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x0110] = "Phone 9"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (53.0, 47.0, 59.0)
    out = io.BytesIO()
    Image.new("RGB", size, (200, 40, 40)).save(out, kind, exif=exif.tobytes())
    return out.getvalue()


def kept(content: bytes, name: str = "photo.jpg") -> Any:
    return tidied(SimpleUploadedFile(name, content, "image/jpeg"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_it_was_taken_does_not_travel(kind: str) -> None:
    content = photo(kind=kind)
    assert Image.open(io.BytesIO(content)).getexif().get_ifd(0x8825)

    found = Image.open(kept(content))
    assert (found.size, dict(found.getexif()), b"Phone 9" in kept(content).read()) == ((60, 40), {}, False)


def test_the_picture_itself_is_not_touched() -> None:
    content = photo()
    assert Image.open(kept(content)).tobytes() == Image.open(io.BytesIO(content)).tobytes()


def test_a_photograph_stands_upright() -> None:
    found = Image.open(kept(photo(orientation=6)))
    assert (found.size, dict(found.getexif())) == ((40, 60), {})


def test_what_is_too_large_to_be_turned_only_says_how_it_was_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 100)
    found = Image.open(kept(photo(orientation=6)))
    assert (found.size, dict(found.getexif())) == ((60, 40), {0x0112: 6})


def test_heic_becomes_a_jpeg_that_everybody_sees(as_ines: Client) -> None:
    told = as_ines.post(
        "/files/upload/", {"file": SimpleUploadedFile("IMG_1.HEIC", HEIC, "image/heic")}
    ).json()

    assert told["name"] == "IMG_1.jpg"
    sent = fetch(as_ines, told["url"])
    found = Image.open(io.BytesIO(sent.body))
    assert (sent.headers["Content-Type"], found.format, found.size, dict(found.getexif())) == (
        "image/jpeg",
        "JPEG",
        (80, 120),
        {},
    )
    assert told["size"] == len(sent.body)


def test_heic_in_parts_becomes_a_jpeg_as_well(as_ines: Client) -> None:
    key = begin(as_ines, len(HEIC), "IMG_1.HEIC", "image/heic").json()["id"]
    assert send(as_ines, key, 0, HEIC).json()["name"] == "IMG_1.jpg"


def test_a_bomb_is_refused_before_it_is_unpacked(as_ines: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 100)
    key = begin(as_ines, len(HEIC), "IMG_1.HEIC", "image/heic").json()["id"]

    response = send(as_ines, key, 0, HEIC)
    assert response.status_code == 400
    assert response.json()["error"].startswith("This photograph has more than")
    assert (Attachment.objects.count(), PartialUpload.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "content",
    [
        HEIC[:300],
        b"\0\0\0\x18ftypheic" + b"\xff" * 400,
        photo()[:40],
        b"\xff\xd8\xff\xe1\x00\x01",
        b"\xff\xd8\xff\xe1\xff\xff",
        b"\xff\xd8\xff\xda",
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 40,
        b"RIFF\x00\x00\x00\x00WEBPVP8X\xff\xff\xff\xff",
        b"plain words",
    ],
)
def test_what_only_calls_itself_a_picture_stays_as_it_is(content: bytes) -> None:
    assert kept(content, "x.heic").read() == content


def test_a_picture_without_notes_is_kept_byte_for_byte() -> None:
    assert kept(png(), "x.png").read() == png()
