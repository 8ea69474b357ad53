"""Mails about webhooks: one has ended by itself, and whoever answers for it should know."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.current import current_desk
from accounts.models import User
from delivery.letters import Letter
from delivery.models import Delivery, Webhook
from delivery.operations.telling import News, tell
from helpdesk.telling.writing import about_desk, compose, inline, link


def tell_owner(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """To its owner, for a program to whoever made it; where nobody of them is here, to all administrators."""
    webhook = Webhook.objects.select_related("owner", "created_by").filter(pk=payload["webhook"]).first()
    if webhook is None or webhook.is_enabled:
        return
    is_gone = payload["because"] == Webhook.Off.GONE
    news = News(
        kind="webhooks",
        key=f"webhook.ended:{delivery.pk}",
        at=at,
        write=lambda person: _letter(webhook, person, is_gone=is_gone),
    )
    tell(_who_answers_for(webhook), news)


def _who_answers_for(webhook: Webhook) -> list[User]:
    for person in (webhook.owner, webhook.created_by):
        if person is not None and person.is_active and not person.is_service:
            return [person]
    return list(User.objects.active().filter(is_administrator=True, is_service=False).order_by("pk"))


def _letter(webhook: Webhook, person: User, *, is_gone: bool) -> Letter:
    why = (
        _("Its receiver answered 410: it does not want messages any more.")
        if is_gone
        else _("For three days it has failed every time.")
    )
    values = {
        **about_desk(current_desk(), person.first_name),
        "webhook": inline(webhook.name),
        "address": inline(webhook.url),
        "why": inline(why),
        "link": link(f"{settings.BASE_URL.rstrip('/')}/settings/webhooks/{webhook.pk}/"),
    }
    return compose("webhook_ended", values, language=person.language, organisation=person.organisation_id)
