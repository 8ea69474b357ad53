"""Who keeps webhooks. `by=None` is the system and may do all."""

from django.db.models import Q

from accounts.models import User
from accounts.permissions import may_administer
from delivery.models import Webhook, WebhookQuerySet


def may_own_webhooks(user: User) -> bool:
    """Whose rights may decide what a webhook is told: administrators, and accounts of programs."""
    return user.is_active and (user.is_administrator or user.is_service)


def may_keep(by: User | None, webhook: Webhook) -> bool:
    """Change it, try it, renew its secret: administrators all, a program its own."""
    return may_administer(by) or (by is not None and may_own_webhooks(by) and webhook.owner_id == by.pk)


def webhooks_of(user: User) -> WebhookQuerySet:
    """Those that this person or program keeps."""
    if may_administer(user):
        return Webhook.objects.all()
    return (
        Webhook.objects.filter(owner=user) if may_own_webhooks(user) else Webhook.objects.filter(Q(pk__in=[]))
    )
