from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tickets import operations
from tickets.models import Attachment, Event, Message, MessageKind, Status, Ticket, Watch

SignIn = Callable[[User], Client]


def kinds(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket).order_by("pk").values_list("kind", flat=True))


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def told(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def monday(monkeypatch: pytest.MonkeyPatch, at: datetime) -> datetime:
    """The views' clock stands on the Monday morning of the cast."""
    monkeypatch.setattr(timezone, "now", lambda: at)
    return at


def test_a_reply_with_a_file_arrives(as_ines: Client, ticket: Ticket, ines: User, upload: Any) -> None:
    file = upload(ines)
    response = as_ines.post(
        f"/requests/{ticket.number}/reply/", {"text": "Here is the log.", "attachments": [str(file.pk)]}
    )

    assert response.headers["Location"] == f"/requests/{ticket.number}/"
    message = Message.objects.get(kind=MessageKind.REPLY)
    assert (message.body, message.author, message.from_desk) == ("Here is the log.", ines, False)
    assert list(message.attachments.all()) == [file]
    assert kinds(ticket) == ["ticket.opened", "ticket.replied"]


def test_a_reply_sent_twice_arrives_once(as_ines: Client, ticket: Ticket) -> None:
    for _ in range(2):
        as_ines.post(f"/requests/{ticket.number}/reply/", {"text": "Hello", "key": "k1"})
    assert kinds(ticket) == ["ticket.opened", "ticket.replied"]

    other_words = as_ines.post(f"/requests/{ticket.number}/reply/", {"text": "Hello again", "key": "k1"})
    assert (other_words.status_code, "Hello again" in other_words.content.decode()) == (409, True)


@pytest.mark.parametrize("text", ["", "   ", "x" * 100_001, "a\x00b"])
def test_a_reply_that_cannot_be_used_comes_back_with_its_words(
    as_ines: Client, ticket: Ticket, ines: User, upload: Any, text: str
) -> None:
    file = upload(ines)
    response = as_ines.post(
        f"/requests/{ticket.number}/reply/", {"text": text, "attachments": [str(file.pk)]}
    )

    assert (response.status_code, kinds(ticket)) == (422, ["ticket.opened"])
    assert response.context["reply"].kept == [file]


def test_somebody_elses_file_does_not_travel_with_my_reply(
    as_ines: Client, ticket: Ticket, otto: User, upload: Any
) -> None:
    theirs = upload(otto)
    response = as_ines.post(
        f"/requests/{ticket.number}/reply/", {"text": "Mine", "attachments": [str(theirs.pk)]}
    )

    assert (response.status_code, Attachment.objects.get().ticket) == (422, None)


def test_it_works_closes_and_rates(as_ines: Client, resolved: Ticket) -> None:
    response = as_ines.post(
        f"/requests/{resolved.number}/works/", {"rating": "5", "comment": "Quick!"}, follow=True
    )

    ticket = fresh(resolved)
    assert (ticket.status, ticket.close_reason, ticket.rating) == (Status.CLOSED, "confirmed", 5)
    assert told(response) == [f"Good to hear. {ticket.number} is closed."]


def test_it_works_needs_no_rating_and_is_said_once(as_ines: Client, resolved: Ticket) -> None:
    for _ in range(2):
        as_ines.post(f"/requests/{resolved.number}/works/", {"key": "k1"})

    assert kinds(resolved)[-1] == "ticket.confirmed"
    assert (fresh(resolved).rating, kinds(resolved).count("ticket.confirmed")) == (None, 1)


@pytest.mark.parametrize("rating", ["0", "6", "x", "-1", "9" * 40])
def test_a_rating_is_one_to_five(as_ines: Client, resolved: Ticket, rating: str) -> None:
    assert as_ines.post(f"/requests/{resolved.number}/works/", {"rating": rating}).status_code == 422
    assert as_ines.post(f"/requests/{resolved.number}/rate/", {"rating": rating}).status_code == 422
    assert fresh(resolved).status == Status.RESOLVED


def test_still_broken_opens_it_again_with_the_words(as_ines: Client, resolved: Ticket) -> None:
    without = as_ines.post(f"/requests/{resolved.number}/still-broken/", {"text": ""})
    assert (without.status_code, fresh(resolved).status) == (422, Status.RESOLVED)

    as_ines.post(f"/requests/{resolved.number}/still-broken/", {"text": "It dropped again."})
    ticket = fresh(resolved)
    assert (ticket.status, ticket.reopen_count) == (Status.OPEN, 1)
    assert Message.objects.filter(body="It dropped again.").exists()


def test_what_is_closed_can_be_rated_later(as_ines: Client, resolved: Ticket, ines: User, at: Any) -> None:
    operations.confirm(resolved, by=ines, at=at)
    as_ines.post(f"/requests/{resolved.number}/rate/", {"rating": "4", "comment": ""})

    assert fresh(resolved).rating == 4


def test_a_reply_on_closed_makes_a_follow_up_and_says_so(
    as_ines: Client, resolved: Ticket, ines: User, at: Any
) -> None:
    operations.confirm(resolved, by=ines, at=at)
    response = as_ines.post(
        f"/requests/{resolved.number}/reply/", {"text": "It is back.", "key": "k"}, follow=True
    )

    new = Ticket.objects.exclude(pk=resolved.pk).get()
    assert response.redirect_chain == [(f"/requests/{new.number}/", 302)]
    assert told(response) == [
        f"{resolved.number} is closed, so your message has opened a new request: {new.number}. "
        "It is linked to the old one."
    ]
    assert list(response.context["related"]) == [resolved]


def test_withdrawing_ends_it(as_ines: Client, ticket: Ticket) -> None:
    as_ines.post(f"/requests/{ticket.number}/withdraw/", {"key": "k"})

    assert (fresh(ticket).status, fresh(ticket).cancel_reason) == (Status.CANCELLED, "withdrawn")
    again = as_ines.post(f"/requests/{ticket.number}/withdraw/", {"key": "other"})
    assert again.status_code == 409
    assert kinds(ticket) == ["ticket.opened", "ticket.withdrawn"]


def test_any_news_is_asked_once_a_working_day_and_the_refusal_says_when_again(
    as_ines: Client, ticket: Ticket, monday: datetime
) -> None:
    page = f"http://testserver/requests/{ticket.number}/"
    as_ines.post(f"/requests/{ticket.number}/news/", {"key": "a"})
    response = as_ines.post(
        f"/requests/{ticket.number}/news/", {"key": "b"}, follow=True, headers={"Referer": page}
    )

    assert fresh(ticket).news_asked_count == 1
    assert "You can ask again on Tuesday, 24 November." in " ".join(told(response))


def test_colleagues_follow_and_stop_following(
    as_ines: Client, signed_in: SignIn, ticket: Ticket, tomasz: User
) -> None:
    as_ines.post(f"/requests/{ticket.number}/watchers/add/", {"user": tomasz.pk})
    assert [watch.user for watch in Watch.objects.all()] == [tomasz]

    response = signed_in(tomasz).post(f"/requests/{ticket.number}/watchers/remove/", {"user": tomasz.pk})
    assert (response.headers["Location"], Watch.objects.count()) == ("/requests/", 0)


@pytest.mark.parametrize("user", ["", "x", "-1", "999999", "9" * 40])
def test_nobody_unknown_follows(as_ines: Client, ticket: Ticket, user: str) -> None:
    assert as_ines.post(f"/requests/{ticket.number}/watchers/add/", {"user": user}).status_code == 404


def test_a_stranger_of_another_organisation_cannot_be_added(
    as_ines: Client, ticket: Ticket, otto: User
) -> None:
    assert as_ines.post(f"/requests/{ticket.number}/watchers/add/", {"user": otto.pk}).status_code == 404
    assert Watch.objects.count() == 0


def test_acts_are_posts(as_ines: Client, ticket: Ticket) -> None:
    for act in (
        "reply",
        "works",
        "still-broken",
        "rate",
        "withdraw",
        "news",
        "watchers/add",
        "watchers/remove",
    ):
        assert as_ines.get(f"/requests/{ticket.number}/{act}/").status_code == 405, act


def test_one_click_says_that_it_works_and_how_it_went(as_ines: Client, resolved: Ticket) -> None:
    page = as_ines.get(f"/requests/{resolved.number}/").content.decode()
    assert page.count('name="rating" value="5"') == 1
    as_ines.post(f"/requests/{resolved.number}/works/", {"key": "k1", "rating": "5"})

    resolved.refresh_from_db()
    assert (resolved.status, resolved.rating) == ("closed", 5)
    assert "You gave 5 of 5. Thank you." in as_ines.get(f"/requests/{resolved.number}/").content.decode()
