"""Webhooks that are told of events: which ones, in which words and order, and what becomes of their receivers."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AccountEvent, User
from accounts.operations import create_service
from delivery import operations as delivery
from delivery import outside, tasks
from delivery.handlers import Undeliverable
from delivery.models import Delivery, Mail, Webhook, WebhookCall
from delivery.operations import claim, claim_calls, deliver, send_to_webhook
from delivery.operations.standing import PATIENCE, rest_after
from delivery.operations.webhooks import OVERLAP, StillCalled, Unusable
from delivery.webhooks import NotAnswered, deliver_webhook, is_signed, standard_signature
from helpdesk.webhook_notices import tell_owner
from tests.conftest import seat
from tests.escalation.rule_book import rule
from tests.escalation.test_webhooks import Receiver, receiver  # noqa: F401  (a fixture)
from tickets import operations
from tickets.models import Event, Ticket
from tickets.operations import publishing
from tickets.operations.publishing import deliveries_for, publish_due

Receivers = Callable[..., Receiver]
Later = Callable[..., datetime]
P1 = {"field": "priority", "op": "is", "value": "1"}


@pytest.fixture
def subscribe(ada: User, at: datetime) -> Callable[..., Webhook]:
    """Ada's webhook, told of everything if nothing else is said."""

    def make(
        *kinds: str, url: str = "https://chat.example.com/in", name: str = "Chat", **facts: Any
    ) -> Webhook:
        facts.setdefault("by", ada)
        made, _secret = delivery.create_webhook(name=name, url=url, kinds=kinds or ("*",), at=at, **facts)
        Webhook.objects.filter(pk=made.pk).update(listens_from=0)  # the test writes in one transaction
        made.refresh_from_db()
        return made

    return make


def told(at: datetime, *webhooks: Webhook) -> list[tuple[int, str]]:
    """By webhook the types of all events that it is told of."""
    rows = deliveries_for(list(Event.objects.order_by("id")), webhooks or Webhook.objects.subscribed(), at=at)
    return [(row.payload["webhook"], row.payload["body"]["type"]) for row in rows]


def types(at: datetime, *webhooks: Webhook) -> list[str]:
    return [kind for _webhook, kind in told(at, *webhooks)]


# --- which events ---


def test_it_is_told_of_the_kinds_that_it_asks_for(
    subscribe: Callable[..., Webhook], ticket: Ticket, mira: User, at: datetime
) -> None:
    operations.take(ticket, by=mira, at=at)
    operations.note(ticket, text="Seen.", by=mira, at=at)
    one = subscribe("ticket.taken", name="One")
    group = subscribe("ticket.*", name="Group")
    other = subscribe("sla.*", name="Other")
    assert types(at, one) == ["ticket.taken"]
    assert types(at, group) == ["ticket.opened", "ticket.taken", "ticket.noted"]
    assert set(types(at, other)) <= {"sla.started"}


def test_its_filter_is_asked_of_the_ticket_as_it_stood_then(
    subscribe: Callable[..., Webhook], open_ticket: Callable[..., Ticket], mira: User, at: datetime
) -> None:
    ticket, calm = open_ticket("Down"), open_ticket("Calm")
    operations.override_priority(ticket, priority=1, reason="The whole floor.", by=mira, at=at)
    operations.note(ticket, text="Seen.", by=mira, at=at)
    operations.note(calm, text="Seen.", by=mira, at=at)
    assert types(at, subscribe("ticket.*", filter=P1)) == ["ticket.priority_overridden", "ticket.noted"]


def test_what_its_owner_may_not_open_it_is_not_told_of(
    subscribe: Callable[..., Webhook], ticket: Ticket, lars: User, ada: User, at: datetime
) -> None:
    program = create_service(name="Status board", by=ada, at=at)
    mine, programs = subscribe("ticket.*"), subscribe("ticket.*", name="Board", owner=program)
    assert (types(at, mine), types(at, programs)) == (["ticket.opened"], [])
    operations.restrict(ticket, people=[lars], by=lars, at=at)
    assert types(at, mine) == []


