import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tickets.models import Draft, Submission, Ticket
from tickets.operations.submitting import forget_drafts

PAGE = "http://testserver/requests/new/"


def save(client: Client, body: Any) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post("/drafts/", text, content_type="application/json")


def test_what_is_typed_is_there_again_on_another_machine(as_ines: Client, ines: User, upload: Any) -> None:
    file = upload(ines)
    fields = {
        "subject": ["VPN <b>drops</b>"],
        "urgency": ["1"],
        "files of this draft": [{"id": str(file.pk), "name": file.name, "size": file.size}],
    }
    assert save(as_ines, {"place": "new-request", "fields": fields}).status_code == 200

    page = as_ines.get("/requests/new/")
    html = page.content.decode()
    assert 'value="VPN &lt;b&gt;drops&lt;/b&gt;"' in html
    assert page.context["form"].kept == [file]
    assert "Your draft was put back" in html


def test_new_words_begin_a_new_request_and_the_older_draft_is_offered(as_ines: Client) -> None:
    save(as_ines, {"place": "new-request", "fields": {"subject": ["Printer"], "description": ["It jams"]}})

    html = as_ines.get("/requests/new/", {"subject": "vpn"}).content.decode()
    assert 'value="vpn"' in html
    assert "It jams" not in html
    assert "You have begun another request before: Printer" in html
    assert "It jams" in as_ines.get("/requests/new/").content.decode()


def test_a_draft_is_ones_own(signed_in: Callable[[User], Client], ines: User, tomasz: User) -> None:
    save(signed_in(ines), {"place": "new-request", "fields": {"subject": ["of Ines"]}})

    assert "of Ines" not in signed_in(tomasz).get("/requests/new/").content.decode()


def test_sending_ends_the_draft_on_both_sides(
    as_ines: Client, file_form: Callable[..., dict[str, Any]], service_desk: Any
) -> None:
    save(as_ines, {"place": "new-request", "fields": {"subject": ["VPN"]}})
    page = as_ines.post("/requests/new/", file_form(), follow=True)

    assert Draft.objects.count() == 0
    assert '<meta name="draft-clear" content="new-request">' in page.content.decode()
    assert "draft-clear" not in as_ines.get("/").content.decode()


def test_a_draft_that_comes_after_its_own_form_is_dropped(
    as_ines: Client, file_form: Callable[..., dict[str, Any]], service_desk: Any
) -> None:
    as_ines.post("/requests/new/", file_form(key="k7"))
    save(as_ines, {"place": "new-request", "fields": {"subject": ["VPN"], "key": ["k7"]}})

    assert Draft.objects.count() == 0


def test_an_empty_form_is_no_draft_and_discarding_drops_it(as_ines: Client) -> None:
    for end in (
        lambda: save(as_ines, {"place": "new-request", "fields": {}}),
        lambda: as_ines.post("/drafts/discard/", {"place": "new-request", "next": "/requests/new/"}),
    ):
        save(as_ines, {"place": "new-request", "fields": {"subject": ["VPN"]}})
        end()
        assert Draft.objects.count() == 0


def test_discarding_never_leads_off_the_site(as_ines: Client) -> None:
    response = as_ines.post("/drafts/discard/", {"place": "../..", "next": "https://evil.example/"})
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '{"place": "x"}',
        {"place": "../x", "fields": {"a": ["b"]}},
        {"place": "x" * 61, "fields": {"a": ["b"]}},
        {"place": 7, "fields": {"a": ["b"]}},
        {"place": "x", "fields": "a"},
        {"place": "x", "fields": {"a": "b"}},
        {"place": "x", "fields": {str(n): ["b"] for n in range(101)}},
        "[" * 100_000,
    ],
)
def test_nonsense_is_no_draft(as_ines: Client, body: Any) -> None:
    assert (save(as_ines, body).status_code, Draft.objects.count()) == (400, 0)


def test_a_draft_of_200_kilobytes_is_kept_and_a_book_is_refused(as_ines: Client) -> None:
    assert save(as_ines, {"place": "x", "fields": {"a": ["ä" * 200_000]}}).status_code == 200
    assert save(as_ines, {"place": "x", "fields": {"a": ["b" * 1_500_000]}}).status_code == 413
    assert len(Draft.objects.get().fields["a"][0]) == 200_000


def test_a_form_asks_for_the_draft_that_another_machine_has_kept(as_ines: Client, ines: User) -> None:
    save(as_ines, {"place": "ticket-7-composer", "fields": {"body": ["Half a word"], "kind": ["note"]}})

    kept = as_ines.get("/drafts/", {"place": "ticket-7-composer"}).json()
    assert kept["fields"] == {"body": ["Half a word"], "kind": ["note"]}
    assert kept["at"] > 0
    assert as_ines.get("/drafts/", {"place": "../x"}).json() == {"fields": None, "at": 0}


