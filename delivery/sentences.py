"""What the history of settings says of webhooks."""

from django.utils.translation import gettext_lazy as _

from accounts import sentences as settings
from delivery import settings_events
from delivery.models import Webhook


def teach() -> None:
    """Called by `helpdesk.wiring`."""
    for kind, sentence in (
        (settings_events.WEBHOOK_CREATED, _("added the webhook %(about)s")),
        (settings_events.WEBHOOK_ENABLED, _("put the webhook %(about)s to use")),
        (settings_events.WEBHOOK_DISABLED, _("took the webhook %(about)s out of use")),
        (settings_events.WEBHOOK_SECRET_RENEWED, _("renewed the secret of the webhook %(about)s")),
        (settings_events.WEBHOOK_OLD_SECRET_ENDED, _("ended the old secret of the webhook %(about)s")),
        (
            settings_events.WEBHOOK_GONE,
            _("took the webhook %(about)s out of use: its receiver answered 410"),
        ),
        (
            settings_events.WEBHOOK_FAILED,
            _("took the webhook %(about)s out of use: it failed for three days"),
        ),
        (settings_events.WEBHOOK_DELETED, _("deleted a webhook")),
        (settings_events.WEBHOOK_TESTED, _("sent a test to the webhook %(about)s")),
    ):
        settings.teach(kind, sentence, about=Webhook)
    settings.teach(
        settings_events.WEBHOOK_CHANGED, _("changed the webhook %(about)s"), about=Webhook, changed=True
    )
