"""Mail providers deliver by HTTP: to a secret address, signed where they sign, stored before 200 is answered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from intake.models import Mailbox, MailboxDoor, MailMessage
from intake.operations.connections import Unusable
from intake.operations.doors import close_door, open_door

KEY = "signing-key"
# As it travelled: not UTF-8, and so nothing that may be read as text on its way.
RAW = (
    b"From: Ines Okafor <ines@northwind.example>\r\nTo: support@desk.example\r\nSubject: VPN\r\n"
    b"Message-ID: <1@northwind.example>\r\nContent-Type: text/plain; charset=latin-1\r\n\r\nM\xfcde.\r\n"
)
TEXT = RAW.replace(b"\xfc", b"u").decode()


@pytest.fixture
def support(db: None, at: datetime) -> Mailbox:
    known = Mailbox.objects.filter(name="support").first()
    return known or Mailbox.objects.create(name="support", address="support@desk.example", created_at=at)


@pytest.fixture
def address(support: Mailbox, ada: User, at: datetime) -> Callable[..., str]:
    """The address for this provider."""

    def make(provider: str, signing_key: str = "") -> str:
        _door, secret = open_door(support, provider=provider, signing_key=signing_key, by=ada, at=at)
        return f"/mail/webhooks/{provider}/{secret}/"

    return make


def kept() -> list[tuple[bytes, str, str]]:
    rows = MailMessage.objects.select_related("raw").order_by("pk")
    return [(bytes(row.raw.content), row.source, row.envelope_to) for row in rows]


def mailgun_form(raw: Any, key: str = KEY) -> dict[str, Any]:
    signature = hmac.new(key.encode(), b"1764000000abc", hashlib.sha256).hexdigest()
    signed = {"timestamp": "1764000000", "token": "abc", "signature": signature}
    return {
        **signed,
        "recipient": "support@desk.example",
        "sender": "ines@northwind.example",
        "body-mime": raw,
    }


def form_of(fields: dict[str, bytes | str]) -> dict[str, Any]:
    """A form whose fields are bytes, as Django's client cannot write them."""
    boundary = b"--------line"
    body = b""
    for name, value in fields.items():
        content = value if isinstance(value, bytes) else value.encode()
        body += (
            b"--" + boundary + b'\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n'
        )
        body += content + b"\r\n"
    body += b"--" + boundary + b"--\r\n"
    return {"data": body, "content_type": f"multipart/form-data; boundary={boundary.decode()}"}


def test_mailgun_delivers_the_bytes_as_they_travelled(client: Client, address: Callable[..., str]) -> None:
    answer = client.post(address("mailgun", KEY) + "mime", **form_of(mailgun_form(RAW)))

    assert (answer.status_code, answer.content) == (200, b"")
    assert kept() == [(RAW, "mailgun", "support@desk.example")]
    assert MailboxDoor.objects.get().last_ok_at is not None


def test_the_same_message_twice_is_stored_once(client: Client, address: Callable[..., str]) -> None:
    url = address("mailgun", KEY)
    for _ in range(2):
        assert client.post(url, **form_of(mailgun_form(RAW))).status_code == 200
    assert len(kept()) == 1


def test_a_wrong_signature_is_refused_and_shown_to_administrators_only(
    client: Client, address: Callable[..., str]
) -> None:
    answer = client.post(address("mailgun", KEY), **form_of(mailgun_form(RAW, key="another")))

    assert (answer.status_code, answer.content) == (403, b"")
    assert kept() == []
    assert "signature" in MailboxDoor.objects.get().error


def test_a_wrong_address_is_none(client: Client, address: Callable[..., str]) -> None:
    url = address("mailgun", KEY)
    for wrong in (url[:-2] + "/", url.replace("mailgun", "postmark"), url.replace("mailgun", "nobody")):
        answer = client.post(wrong, **form_of(mailgun_form(RAW)))
        assert (answer.status_code, answer.content) == (404, b"")
        assert client.head(wrong).status_code == 404
    assert client.head(url).status_code == 200
    assert kept() == []