def test_nobody_reads_the_draft_of_another(as_ines: Client, otto: User) -> None:
    Draft.objects.create(owner=otto, place="ticket-7-composer", fields={"body": ["Mine"]}, at=timezone.now())
    assert as_ines.get("/drafts/", {"place": "ticket-7-composer"}).json()["fields"] is None


def test_a_draft_that_arrives_after_its_form_was_sent_is_none(as_ines: Client, ines: User) -> None:
    Submission.objects.create(person=ines, key="k-1", body_hash="x", at=timezone.now())
    save(as_ines, {"place": "x", "fields": {"body": ["Sent"], "submission of this draft": ["k-1"]}})
    assert not Draft.objects.exists()


def test_drafts_that_nobody_came_back_to_are_forgotten(ines: User) -> None:
    now = timezone.now()
    Draft.objects.create(owner=ines, place="old", fields={}, at=now - timedelta(days=31))
    Draft.objects.create(owner=ines, place="new", fields={}, at=now - timedelta(days=29))
    assert forget_drafts(at=now) == 1
    assert Draft.objects.get().place == "new"


def test_any_words_are_kept(as_ines: Client, ines: User) -> None:
    save(as_ines, '{"place": "x", "fields": {"a": ["\\u0000 \\ud83d 🙂 \\u202e"]}, "at": "soon"}')

    assert Draft.objects.get(owner=ines).fields == {"a": ["  🙂 \u202e"]}


def test_the_oldest_of_too_many_drafts_goes(as_ines: Client) -> None:
    for n in range(52):
        save(as_ines, {"place": f"place-{n}", "fields": {"a": ["b"]}})

    assert set(Draft.objects.values_list("place", flat=True)) == {f"place-{n}" for n in range(2, 52)}


def test_after_the_session_saving_says_so_without_a_word_to_the_person(client: Client, ines: User) -> None:
    assert save(client, {"place": "x", "fields": {"a": ["b"]}}).status_code == 401
    assert "tierdesk_session" not in client.cookies


# --- A form that is sent after the session has ended ---


def test_a_request_sent_after_the_session_is_there_again_after_the_login(
    client: Client,
    signed_in: Callable[[User], Client],
    file_form: Callable[..., dict[str, Any]],
    ines: User,
    service_desk: Any,
) -> None:
    response = client.post("/requests/new/", file_form(urgency="1"), headers={"Referer": PAGE})
    assert response.headers["Location"] == "/accounts/login/?next=/requests/new/"
    assert Ticket.objects.count() == 0

    page = signed_in(ines).get("/requests/new/")
    html = page.content.decode()
    assert "This was not sent" in html
    assert 'value="VPN drops every 20 minutes"' in html
    assert (page.context["form"]["urgency"].value(), page.context["form"]["key"].value()) == ("1", "k1")

    # It is told once; the draft stays.
    again = signed_in(ines).get("/requests/new/").content.decode()
    assert ("This was not sent" in again, 'value="VPN drops every 20 minutes"' in again) == (False, True)


def test_200_kilobytes_sent_after_the_session_are_there_again(
    client: Client,
    signed_in: Callable[[User], Client],
    file_form: Callable[..., dict[str, Any]],
    ines: User,
    service_desk: Any,
) -> None:
    words = "all that happened. " * 10_500
    client.post("/requests/new/", file_form(description=words), headers={"Referer": PAGE})

    form = signed_in(ines).get("/requests/new/").context["form"]
    assert form["description"].value() == words


def test_a_long_reply_after_the_session_is_there_again_after_the_login(
    client: Client, signed_in: Callable[[User], Client], ticket: Ticket, ines: User
) -> None:
    page = f"/requests/{ticket.number}/"
    words = "a long reply " * 2_000
    response = client.post(
        f"{page}reply/", {"text": words, "key": "k"}, headers={"Referer": f"http://testserver{page}"}
    )

    assert response.headers["Location"] == f"/accounts/login/?next={page}"
    shown = signed_in(ines).get(page)
    assert shown.context["reply"]["text"].value() == words
    assert "This was not sent" in shown.content.decode()


def test_the_login_page_says_that_nothing_was_sent(client: Client, ticket: Ticket) -> None:
    page = client.post(f"/requests/{ticket.number}/reply/", {"text": "Hello"}, follow=True)

    assert "You had been logged out, so this was not sent." in page.content.decode()


def test_the_way_back_from_the_login_never_leads_off_the_site(client: Client, ines: User) -> None:
    response = client.post("/requests/new/", {"subject": "x"}, headers={"Referer": "https://evil.example/x"})

    assert response.headers["Location"] == "/accounts/login/?next=/"


def test_what_was_not_sent_is_not_shown_on_another_page(
    client: Client, signed_in: Callable[[User], Client], ticket: Ticket, ines: User
) -> None:
    client.post(
        "/requests/TD-1/reply/",
        {"text": "for another"},
        headers={"Referer": "http://testserver/requests/TD-1/"},
    )

    assert "for another" not in signed_in(ines).get(f"/requests/{ticket.number}/").content.decode()