def test_a_note_above_its_owners_tier_is_none_of_its_business(
    subscribe: Callable[..., Webhook], ticket: Ticket, yuki: User, service_desk: Any, ada: User, at: datetime
) -> None:
    program = seat(create_service(name="Bot", by=ada, at=at), service_desk)
    hook = subscribe("ticket.noted", owner=program)
    operations.note(ticket, text="For the experts.", by=yuki, at=at, min_tier=3)
    assert types(at, hook) == []
    operations.note(ticket, text="For everybody.", by=yuki, at=at)
    assert types(at, hook) == ["ticket.noted"]


def test_whoever_has_left_is_told_nothing(
    subscribe: Callable[..., Webhook], ticket: Ticket, ada: User, at: datetime
) -> None:
    hook = subscribe("*")
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert types(at, Webhook.objects.select_related("owner").get(pk=hook.pk)) == []


def test_no_word_of_anybody_is_in_a_message(
    subscribe: Callable[..., Webhook], open_ticket: Callable[..., Ticket], mira: User, at: datetime
) -> None:
    subscribe("*")
    ticket = open_ticket("Salary of Mr Smith", description="He told me.")
    operations.reply(ticket, text="Say it to Mr Smith.", by=mira, at=at)
    rows = deliveries_for(list(Event.objects.all()), Webhook.objects.subscribed(), at=at)
    assert len(rows) >= 2
    assert "Smith" not in str([row.payload for row in rows])


