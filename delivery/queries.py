from datetime import datetime

from django.db.models import Count, QuerySet

from delivery.models import Delivery, Heartbeat, Mail


def is_anything_due(at: datetime) -> bool:
    return Delivery.objects.unfinished().filter(next_at__lte=at).exists()


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
