from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from delivery.models import Delivery, Heartbeat, Mail, Webhook, WebhookCall


def is_anything_due(at: datetime) -> bool:
    """In the usual lane; of calls `operations.are_calls_due` tells."""
    lanes = (Delivery.Lane.USUAL, Delivery.Lane.MAIL)
    return any(Delivery.objects.unfinished().in_lane(lane).filter(next_at__lte=at).exists() for lane in lanes)


def freshness(at: datetime) -> dict[str, float]:
    """Seconds since beat, timers and worker last answered; one that never did is infinitely old."""
    answered = dict(Heartbeat.objects.values_list("name", "at"))
    return {
        name: max(0.0, (at - answered[name]).total_seconds()) if name in answered else float("inf")
        for name in Heartbeat.Name.values
    }


def counts_to_show() -> dict[str, int]:
    """How many deliveries wait, are being delivered, and were given up; what is done nobody counts."""
    counts = dict.fromkeys((Delivery.State.WAITING, Delivery.State.LEASED, Delivery.State.DEAD), 0)
    rows = Delivery.objects.exclude(state=Delivery.State.DONE).order_by().values_list("state")
    return {**{state.value: count for state, count in counts.items()}, **dict(rows.annotate(Count("id")))}


def delivery_of(mail: Mail) -> Delivery | None:
    """The delivery that sends (or sent) this mail, while it is kept."""
    return Delivery.objects.filter(dedupe_key=mail.delivery_key).first()


def mail_of(delivery: Delivery, mails: QuerySet[Mail]) -> Mail | None:
    """Which of these mails the delivery sends, while it is kept."""
    return mails.filter(pk=delivery.payload["mail"]).first() if "mail" in delivery.payload else None


def troubled(mails: QuerySet[Mail]) -> QuerySet[Mail]:
    """Those of these mails that failed, wait after a failure, or came back, wholly or in part.

    Each half is a partial index; what has arrived is never read.
    """
    stuck = ~Q(state=Mail.State.SENT) & (Q(state=Mail.State.FAILED) | ~Q(error=""))
    return mails.filter(stuck | Q(bounced_at__isnull=False))


def next_tries(mails: Iterable[Mail]) -> dict[int, Delivery]:
    """By mail: the delivery that sends it, while it is kept."""
    keys = {mail.delivery_key: mail.pk for mail in mails}
    return {keys[str(row.dedupe_key)]: row for row in Delivery.objects.filter(dedupe_key__in=keys)}


# --- webhooks ---

Callers = Callable[[int], list[str]]
_callers: list[Callers] = []


def also_calls(who: Callers) -> None:
    """Let an app above say what calls a webhook, in words, by the webhook's key; `helpdesk.wiring` calls it."""
    if who not in _callers:
        _callers.append(who)


def callers_of(webhook: Webhook) -> list[str]:
    """What calls it, as a sentence names it."""
    return [name for who in _callers for name in who(webhook.pk)]


def webhooks() -> QuerySet[Webhook]:
    """All, by name, each with `last_status`, `last_error` and `last_at` of the newest call."""
    newest = WebhookCall.objects.filter(webhook=OuterRef("pk")).order_by("-created_at", "-id")
    return Webhook.objects.annotate(
        last_at=Subquery(newest.values("created_at")[:1]),
        last_status=Subquery(newest.values("status")[:1]),
        last_error=Subquery(newest.values("error")[:1]),
    ).order_by("name")


def waiting_for(webhook: Webhook) -> QuerySet[Delivery]:
    """What is on its way to it, oldest first."""
    return Delivery.objects.unfinished().filter(webhook_id=webhook.pk).order_by("id")


def given_up_for(webhook: Webhook) -> QuerySet[Delivery]:
    """What did not reach it, newest first."""
    dead = Delivery.objects.dead().filter(webhook_id=webhook.pk)
    return dead.order_by("-created_at", "-id")


def call_of(delivery: Delivery) -> WebhookCall | None:
    """The last attempt of a delivery to reach its webhook."""
    return WebhookCall.objects.filter(delivery_id=delivery.pk).order_by("-id").first()
