import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts import operations as accounts
from accounts.models import Desk, User
from helpdesk.portal.links import read_token, signed_url
from tests.portal.conftest import fetch
from tickets import operations
from tickets.models import Attachment, Message, Status, Ticket


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, at: Any) -> Callable[..., None]:
    """`clock(days=3)`: for the views it is now Monday morning plus so much."""

    def set_to(**delta: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: at + timedelta(**delta))

    set_to()
    return set_to


@pytest.fixture
def by_link(client: Client, ticket: Ticket, ines: User, at: Any, clock: Callable[..., None]) -> Client:
    """A browser that has followed Ines's link to her request."""
    response = client.get(signed_url(ticket, ines, at=at))
    assert (response.status_code, response.headers["Location"]) == (302, f"/requests/{ticket.number}/")
    return client


def test_a_link_opens_one_request_without_a_password(by_link: Client, ticket: Ticket) -> None:
    html = by_link.get(f"/requests/{ticket.number}/").content.decode()

    assert "VPN drops every 20 minutes" in html
    assert "Log in for all your requests" in html
    assert "/accounts/logout/" not in html


def test_a_link_opens_nothing_else(
    by_link: Client, ticket: Ticket, open_ticket: Callable[..., Ticket]
) -> None:
    other = open_ticket("Another request of Ines")
    for page in ("/", "/requests/", "/requests/new/", f"/requests/{other.number}/", "/profile/sessions/"):
        assert by_link.get(page).headers["Location"].startswith("/accounts/login/"), page
    for act in ("withdraw", "news", "watchers/add", "watchers/remove"):
        assert by_link.post(f"/requests/{ticket.number}/{act}/", {"user": "1"}).status_code == 404, act
    html = by_link.get(f"/requests/{ticket.number}/?colleague=tomasz").content.decode()
    assert ("Any news?" in html, "Who follows this" in html) == (False, False)


def test_who_came_by_link_sends_a_file_in_parts(by_link: Client, ticket: Ticket, ines: User) -> None:
    said = json.dumps({"name": "log.txt", "type": "text/plain", "size": 3})
    key = by_link.post(f"/files/parts/?for={ticket.number}", said, content_type="application/json").json()[
        "id"
    ]

    def send(query: str) -> int:
        address, headers = f"/files/parts/{key}/{query}", {"Upload-Offset": "0"}
        return by_link.patch(
            address, b"log", content_type="application/octet-stream", headers=headers
        ).status_code

    assert (send(""), send("?for=TD-999"), send(f"?for={ticket.number}")) == (401, 401, 201)
    assert Attachment.objects.get().uploaded_by == ines


def test_who_came_by_link_replies_with_a_file(by_link: Client, ticket: Ticket, ines: User) -> None:
    answer = by_link.post(
        f"/files/upload/?for={ticket.number}", {"file": SimpleUploadedFile("log.txt", b"rekey")}
    ).json()
    by_link.post(f"/requests/{ticket.number}/reply/", {"text": "See the log", "attachments": [answer["id"]]})

    message = Message.objects.get(body="See the log")
    assert (message.author, message.attachments.count()) == (ines, 1)
    assert fetch(by_link, answer["url"]).status == 200


def test_who_came_by_link_confirms(by_link: Client, resolved: Ticket) -> None:
    by_link.post(f"/requests/{resolved.number}/works/", {"rating": "5"})

    resolved.refresh_from_db()
    assert (resolved.status, resolved.rating) == (Status.CLOSED, 5)


def test_a_reply_by_link_on_closed_stays_with_the_request_of_the_link(
    by_link: Client, resolved: Ticket, ines: User, at: Any
) -> None:
    operations.confirm(resolved, by=ines, at=at)
    response = by_link.post(f"/requests/{resolved.number}/reply/", {"text": "It is back"})

    assert response.headers["Location"] == f"/requests/{resolved.number}/"
    assert Ticket.objects.count() == 2