def test_many_events_cost_no_more_queries_than_one(
    subscribe: Callable[..., Webhook],
    open_ticket: Callable[..., Ticket],
    at: datetime,
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    hooks = [subscribe("*", name=f"Hook {n}", filter={"not": P1}) for n in range(3)]
    open_ticket("One")
    types(at, *hooks)
    with django_assert_max_num_queries(8) as few:
        assert len(types(at, *hooks)) >= 3
    for n in range(10):
        open_ticket(f"Ticket {n}")
    with django_assert_num_queries(len(few)):
        assert len(types(at, *hooks)) >= 33


def test_an_act_pays_nothing_for_webhooks(
    subscribe: Callable[..., Webhook], ticket: Ticket, mira: User, at: datetime
) -> None:
    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            operations.note(ticket, text="Seen.", by=mira, at=at)
        return [query["sql"] for query in queries]

    asked()
    before = asked()
    subscribe("*")
    after = asked()
    assert len(after) == len(before)
    assert not any("delivery_webhook" in sql for sql in after)


# --- from the history, once and in order ---


def next_transaction() -> int:
    """As the horizon would be if nothing else ran in this PostgreSQL: every transaction of the test has ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def settle(at: datetime) -> None:
    while publish_due(at=at, before=next_transaction()):
        pass


def sent() -> list[tuple[int, str]]:
    rows = Delivery.objects.filter(kind="webhook").order_by("id")
    return [(row.ticket_number or 0, row.payload["body"]["type"]) for row in rows]


@pytest.mark.django_db(transaction=True)
def test_each_event_is_told_once_whatever_happens_in_between(
    open_ticket: Callable[..., Ticket], mira: User, ada: User, at: datetime
) -> None:
    old = open_ticket("Before it subscribed")
    hook, _secret = delivery.create_webhook(
        name="Chat", url="https://chat.example.com/", kinds=["ticket.*"], by=ada, at=at
    )
    Webhook.objects.update(listens_from=next_transaction())
    ticket = open_ticket("After")
    with transaction.atomic():
        operations.note(ticket, text="Rolled back.", by=mira, at=at)
        transaction.set_rollback(True)
    operations.take(ticket, by=mira, at=at)
    settle(at)
    settle(at)
    assert sent() == [(ticket.pk, "ticket.opened"), (ticket.pk, "ticket.taken")]
    operations.note(old, text="Seen.", by=mira, at=at)
    delivery.use_webhook(hook, is_enabled=False, by=ada, at=at)
    settle(at)
    delivery.use_webhook(hook, is_enabled=True, by=ada, at=at)
    Webhook.objects.update(listens_from=next_transaction())
    operations.note(ticket, text="Seen.", by=mira, at=at)
    settle(at)
    assert sent()[2:] == [(ticket.pk, "ticket.noted")]


@pytest.mark.django_db(transaction=True)
def test_many_events_are_told_in_batches_and_none_is_lost(
    open_ticket: Callable[..., Ticket], mira: User, ada: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "BATCH", 3)
    monkeypatch.setattr(publishing, "WINDOW", 4)
    delivery.create_webhook(name="Chat", url="https://c.example.com/", kinds=["ticket.noted"], by=ada, at=at)
    ticket = open_ticket()
    with transaction.atomic():
        for _ in range(7):
            operations.note(ticket, text="At once.", by=mira, at=at)
    for _ in range(5):
        operations.note(ticket, text="One by one.", by=mira, at=at)
    settle(at)
    told = [row.event_id for row in Delivery.objects.filter(kind="webhook").order_by("id")]
    assert told == list(Event.objects.filter(kind="ticket.noted").order_by("id").values_list("pk", flat=True))


# --- who keeps it ---


def test_programs_keep_their_own_and_requesters_none(ada: User, mira: User, at: datetime) -> None:
    program = create_service(name="Board", by=ada, at=at)
    other = create_service(name="Other", by=ada, at=at)
    mine, _secret = delivery.create_webhook(
        name="Mine", url="https://a.example.com/", kinds=["*"], by=program, at=at
    )
    assert (mine.owner, mine.created_by) == (program, program)
    delivery.renew_secret(mine, by=program, at=at)
    for act in (
        lambda: delivery.change_webhook(mine, name="Yours", by=other, at=at),
        lambda: delivery.delete_webhook(mine, by=other, at=at),
        lambda: delivery.create_webhook(
            name="X", url="https://a.example.com/", kinds=["*"], owner=ada, by=program, at=at
        ),
        lambda: delivery.create_webhook(name="X", url="https://a.example.com/", kinds=["*"], by=mira, at=at),
    ):
        with pytest.raises(PermissionDenied):
            act()
    delivery.change_webhook(mine, name="Ours", by=ada, at=at)
    delivery.delete_webhook(mine, by=program, at=at)
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({"kinds": ["ticket.exploded"]}, "kinds", "There are no events “ticket.exploded”"),
        ({"kinds": ["*"], "filter": {"field": "colour", "op": "is", "value": "red"}}, "filter", "colour"),
        ({"kinds": ["*"], "filter": {"priority": 1}}, "filter", "one of {all"),
        ({"kinds": ["*"], "filter": [1]}, "filter", "an object"),
        ({"kinds": ["*"], "by": None}, "owner", "Say whose rights"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(
    ada: User, facts: dict[str, Any], field: str, words: str, at: datetime
) -> None:
    given: dict[str, Any] = {"name": "Chat", "url": "https://a.example.com/", "by": ada, "at": at} | facts
    with pytest.raises(Unusable, match=words) as refused:
        delivery.create_webhook(**given)
    assert refused.value.field == field


def test_an_owner_is_an_administrator_or_a_program(ada: User, mira: User, at: datetime) -> None:
    with pytest.raises(Unusable, match="Mira Kask is neither"):
        delivery.create_webhook(
            name="X", url="https://a.example.com/", kinds=["*"], owner=mira, by=ada, at=at
        )


def test_what_rules_call_is_not_deleted(subscribe: Callable[..., Webhook], ada: User, at: datetime) -> None:
    hook = subscribe()
    rule("P1 calls", ("webhook", {"webhook": hook.pk}), on=("created",))
    with pytest.raises(StillCalled, match="the rule “P1 calls”"):
        delivery.delete_webhook(hook, by=ada, at=at)


def test_what_waits_for_a_deleted_one_is_given_up_and_stays_so(
    subscribe: Callable[..., Webhook], ada: User, at: datetime
) -> None:
    hook = subscribe()
    row = send_to_webhook(hook, {"n": 1}, at=at)
    delivery.delete_webhook(hook, by=ada, at=at)
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("dead", "The webhook was deleted.")
    assert delivery.replay([row.pk], by=ada, at=at) == 0


def test_a_changed_filter_stands_in_the_history_without_its_words(
    subscribe: Callable[..., Webhook], ada: User, at: datetime
) -> None:
    hook = subscribe()
    delivery.change_webhook(
        hook,
        filter={"field": "subject", "op": "contains", "value": "Mr Smith"},
        kinds=["sla.*"],
        by=ada,
        at=at,
    )
    event = AccountEvent.objects.get(kind="webhook.changed")
    assert sorted(event.data["words"]) == ["filter", "kinds"]
    assert "Smith" not in str(event.data)


# --- signatures ---

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


@given(st.binary(max_size=200), st.text("abc_123", min_size=1, max_size=20), st.integers(-299, 299))
def test_what_was_signed_is_known_again_and_nothing_else_is(body: bytes, name: str, late: int) -> None:
    at = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
    stamp = str(int(at.timestamp()) + late)
    secret, other = "whsec_" + "QUJD" * 8, "whsec_" + "REVG" * 8
    signed = dict(
        zip(HEADERS, (name, stamp, f"v1,{standard_signature(secret, name, stamp, body)}"), strict=True)
    )
    assert is_signed(secret, signed, body, at=at)
    assert not is_signed(other, signed, body, at=at)
    assert not is_signed(secret, signed, body + b" ", at=at)
    assert not is_signed(secret, signed | {"webhook-id": f"{name}x"}, body, at=at)
    assert not is_signed(secret, signed, body, at=at + timedelta(seconds=600))


def test_the_example_of_standard_webhooks_is_signed_as_they_say() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    expected = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert standard_signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body) == expected


def came(there: Receiver) -> list[tuple[dict[str, str], bytes]]:
    found = []
    for raw in there.got:
        head, _gap, body = raw.partition(b"\r\n\r\n")
        found.append((dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:]), body))
    return found


def test_for_a_day_both_secrets_sign_or_until_the_old_one_is_ended(
    receiver: Receivers,  # noqa: F811
    ada: User,
    at: datetime,
    later: Later,
) -> None:
    there = receiver()
    hook, old = delivery.create_webhook(name="Chat", url=f"http://127.0.0.1:{there.port}/", by=ada, at=at)
    new = delivery.renew_secret(hook, by=ada, at=at)

    def signs(secret: str, when: datetime) -> bool:
        send_to_webhook(hook, {"n": 1}, at=when)
        work(when)
        headers, body = came(there)[-1]
        return is_signed(secret, headers, body, at=when)

    assert (signs(old, later(hours=23)), signs(new, later(hours=23))) == (True, True)
    assert (signs(old, at + OVERLAP), signs(new, at + OVERLAP)) == (False, True)
    newest = delivery.renew_secret(hook, by=ada, at=later(days=2))
    delivery.end_old_secret(hook, by=ada, at=later(days=2))
    assert (signs(new, later(days=2)), signs(newest, later(days=2))) == (False, True)


def work(at: datetime) -> None:
    for row in claim(limit=100, worker="w1", at=at):
        deliver(row, at=at)


def test_a_message_has_the_same_id_at_every_attempt(
    receiver: Receivers,  # noqa: F811
    subscribe: Callable[..., Webhook],
    ticket: Ticket,
    at: datetime,
    later: Later,
) -> None:
    there = receiver(b"HTTP/1.1 500 Oh\r\n\r\n")
    subscribe("ticket.opened", url=f"http://127.0.0.1:{there.port}/")
    rows = deliveries_for(list(Event.objects.all()), Webhook.objects.subscribed(), at=at)
    delivery.enqueue_many(rows, at=at)
    work(at)
    work(later(minutes=1))
    key = Event.objects.get(kind="ticket.opened").pk
    assert [headers["webhook-id"] for headers, _body in came(there)] == [f"evt_{key}"] * 2
    assert json.loads(came(there)[0][1])["id"] == f"evt_{key}"
    calls = WebhookCall.objects.order_by("id").values_list("attempt", "event_id", "status")
    assert list(calls) == [(1, key, 500), (2, key, 500)]


# --- receivers that fail ---


def test_410_ends_it_gives_up_what_waits_and_tells_its_owner(
    receiver: Receivers,  # noqa: F811
    subscribe: Callable[..., Webhook],
    ada: User,
    at: datetime,
) -> None:
    hook = subscribe(url=f"http://127.0.0.1:{receiver(b'HTTP/1.1 410 Gone' + END).port}/")
    rows = [send_to_webhook(hook, {"n": n}, ticket_number=n, at=at) for n in (1, 2)]
    (first, second) = claim(limit=1, worker="w1", at=at), rows[1]
    deliver(first[0], at=at)
    hook.refresh_from_db()
    second.refresh_from_db()
    assert (hook.is_enabled, hook.off_because, hook.off_at) == (False, "gone", at)
    assert (second.state, second.last_error) == (
        "dead",
        "The webhook was taken out of use: the receiver answered 410.",
    )
    work(at)
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == (ada.email, "The webhook “Chat” is out of use")
    assert "answered 410" in mail.text
    assert f"/settings/webhooks/{hook.pk}/" in mail.text


END = b"\r\n\r\n"
OH = b"HTTP/1.1 503 Oh" + END


def test_one_that_fails_for_days_is_paused_and_its_owner_is_told(
    receiver: Receivers,  # noqa: F811
    subscribe: Callable[..., Webhook],
    at: datetime,
    later: Later,
) -> None:
    hook = subscribe(url=f"http://127.0.0.1:{receiver(OH).port}/")
    waiting = send_to_webhook(hook, {"n": 1}, at=at)

    def fail(when: datetime) -> None:
        row = send_to_webhook(hook, {"n": 2}, ticket_number=2, at=when)
        with pytest.raises(NotAnswered):
            deliver_webhook(row.payload, row, when)
        hook.refresh_from_db()

    for hour in range(0, 66, 6):
        fail(later(hours=hour))
    assert (hook.is_enabled, hook.failures, hook.failing_since) == (True, 11, at)
    fail(at + PATIENCE)
    assert (hook.is_enabled, hook.off_because) == (False, "failing")
    waiting.refresh_from_db()
    assert waiting.state == "dead"
    work(at + PATIENCE)
    assert "For three days it has failed every time." in Mail.objects.get().text
    # Mended and put to use again, it gets what it has missed.
    delivery.use_webhook(hook, is_enabled=True, by=None, at=later(days=4))
    assert delivery.replay_since(at, webhook_id=hook.pk, by=None, at=later(days=4)) == 13
    hook.refresh_from_db()
    assert (hook.failures, hook.failing_since, hook.rests_until) == (0, None, None)


def test_one_answer_makes_good_what_failed_before(
    receiver: Receivers,  # noqa: F811
    subscribe: Callable[..., Webhook],
    at: datetime,
) -> None:
    hook = subscribe(url=f"http://127.0.0.1:{receiver().port}/")
    Webhook.objects.update(failures=7, failing_since=at, rests_until=at)
    row = send_to_webhook(hook, {"n": 1}, at=at)
    deliver_webhook(row.payload, row, at)
    hook.refresh_from_db()
    assert (hook.failures, hook.failing_since, hook.rests_until) == (0, None, None)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0), (2, 0), (3, 10), (4, 20), (7, 160), (8, 300), (99, 300)]
)
def test_after_failures_in_a_row_it_rests_longer_and_longer(failures: int, seconds: int) -> None:
    assert rest_after(failures) == timedelta(seconds=seconds)


def test_retries_last_a_day(at: datetime, subscribe: Callable[..., Webhook]) -> None:
    row = send_to_webhook(subscribe(), {"n": 1}, at=at)
    pauses = [min(10 * 2**n, 6 * 3600) for n in range(row.max_attempts - 1)]
    assert 22 <= sum(pauses) / 3600 <= 26


def test_a_message_to_nowhere_is_told_to_nobody_else(ada: User, at: datetime) -> None:
    row = Delivery(payload={"webhook": 0, "body": {}}, kind="webhook")
    with pytest.raises(Undeliverable):
        deliver_webhook(row.payload, row, at)
    tell_owner({"webhook": 0, "because": "gone"}, row, at)
    assert not Mail.objects.exists()


# --- a lane of its own ---


def test_two_calls_of_a_receiver_are_under_way_at_most_and_a_ticket_keeps_its_order(
    subscribe: Callable[..., Webhook], at: datetime
) -> None:
    slow, other = subscribe(name="Slow"), subscribe(name="Other")
    one, again, two, three = (
        send_to_webhook(slow, {"n": n}, ticket_number=number, at=at) for n, number in enumerate((1, 1, 2, 3))
    )
    good = send_to_webhook(other, {"n": 1}, ticket_number=1, at=at)
    taken = claim_calls(limit=10, worker="w1", at=at)
    assert {row.pk for row in taken} == {one.pk, two.pk, good.pk}
    assert claim_calls(limit=10, worker="w2", at=at) == []
    Delivery.objects.filter(pk=two.pk).update(state="done", done_at=at, lease_until=None, next_at=at)
    assert [row.pk for row in claim_calls(limit=10, worker="w2", at=at)] == [three.pk]
    assert again.pk not in {row.pk for row in taken}


def test_one_that_rests_is_left_alone_and_a_test_is_sent_all_the_same(
    subscribe: Callable[..., Webhook], ada: User, at: datetime, later: Later
) -> None:
    hook = subscribe()
    row = send_to_webhook(hook, {"n": 1}, ticket_number=1, at=at)
    Webhook.objects.update(rests_until=later(minutes=5))
    assert (delivery.are_calls_due(at), claim_calls(limit=10, worker="w1", at=at)) == (False, [])
    test = delivery.try_webhook(hook, by=ada, at=at)
    assert [one.pk for one in claim_calls(limit=10, worker="w1", at=at)] == [test.pk]
    assert [one.pk for one in claim_calls(limit=10, worker="w1", at=later(minutes=5))] == [row.pk]


def test_mails_wait_for_no_call(subscribe: Callable[..., Webhook], at: datetime) -> None:
    send_to_webhook(subscribe(), {"n": 1}, at=at)
    mail = delivery.send_mail_row(to="rita@demo.example", subject="Hi", text="Hi", at=at)
    usual = claim(limit=10, worker="w1", at=at, lane=Delivery.Lane.USUAL)
    assert [row.dedupe_key for row in usual] == [mail.delivery_key]


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_hangs_keeps_no_other_waiting(
    receiver: Receivers,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    real_clock: None,
) -> None:
    monkeypatch.setattr(outside, "STEP_SECONDS", 1)
    at = timezone.now()
    hanging, good = receiver(None), receiver()
    slow, _secret = delivery.create_webhook(
        name="Slow", url=f"http://127.0.0.1:{hanging.port}/", by=None, at=at
    )
    fast, _secret = delivery.create_webhook(name="Fast", url=f"http://127.0.0.1:{good.port}/", by=None, at=at)
    for number in range(4):
        send_to_webhook(slow, {"n": number}, ticket_number=number, at=at)
    for number in range(6):
        send_to_webhook(fast, {"n": number}, ticket_number=number, at=at)
    tasks.make_calls()
    assert len(good.got) == 6
    assert set(Delivery.objects.filter(webhook_id=fast.pk).values_list("state", flat=True)) == {"done"}
    last_good = WebhookCall.objects.filter(webhook=fast).latest("id").pk
    assert WebhookCall.objects.filter(webhook=slow, pk__lt=last_good).count() == 0


# --- trying again ---


def test_all_since_a_time_are_tried_again_or_those_of_one_webhook(
    subscribe: Callable[..., Webhook], ada: User, mira: User, at: datetime, later: Later
) -> None:
    one, other = subscribe(name="One"), subscribe(name="Other")
    for hour in range(3):
        send_to_webhook(one, {"n": hour}, ticket_number=hour, at=later(hours=hour))
        send_to_webhook(other, {"n": hour}, ticket_number=hour, at=later(hours=hour))
    Delivery.objects.update(state="dead")
    assert delivery.replay_since(later(hours=1), webhook_id=one.pk, by=ada, at=later(hours=3)) == 2
    assert delivery.replay_since(later(hours=2), by=ada, at=later(hours=3)) == 1
    assert Delivery.objects.dead().count() == 3
    with pytest.raises(PermissionDenied):
        delivery.replay_since(at, by=mira, at=at)
