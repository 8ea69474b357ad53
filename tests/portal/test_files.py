import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from accounts.models import User
from helpdesk.portal.ranges import requested_range
from tests.portal.conftest import big_file, fetch, png
from tickets import operations
from tickets.models import Attachment, Ticket

SignIn = Callable[[User], Client]


def sent(ticket: Ticket, by: User, file: Attachment, at: Any, **how: Any) -> str:
    """The file travels with a reply of this person; its address."""
    operations.reply(ticket, text="See the file.", by=by, at=at, attachments=[file.pk], **how)
    return f"/files/{file.pk}/"


# --- In ---


def test_an_upload_answers_what_the_page_needs(as_ines: Client, ines: User) -> None:
    response = as_ines.post("/files/upload/", {"file": SimpleUploadedFile("log.txt", b"rekey failed")})

    row = Attachment.objects.get()
    assert (response.status_code, response.json()) == (
        201,
        {"id": str(row.pk), "name": "log.txt", "size": 12, "url": f"/files/{row.pk}/"},
    )
    assert (row.uploaded_by, row.ticket) == (ines, None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../x.txt", "x.txt"),
        ("..\\..\\x.txt", "x.txt"),
        ("a" * 4000 + ".txt", "a" * 146 + ".txt"),
        ("مرحبا 🙂.txt", "مرحبا 🙂.txt"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
    ],
)
def test_names_are_made_fit(as_ines: Client, given: str, kept: str) -> None:
    file = SimpleUploadedFile("x", b"x")
    # Past its own cleaning, as a browser may send it.
    file.__dict__["_name"] = given
    assert as_ines.post("/files/upload/", {"file": file}).json()["name"] == kept


def test_30_mb_are_refused_with_a_sentence_and_nothing_is_kept(as_ines: Client) -> None:
    response = as_ines.post("/files/upload/", {"file": big_file(30)})

    assert (response.status_code, response.headers["Content-Type"]) == (413, "application/json")
    assert response.json() == {"error": "This file is too large: at most 25.0\xa0MB."}
    assert Attachment.objects.count() == 0


@pytest.mark.parametrize("data", [{}, {"file": ""}, {"file": "words"}, {"other": "x"}])
def test_no_file_is_told(as_ines: Client, data: dict[str, Any]) -> None:
    response = as_ines.post("/files/upload/", data)

    assert (response.status_code, list(response.json())) == (400, ["error"])


def test_an_empty_file_is_told(as_ines: Client) -> None:
    response = as_ines.post("/files/upload/", {"file": SimpleUploadedFile("empty.txt", b"")})

    assert (response.status_code, response.json()) == (400, {"error": "The file is empty."})


def test_after_the_session_an_upload_says_so(client: Client, ines: User) -> None:
    response = client.post("/files/upload/", {"file": SimpleUploadedFile("log.txt", b"x")})

    assert (response.status_code, list(response.json())) == (401, ["error"])
    assert Attachment.objects.count() == 0


def test_an_upload_needs_the_forms_own_token(ines: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ines, backend="accounts.backend.AuthenticationBackend")

    assert client.post("/files/upload/", {"file": SimpleUploadedFile("log.txt", b"x")}).status_code == 403


# --- Out ---


def test_an_unsent_file_is_its_uploaders_alone(
    signed_in: SignIn, ines: User, tomasz: User, mira: User, ada: User, upload: Any
) -> None:
    address = f"/files/{upload(ines).pk}/"

    statuses = [fetch(signed_in(person), address).status for person in (ines, tomasz, mira, ada)]
    assert statuses == [200, 404, 404, 404]


def test_a_file_goes_to_whoever_reads_its_message(
    signed_in: SignIn, ticket: Ticket, ines: User, mira: User, otto: User, vera: User, upload: Any, at: Any
) -> None:
    address = sent(ticket, ines, upload(ines), at)

    statuses = {
        person.first_name: fetch(signed_in(person), address).status for person in (ines, mira, otto, vera)
    }
    assert statuses == {"Ines": 200, "Mira": 200, "Otto": 404, "Vera": 404}


def test_the_file_of_a_note_stays_with_the_desk(
    signed_in: SignIn, ticket: Ticket, ines: User, mira: User, sara: User, dario: User, upload: Any, at: Any
) -> None:
    plain, marked = upload(mira, "plain.txt"), upload(dario, "marked.txt")
    operations.note(ticket, text="look", by=mira, at=at, attachments=[plain.pk])
    operations.note(ticket, text="look", by=dario, at=at, attachments=[marked.pk], min_tier=2)

    def statuses(file: Attachment) -> list[int]:
        return [fetch(signed_in(person), f"/files/{file.pk}/").status for person in (ines, sara, dario)]

    assert (statuses(plain), statuses(marked)) == ([404, 200, 200], [404, 404, 200])


