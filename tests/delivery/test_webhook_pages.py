"""The settings pages of webhooks: kept by administrators, tried from the page, every call with what came back."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from accounts.models import AccountEvent, User
from accounts.sentences import lines
from delivery import operations
from delivery.models import Delivery, Webhook, WebhookCall
from delivery.operations import claim, deliver
from delivery.operations.webhooks import NotAgain, Unusable
from tests.escalation.rule_book import rule
from tests.escalation.test_webhooks import Receiver, hook, receiver, send  # noqa: F401  (a fixture)

Receivers = Callable[..., Receiver]


@pytest.fixture
def at_the_desk(client: Client, ada: User) -> Client:
    client.force_login(ada, backend="accounts.backend.AuthenticationBackend")
    return client


@pytest.fixture
def chat(ada: User, at: datetime) -> Webhook:
    return operations.create_webhook(name="Chat", url="https://chat.example.com/in", by=ada, at=at)[0]


def work(at: datetime) -> None:
    for row in claim(limit=10, worker="w1", at=at):
        deliver(row, at=at)


def words(answer: object) -> str:
    return " ".join(answer.content.decode().split())  # type: ignore[attr-defined]


# --- keeping them ---


def test_its_secret_is_shown_when_it_is_made_and_never_again(at_the_desk: Client) -> None:
    made = at_the_desk.post(
        "/settings/webhooks/new/", {"name": "Pager", "url": "https://pager.example.com/in"}
    )
    webhook = Webhook.objects.get()
    assert (made.status_code, webhook.secret in words(made), made["Cache-Control"]) == (200, True, "no-store")
    for url in ("/settings/webhooks/", f"/settings/webhooks/{webhook.pk}/"):
        assert webhook.secret not in words(at_the_desk.get(url))


def test_renewed_it_is_another_one_shown_once_too(at_the_desk: Client, chat: Webhook) -> None:
    before = chat.secret
    page = words(at_the_desk.post(f"/settings/webhooks/{chat.pk}/secret/"))
    chat.refresh_from_db()
    assert (chat.secret != before, chat.secret in page, before in page) == (True, True, False)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://chat.example.com/", "begins with https://"),
        ("https://127.0.0.1/in", "127.0.0.1 lies inside"),
        ("https://10.0.0.7/", "10.0.0.7 lies inside"),
        ("https://[::1]/", "::1 lies inside"),
        ("https://2130706433/", "2130706433 lies inside"),
        ("https://localhost/", "localhost lies inside"),
        ("https://pager.internal/", "pager.internal lies inside"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_at_its_field_with_the_remedy(
    at_the_desk: Client, url: str, said: str
) -> None:
    answer = at_the_desk.post("/settings/webhooks/new/", {"name": "Bad", "url": url})
    assert answer.status_code == 422
    (error,) = answer.context["form"].errors["url"]
    assert said in error
    assert answer.context["form"]["url"].value() == url
    assert not Webhook.objects.exists()


def test_a_host_inside_that_is_allowed_is_taken(at_the_desk: Client, settings: object) -> None:
    settings.WEBHOOK_INSIDE_HOSTS = frozenset({"pager.internal"})  # type: ignore[attr-defined]
    at_the_desk.post("/settings/webhooks/new/", {"name": "Pager", "url": "http://pager.internal/in"})
    assert Webhook.objects.get().url == "http://pager.internal/in"


def test_a_taken_name_is_refused_and_what_was_typed_stays(at_the_desk: Client, chat: Webhook) -> None:
    answer = at_the_desk.post(
        "/settings/webhooks/new/", {"name": "chat", "url": "https://other.example.com/"}
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"name": ["There is a webhook “chat” already."]}


def test_every_change_stands_in_the_history_and_no_secret(at_the_desk: Client, chat: Webhook) -> None:
    url = f"/settings/webhooks/{chat.pk}/"
    at_the_desk.post(url, {"name": "Chat", "url": "https://chat.example.com/other"})
    at_the_desk.post(url, {"name": "Chat", "url": "https://chat.example.com/other"})
    at_the_desk.post(f"{url}use/", {"use": "0"})
    at_the_desk.post(f"{url}use/", {"use": "1"})
    at_the_desk.post(f"{url}secret/")
    at_the_desk.post(f"{url}try/")
    told = lines(AccountEvent.objects.filter(kind__startswith="webhook.").order_by("id"))
    assert [(line.actor, line.sentence, line.details) for line in told] == [
        ("Ada Root", "added the webhook Chat", ""),
        ("Ada Root", "changed the webhook Chat", "address"),
        ("Ada Root", "took the webhook Chat out of use", ""),
        ("Ada Root", "put the webhook Chat to use", ""),
        ("Ada Root", "renewed the secret of the webhook Chat", ""),
        ("Ada Root", "sent a test to the webhook Chat", ""),
    ]
    chat.refresh_from_db()
    assert all(chat.secret not in str(event.data) for event in AccountEvent.objects.all())


def test_the_page_names_the_rules_that_call_it(at_the_desk: Client, chat: Webhook) -> None:
    rule("P1 calls the pager", ("webhook", {"webhook": chat.pk}), on=("created",))
    assert "Called by: the rule “P1 calls the pager”" in words(
        at_the_desk.get(f"/settings/webhooks/{chat.pk}/")
    )


def test_only_administrators_keep_try_and_repeat(chat: Webhook, max_: User, at: datetime) -> None:
    kept = WebhookCall.objects.create(
        webhook=chat, delivery_id=1, created_at=at, url=chat.url, body="{}", milliseconds=1
    )
    for act in (
        lambda: operations.change_webhook(chat, name="Mine", by=max_, at=at),
        lambda: operations.use_webhook(chat, is_enabled=False, by=max_, at=at),
        lambda: operations.try_webhook(chat, by=max_, at=at),
        lambda: operations.send_again(kept, by=max_, at=at),
    ):
        with pytest.raises(PermissionDenied):
            act()


# --- trying it ---


def test_a_test_shows_what_came_back(
    at_the_desk: Client,
    receiver: Receivers,  # noqa: F811
    at: datetime,
) -> None:
    there = receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n<b>mine</b>")
    webhook = operations.use_webhook(
        hook(there, at), is_enabled=False, by=None, at=at
    )  # tried before it is used
    sent = at_the_desk.post(f"/settings/webhooks/{webhook.pk}/try/")
    assert "The test is under way." in words(at_the_desk.get(sent["Location"]))
    work(Delivery.objects.get().next_at)
    page = words(at_the_desk.get(sent["Location"]))
    assert "It answered 200 after" in page
    assert ("&lt;b&gt;mine&lt;/b&gt;" in page, "<b>mine</b>" in page) == (True, False)
    assert b'"type":"test"' in there.got[0]


def test_a_test_that_fails_is_tried_once_and_says_why(
    at_the_desk: Client,
    receiver: Receivers,  # noqa: F811
    at: datetime,
) -> None:
    webhook = hook(receiver(b"HTTP/1.1 503 Busy\r\n\r\n"), at)
    sent = at_the_desk.post(f"/settings/webhooks/{webhook.pk}/try/")
    work(Delivery.objects.get().next_at)
    assert Delivery.objects.get().state == "dead"
    assert "It answered 503" in words(at_the_desk.get(sent["Location"]))


def test_a_test_waits_behind_no_message_that_is_stuck(chat: Webhook, at: datetime) -> None:
    operations.send_to_webhook(chat, {"ticket": 1}, at=at)
    stuck = claim(limit=10, worker="w1", at=at)
    test = operations.try_webhook(chat, by=None, at=at)
    assert [row.pk for row in claim(limit=10, worker="w1", at=at)] == [test.pk]
    assert len(stuck) == 1


def test_somebody_elses_delivery_is_no_test_of_this_one(
    at_the_desk: Client, chat: Webhook, at: datetime
) -> None:
    other = operations.send_to_webhook(chat, {"ticket": 1}, at=at)
    for typed in (other.pk, "nonsense", 0):
        assert at_the_desk.get(f"/settings/webhooks/{chat.pk}/?test={typed}").context["trial"] is None


# --- what was called ---


def test_each_attempt_is_kept_with_message_and_answer(
    at_the_desk: Client,
    receiver: Receivers,  # noqa: F811
    at: datetime,
) -> None:
    webhook = hook(receiver(b"HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\noops"), at)
    sent = send(webhook, at)
    kept = WebhookCall.objects.get()
    assert (kept.delivery_id, kept.status, kept.answer, kept.body) == (sent.pk, 500, "oops", '{"ticket":1}')
    assert kept.headers["X-Tierdesk-Delivery"] == str(sent.pk)
    assert webhook.secret not in str(kept.headers)
    page = words(at_the_desk.get(f"/settings/webhooks/{webhook.pk}/calls/{kept.pk}/"))
    for part in ("X-Tierdesk-Signature", "{&quot;ticket&quot;:1}", "oops", "Status 500"):
        assert part in page


def test_where_nobody_answers_the_error_is_kept(at: datetime, db: None) -> None:
    webhook = Webhook.objects.create(name="Inside", url="https://localhost/admin", secret="s", created_at=at)
    assert send(webhook, at).state == "dead"
    kept = WebhookCall.objects.get()
    assert (kept.status, kept.is_yes, "is not outside" in kept.error) == (None, False, True)


def test_a_long_answer_is_kept_in_part_and_a_nul_breaks_nothing(
    receiver: Receivers,  # noqa: F811
    at: datetime,
    db: None,
) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"a\x00" * 2500
    assert send(hook(receiver(answer), at), at).state == "done"
    assert WebhookCall.objects.get().answer == "a" * 2000


def test_what_was_given_up_is_sent_once_more_as_the_same_message(
    at_the_desk: Client, chat: Webhook, at: datetime
) -> None:
    sent = operations.send_to_webhook(chat, {"ticket": 1}, ticket_number=1042, at=at)
    Delivery.objects.filter(pk=sent.pk).update(state="dead")
    kept = WebhookCall.objects.create(
        webhook=chat, delivery_id=sent.pk, created_at=at, url=chat.url, body='{"ticket":1}', milliseconds=1
    )
    at_the_desk.post(f"/settings/webhooks/{chat.pk}/calls/{kept.pk}/again/")
    assert [(row.pk, row.state, row.attempts) for row in Delivery.objects.all()] == [(sent.pk, "waiting", 0)]


def test_what_arrived_is_sent_once_more_as_a_message_of_its_own(
    receiver: Receivers,  # noqa: F811
    at: datetime,
    db: None,
) -> None:
    there = receiver()
    sent = send(hook(there, at), at)
    again = operations.send_again(WebhookCall.objects.get(), by=None, at=at)
    work(at)
    assert again.pk != sent.pk
    assert [part.partition(b"\r\n\r\n")[2] for part in there.got] == [b'{"ticket":1}'] * 2


def test_what_a_script_has_asked_for_is_not_repeated_from_outside(chat: Webhook, at: datetime) -> None:
    kept = WebhookCall.objects.create(
        webhook=chat,
        delivery_id=1,
        created_at=at,
        url=chat.url,
        body='{"type":"script.action"}',
        milliseconds=1,
    )
    with pytest.raises(NotAgain):
        operations.send_again(kept, by=None, at=at)


def test_what_is_old_is_forgotten_whatever_came_of_it(
    chat: Webhook, at: datetime, later: Callable[..., datetime]
):
    for day in (0, 29):
        WebhookCall.objects.create(
            webhook=chat, delivery_id=1, created_at=later(days=day), url=chat.url, body="{}", milliseconds=1
        )
    assert operations.prune_webhook_calls(at=later(days=31)) == 1
    assert WebhookCall.objects.get().created_at == later(days=29)


def test_calls_are_paged_by_key_newest_first(at_the_desk: Client, chat: Webhook, later) -> None:
    for minute in range(60):
        WebhookCall.objects.create(
            webhook=chat,
            delivery_id=1,
            created_at=later(minutes=minute),
            url=chat.url,
            body="{}",
            milliseconds=1,
        )
    first = at_the_desk.get(f"/settings/webhooks/{chat.pk}/").context["page"]
    assert [row.created_at for row in first.rows[:2]] == [later(minutes=59), later(minutes=58)]
    second = at_the_desk.get(f"/settings/webhooks/{chat.pk}/", {"after": first.older}).context["page"]
    assert (len(first.rows), len(second.rows), second.rows[-1].created_at) == (50, 10, later())


def test_the_list_costs_the_same_for_one_and_for_many(
    at_the_desk: Client, chat: Webhook, at: datetime, django_assert_num_queries, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(12) as one:
        at_the_desk.get("/settings/webhooks/")
    for n in range(5):
        operations.create_webhook(name=f"Hook {n}", url="https://hooks.example.com/", by=None, at=at)
    with django_assert_num_queries(len(one)):
        at_the_desk.get("/settings/webhooks/")


def test_unusable_is_a_refusal_with_its_field(at: datetime, db: None) -> None:
    with pytest.raises(Unusable) as refused:
        operations.create_webhook(name="", url="https://example.com/", by=None, at=at)
    assert refused.value.field == "name"


# --- what it is told of ---


def test_it_is_made_with_events_a_filter_and_an_owner(at_the_desk: Client, ada: User) -> None:
    at_the_desk.post(
        "/settings/webhooks/new/",
        {
            "name": "Board",
            "url": "https://board.example.com/",
            "kinds": ["ticket.*", "sla.breached"],
            "filter": "https://help.example.com/desk/queues/all/?priority=1&sort=due",
            "owner": str(ada.pk),
        },
    )
    row = Webhook.objects.get()
    assert (row.kinds, row.owner) == (["sla.breached", "ticket.*"], ada)
    assert row.filter == {"all": [{"field": "priority", "op": "is", "value": ["1"]}]}
    page = words(at_the_desk.get(f"/settings/webhooks/{row.pk}/"))
    for part in ("Told of:", "ticket.*", "where Priority is", "as Ada Root may see it"):
        assert part in page, part


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("?colour=red", "There is no field “colour”"),
        ("https://help.example.com/desk/", "There is no filter in this address"),
        ('{"field": "priority"', "This is no JSON"),
        ('{"priority": 1}', "A part of a filter is one of"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_at_its_field(
    at_the_desk: Client, typed: str, said: str
) -> None:
    answer = at_the_desk.post(
        "/settings/webhooks/new/",
        {"name": "Bad", "url": "https://bad.example.com/", "kinds": ["*"], "filter": typed},
    )
    (error,) = answer.context["form"].errors["filter"]
    assert (answer.status_code, said in error) == (422, True), error
    assert answer.context["form"]["filter"].value() == typed


def test_its_page_tells_why_it_is_out_of_use_and_how_long_it_fails(
    at_the_desk: Client, chat: Webhook, at: datetime
) -> None:
    url = f"/settings/webhooks/{chat.pk}/"
    Webhook.objects.update(failing_since=at)
    assert "It has failed every time since" in words(at_the_desk.get(url))
    for because, said in (("gone", "answered 410"), ("failing", "failed for three days")):
        Webhook.objects.update(is_enabled=False, off_because=because, off_at=at)
        assert said in words(at_the_desk.get(url))


def test_the_old_secret_is_ended_from_the_page(
    at_the_desk: Client, chat: Webhook, ada: User, at: datetime
) -> None:
    operations.renew_secret(chat, by=ada, at=at)
    url = f"/settings/webhooks/{chat.pk}/"
    assert "End the old secret now" in words(at_the_desk.get(url))
    at_the_desk.post(f"{url}end-old-secret/")
    assert "End the old secret now" not in words(at_the_desk.get(url))


def test_all_since_a_time_is_sent_again_from_the_page(
    at_the_desk: Client, chat: Webhook, later: Callable[..., datetime]
) -> None:
    for hour in range(3):
        operations.send_to_webhook(chat, {"n": hour}, ticket_number=hour, at=later(hours=hour))
    Delivery.objects.update(state="dead")
    url = f"/settings/webhooks/{chat.pk}/replay/"
    answer = at_the_desk.post(url, {"since": "2026-11-23T10:00"}, follow=True)
    assert "2 messages are sent again." in words(answer)
    assert "Say since when" in words(at_the_desk.post(url, {"since": "soon"}, follow=True))
    assert Delivery.objects.dead().count() == 1


def test_it_is_deleted_unless_a_rule_calls_it(
    at_the_desk: Client, chat: Webhook, ada: User, at: datetime
) -> None:
    rule("P1 calls the pager", ("webhook", {"webhook": chat.pk}), on=("created",))
    other, _secret = operations.create_webhook(name="Other", url="https://o.example.com/", by=ada, at=at)

    def delete(row: Webhook) -> str:
        return words(at_the_desk.post(f"/settings/webhooks/{row.pk}/delete/", follow=True))

    assert "It is called by the rule “P1 calls the pager”." in delete(chat)
    assert "Other is deleted." in delete(other)
    assert Webhook.objects.get() == chat
