"""The kinds of changes that webhooks write into the history of settings."""

WEBHOOK_CREATED = "webhook.created"
WEBHOOK_CHANGED = "webhook.changed"
WEBHOOK_ENABLED = "webhook.enabled"
WEBHOOK_DISABLED = "webhook.disabled"
WEBHOOK_SECRET_RENEWED = "webhook.secret_renewed"  # noqa: S105  (the name of a kind)
WEBHOOK_OLD_SECRET_ENDED = "webhook.old_secret_ended"  # noqa: S105  (the name of a kind)
WEBHOOK_GONE = "webhook.gone"
WEBHOOK_FAILED = "webhook.failed"
WEBHOOK_DELETED = "webhook.deleted"
WEBHOOK_TESTED = "webhook.tested"