def test_a_removed_address_and_one_of_a_mailbox_out_of_use_lead_nowhere(
    client: Client, address: Callable[..., str], support: Mailbox, ada: User, at: datetime
) -> None:
    old, new = address("postmark"), address("postmark")
    body = json.dumps({"RawEmail": TEXT})
    assert client.post(old, body, content_type="application/json").status_code == 404

    Mailbox.objects.update(is_enabled=False)
    assert client.post(new, body, content_type="application/json").status_code == 404
    Mailbox.objects.update(is_enabled=True)
    close_door(MailboxDoor.objects.get(), by=ada, at=at)
    assert client.post(new, body, content_type="application/json").status_code == 404


def test_a_large_message_passes_and_one_that_is_too_large_is_refused(
    client: Client, address: Callable[..., str], settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    settings.MAIL_MAX_BYTES = 1_000_000
    url, large = address("mailgun", KEY), RAW + b"x" * 900_000

    assert client.post(url, **form_of(mailgun_form(large))).status_code == 200
    assert client.post(url, **form_of(mailgun_form(RAW + b"x" * 3_000_000))).status_code == 413
    assert [content for content, *_ in kept()] == [large]


def test_what_is_no_mail_is_refused_and_asked_for_again_by_the_provider(
    client: Client, address: Callable[..., str]
) -> None:
    url = address("postmark")
    for body in ("", "[]", "{", '{"RecordType": "Bounce"}', '{"RawEmail": 7}'):
        assert client.post(url, body, content_type="application/json").status_code == 400
    assert client.post(url, "x", content_type="multipart/form-data").status_code == 400
    assert kept() == []


# --- each provider ---


def test_postmark_raw_and_taken_apart(client: Client, address: Callable[..., str]) -> None:
    url = address("postmark")
    raw = {"RawEmail": TEXT, "OriginalRecipient": "support@desk.example"}
    apart = {
        "FromFull": {"Email": "ines@northwind.example", "Name": "Ines Okafor"},
        "ToFull": [{"Email": "support@desk.example", "Name": ""}],
        "Subject": "Printer",
        "TextBody": "It jams.",
        "OriginalRecipient": "support@desk.example",
        "Headers": [{"Name": "Message-ID", "Value": "<2@northwind.example>"}],
        "Attachments": [
            {"Name": "a.txt", "ContentType": "text/plain", "Content": base64.b64encode(b"log").decode()}
        ],
    }
    for body in (raw, apart):
        assert client.post(url, json.dumps(body), content_type="application/json").status_code == 200

    first, second = MailMessage.objects.select_related("raw").order_by("pk")
    assert bytes(first.raw.content) == TEXT.encode()
    assert (second.subject, second.from_address, second.message_id) == (
        "Printer",
        "ines@northwind.example",
        "<2@northwind.example>",
    )
    assert b"a.txt" in bytes(second.raw.content)


def test_sendgrid_raw_and_taken_apart(client: Client, address: Callable[..., str]) -> None:
    url = address("sendgrid")
    envelope = json.dumps({"to": ["support@desk.example"], "from": "ines@northwind.example"})
    assert client.post(url, **form_of({"email": RAW, "envelope": envelope})).status_code == 200
    apart = {
        "headers": "From: tomasz@northwind.example\nSubject: Printer\nMessage-ID: <3@northwind.example>",
        "text": "It jams.",
        "envelope": envelope,
        "attachments": "1",
        "attachment-info": json.dumps({"attachment1": {"filename": "a.txt", "type": "text/plain"}}),
        "attachment1": SimpleUploadedFile("a.txt", b"log", "text/plain"),
    }
    assert client.post(url, apart).status_code == 200

    first, second = MailMessage.objects.select_related("raw").order_by("pk")
    assert (bytes(first.raw.content), first.envelope_to) == (RAW, "support@desk.example")
    assert (second.subject, second.from_address) == ("Printer", "tomasz@northwind.example")
    assert b"a.txt" in bytes(second.raw.content)


def test_mailjet_is_put_together(client: Client, address: Callable[..., str]) -> None:
    body = {
        "Sender": "ines@northwind.example",
        "Recipient": "support@desk.example",
        "Headers": {
            "From": "Ines Okafor <ines@northwind.example>",
            "Subject": "VPN",
            "Message-ID": "<4@northwind.example>",
        },
        "Text-part": "It drops.",
        "Parts": [],
    }
    answer = client.post(address("mailjet"), json.dumps(body), content_type="application/json")
    assert answer.status_code == 200
    mail = MailMessage.objects.get()
    assert (mail.subject, mail.envelope_to, mail.source) == ("VPN", "support@desk.example", "mailjet")


def test_mailersend_signs_its_body(client: Client, address: Callable[..., str]) -> None:
    url = address("mailersend", KEY)
    data = {"raw": TEXT, "recipients": {"rcptTo": [{"email": "support@desk.example"}]}}
    body = json.dumps({"type": "inbound.message", "data": data})
    signature = hmac.new(KEY.encode(), body.encode(), hashlib.sha256).hexdigest()

    unsigned = client.post(url, body, content_type="application/json")
    signed = client.post(url, body, content_type="application/json", headers={"Signature": signature})
    assert (unsigned.status_code, signed.status_code) == (403, 200)
    assert kept() == [(TEXT.encode(), "mailersend", "support@desk.example")]


def test_mandrill_signs_address_and_form(client: Client, address: Callable[..., str]) -> None:
    url = address("mandrill", KEY)
    message = {"event": "inbound", "msg": {"raw_msg": TEXT, "email": "support@desk.example"}}
    form = {"mandrill_events": json.dumps([message])}
    signed = settings.BASE_URL + url + "mandrill_events" + form["mandrill_events"]
    signature = base64.b64encode(hmac.new(KEY.encode(), signed.encode(), hashlib.sha1).digest()).decode()

    assert client.post(url, form).status_code == 403
    assert client.post(url, form, headers={"X-Mandrill-Signature": signature}).status_code == 200
    assert kept() == [(TEXT.encode(), "mandrill", "support@desk.example")]


def test_postal_signs_with_a_key_of_its_own(client: Client, address: Callable[..., str]) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    key = "".join(pem.decode().splitlines()[1:-1])
    body = json.dumps(
        {"message": base64.b64encode(RAW).decode(), "base64": True, "rcpt_to": "support@desk.example"}
    )
    signature = private.sign(body.encode(), padding.PKCS1v15(), hashes.SHA1())
    headers = {"X-Postal-Signature": base64.b64encode(signature).decode()}

    answer = client.post(address("postal", key), body, content_type="application/json", headers=headers)
    assert answer.status_code == 200
    assert kept() == [(RAW, "postal", "support@desk.example")]


def test_sparkpost_delivers_several_at_once(client: Client, address: Callable[..., str]) -> None:
    def entry(raw: bytes) -> dict[str, Any]:
        content = {"email_rfc822": base64.b64encode(raw).decode(), "email_rfc822_is_base64": True}
        message = {"content": content, "rcpt_to": "support@desk.example", "protocol": "smtp"}
        return {"msys": {"relay_message": message}}

    body = json.dumps([entry(RAW), entry(TEXT.encode()), {"msys": {}}])
    answer = client.post(address("sparkpost"), body, content_type="application/json")
    assert answer.status_code == 200
    assert [content for content, *_ in kept()] == [RAW, TEXT.encode()]


# --- making one ---


def test_who_signs_needs_a_key(support: Mailbox, ada: User, at: datetime) -> None:
    with pytest.raises(Unusable) as missing:
        open_door(support, provider="mailgun", by=ada, at=at)
    with pytest.raises(Unusable) as useless:
        open_door(support, provider="postmark", signing_key="x", by=ada, at=at)
    assert (missing.value.field, useless.value.field) == ("signing_key", "signing_key")


def test_the_address_is_shown_once(support: Mailbox, ada: User, signed_in: Callable[[User], Client]) -> None:
    page = f"/settings/mailboxes/{support.pk}/door/"
    browser = signed_in(ada)

    refused = browser.post(page, {"provider": "mailgun"})
    made = browser.post(page, {"provider": "mailgun", "signing_key": KEY})

    assert refused.status_code == 422
    assert "/mail/webhooks/mailgun/" in made.content.decode()
    assert made["Cache-Control"] == "no-store"
    assert "/mail/webhooks/mailgun/" not in browser.get(page).content.decode()
    door = MailboxDoor.objects.get()
    assert KEY not in door.signing_key