def test_unknown_and_removed_files_are_not_there(
    signed_in: SignIn, ticket: Ticket, ines: User, mira: User, upload: Any, at: Any
) -> None:
    file = upload(ines)
    address = sent(ticket, ines, file, at)
    operations.redact_file(file, reason="a password", by=mira, at=at)

    client = signed_in(ines)
    assert client.get(address).status_code == 404
    assert client.get("/files/00000000-0000-4000-8000-000000000000/").status_code == 404
    assert client.get("/files/nonsense/").status_code == 404


def test_a_stranger_logs_in_before_any_answer(client: Client, ines: User, upload: Any) -> None:
    for key in (upload(ines).pk, "00000000-0000-4000-8000-000000000000"):
        response = client.get(f"/files/{key}/")
        assert response.headers["Location"] == f"/accounts/login/?next=/files/{key}/"


def test_nothing_in_a_file_runs(as_ines: Client, ines: User, upload: Any) -> None:
    page = upload(ines, "page.html", b"<script>alert(1)</script>", "text/html")
    liar = upload(ines, "picture.png", b"<script>alert(1)</script>", "image/png")
    vector = upload(ines, "drawing.svg", b"<svg onload='alert(1)'/>", "image/svg+xml")

    for file in (page, liar, vector):
        response = fetch(as_ines, f"/files/{file.pk}/")
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["Content-Disposition"] == f'attachment; filename="{file.name}"'
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.body.startswith(b"<s")


def test_a_picture_is_shown_by_what_it_is_not_by_what_it_says(
    as_ines: Client, ines: User, upload: Any
) -> None:
    response = fetch(as_ines, f"/files/{upload(ines, 'x.html', png(), 'text/html').pk}/")

    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"] == 'inline; filename="x.html"'


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ('a"b\\c.txt', 'attachment; filename="c.txt"'),
        ("a\r\nSet-Cookie: x=1.txt", 'attachment; filename="a_Set-Cookie_ x=1.txt"'),
        ("مرحبا.txt", "attachment; filename*=utf-8''%D9%85%D8%B1%D8%AD%D8%A8%D8%A7.txt"),
        ("", 'attachment; filename="file"'),
    ],
)
def test_any_name_makes_a_safe_header(
    as_ines: Client, ines: User, upload: Any, name: str, header: str
) -> None:
    file = upload(ines)
    Attachment.objects.filter(pk=file.pk).update(name=name)  # as an import may have left it

    assert fetch(as_ines, f"/files/{file.pk}/").headers["Content-Disposition"] == header


def test_a_broken_download_goes_on(as_ines: Client, ines: User, upload: Any) -> None:
    address = f"/files/{upload(ines, content=b'0123456789').pk}/"

    whole = fetch(as_ines, address)
    assert (whole.body, whole.headers["Accept-Ranges"], whole.headers["Content-Length"]) == (
        b"0123456789",
        "bytes",
        "10",
    )
    part = fetch(as_ines, address, Range="bytes=4-6")
    assert (part.status, part.body, part.headers["Content-Range"]) == (206, b"456", "bytes 4-6/10")
    assert fetch(as_ines, address, Range="bytes=99-").status == 416
    changed = fetch(as_ines, address, Range="bytes=4-6", If_Range='"another"')
    assert (changed.status, changed.body) == (200, b"0123456789")
    assert fetch(as_ines, address, If_None_Match=whole.headers["ETag"]).status == 304


def test_ranges_are_read_as_the_standard_says() -> None:
    def part(header: str) -> tuple[int, int] | None:
        found = requested_range(header, 10)
        return (found.first, found.last) if found else None

    assert {
        header: part(header) for header in ("bytes=0-0", "bytes=5-", "bytes=-3", "bytes=-99", "bytes=2-99")
    } == {
        "bytes=0-0": (0, 0),
        "bytes=5-": (5, 9),
        "bytes=-3": (7, 9),
        "bytes=-99": (0, 9),
        "bytes=2-99": (2, 9),
    }
    for nonsense in ("", "bytes=-", "bytes=6-2", "bytes=0-1,3-4", "lines=1-2", "bytes=x-y"):
        assert part(nonsense) is None, nonsense
    for outside in ("bytes=10-", "bytes=-0"):
        found = requested_range(outside, 10)
        assert found is not None, outside
        assert found.is_empty, outside


@override_settings(ATTACHMENT_MAX_BYTES=10)
def test_the_limit_is_a_setting(as_ines: Client) -> None:
    answer = as_ines.post("/files/upload/", {"file": SimpleUploadedFile("log.txt", b"x" * 11)})
    assert (answer.status_code, json.loads(answer.content)) == (
        413,
        {"error": "This file is too large: at most 10\xa0bytes."},
    )
