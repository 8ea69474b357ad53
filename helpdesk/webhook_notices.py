"""Mails about webhooks: one has ended by itself, and whoever answers for it should know."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Desk, User
from delivery.models import Delivery, Webhook
from delivery.operations import send_mail_row


def tell_owner(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """To its owner, for a program to whoever made it; where nobody of them is here, to all administrators."""
    webhook = Webhook.objects.select_related("owner", "created_by").filter(pk=payload["webhook"]).first()
    if webhook is None or webhook.is_enabled:
        return
    for person in _who_answers_for(webhook):
        with translation.override(person.language), timezone.override(person.zone):
            _write(webhook, person, is_gone=payload["because"] == Webhook.Off.GONE, delivery=delivery, at=at)


def _who_answers_for(webhook: Webhook) -> list[User]:
    for person in (webhook.owner, webhook.created_by):
        if person is not None and person.is_active and not person.is_service:
            return [person]
    return list(User.objects.active().filter(is_administrator=True, is_service=False).order_by("pk"))


def _write(webhook: Webhook, person: User, *, is_gone: bool, delivery: Delivery, at: datetime) -> None:
    url = f"{settings.BASE_URL.rstrip('/')}/settings/webhooks/{webhook.pk}/"
    context = {"webhook": webhook, "is_gone": is_gone, "person": person, "desk": Desk.load(), "url": url}
    send_mail_row(
        to=person.email,
        subject=_("The webhook “%(name)s” is out of use") % {"name": webhook.name},
        text=render_to_string("mail/webhook_ended.txt", context),
        person=person,
        dedupe_key=f"webhook.ended:{delivery.pk}:{person.pk}",
        at=at,
    )
