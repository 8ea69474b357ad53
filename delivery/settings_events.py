"""The kinds of changes that webhooks write into the history of settings."""

WEBHOOK_CREATED = "webhook.created"
WEBHOOK_CHANGED = "webhook.changed"
WEBHOOK_ENABLED = "webhook.enabled"
WEBHOOK_DISABLED = "webhook.disabled"
WEBHOOK_SECRET_RENEWED = "webhook.secret_renewed"  # noqa: S105  (the name of a kind)
WEBHOOK_TESTED = "webhook.tested"