def test_an_internal_file_does_not_open_by_link(
    client: Client,
    open_ticket: Callable[..., Ticket],
    sara: User,
    mira: User,
    upload: Any,
    at: Any,
    clock: Any,
) -> None:
    own = open_ticket("My chair", requester=sara)
    file = upload(mira)
    operations.note(own, text="SECRET", by=mira, at=at, attachments=[file.pk])
    client.get(signed_url(own, sara, at=at))

    assert "SECRET" not in client.get(f"/requests/{own.number}/").content.decode()
    assert client.get(f"/files/{file.pk}/").status_code == 404


def ended(client: Client, ticket: Ticket, url: str) -> tuple[bool, int]:
    """Whether the open session has lost the request, and what the link answers now."""
    page = client.get(f"/requests/{ticket.number}/")
    is_out = page.status_code == 302 and page.headers["Location"].startswith("/accounts/login/")
    return is_out, client.get(url).status_code


def test_a_link_ends_after_30_days(by_link: Client, ticket: Ticket, ines: User, at: Any, clock: Any) -> None:
    url = signed_url(ticket, ines, at=at)
    clock(days=29)
    by_link.get(url)  # the session of her first visit has ended meanwhile
    assert by_link.get(f"/requests/{ticket.number}/").status_code == 200
    clock(days=30)
    assert ended(by_link, ticket, url) == (True, 410)


def test_a_link_ends_when_links_are_turned_off(by_link: Client, ticket: Ticket, ines: User, at: Any) -> None:
    Desk.objects.update(signed_links=False)

    assert ended(by_link, ticket, signed_url(ticket, ines, at=at)) == (True, 410)


def test_a_link_ends_when_the_person_leaves(
    by_link: Client, ticket: Ticket, ines: User, ada: User, at: Any
) -> None:
    accounts.deactivate(ines, by=ada, at=at)

    assert ended(by_link, ticket, signed_url(ticket, ines, at=at)) == (True, 410)


def test_a_link_ends_30_days_after_closing(
    by_link: Client, resolved: Ticket, ines: User, at: Any, clock: Any
) -> None:
    operations.confirm(resolved, by=ines, at=at)
    fresh_link = signed_url(resolved, ines, at=at + timedelta(days=20))
    clock(days=29)
    by_link.get(fresh_link)
    assert by_link.get(f"/requests/{resolved.number}/").status_code == 200
    clock(days=31)
    assert ended(by_link, resolved, fresh_link) == (True, 410)


def test_a_link_ends_for_a_follower_who_was_taken_away(
    client: Client, ticket: Ticket, ines: User, tomasz: User, at: Any, clock: Any
) -> None:
    operations.watch(ticket, user=tomasz, by=ines, at=at)
    url = signed_url(ticket, tomasz, at=at)
    client.get(url)
    assert client.get(f"/requests/{ticket.number}/").status_code == 200

    operations.unwatch(ticket, user=tomasz, by=ines, at=at)
    assert ended(client, ticket, url) == (True, 410)


def test_a_changed_link_opens_nothing(
    client: Client, ticket: Ticket, ines: User, tomasz: User, at: Any
) -> None:
    token = signed_url(ticket, ines, at=at).split("/")[2]
    mixed = (
        signed_url(ticket, tomasz, at=at).split("/")[2].rpartition(":")[0] + ":" + token.rpartition(":")[2]
    )
    for forged in (token[:-1], token + "x", mixed, "x", "a:b", "🙂"):
        assert read_token(forged) is None, forged
        assert client.get(f"/r/{forged}/").status_code == 404, forged


def test_somebody_else_who_is_logged_in_does_not_become_the_reader(
    signed_in: Callable[[User], Client], ticket: Ticket, ines: User, otto: User, at: Any
) -> None:
    client = signed_in(otto)
    assert client.get(signed_url(ticket, ines, at=at)).status_code == 410
    assert client.get(f"/requests/{ticket.number}/").status_code == 404


def test_following_a_link_changes_nothing_in_the_request(by_link: Client, ticket: Ticket) -> None:
    assert ticket.events.count() == 1


def test_the_draft_of_the_account_is_not_shown_by_link(
    by_link: Client, ticket: Ticket, ines: User, at: Any
) -> None:
    ines.drafts.create(place=f"request-{ticket.pk}-reply", fields={"text": ["half a thought"]}, at=at)

    assert "half a thought" not in by_link.get(f"/requests/{ticket.number}/").content.decode()
