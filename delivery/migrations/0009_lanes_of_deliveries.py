"""What is due is found in its lane, and what goes to a webhook by it."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

UNFINISHED = models.Q(("state__in", ["waiting", "leased"]))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("delivery", "0008_subscriptions_of_webhooks")]

    operations = [
        AddIndexConcurrently(
            "delivery",
            models.Index(
                condition=UNFINISHED, fields=["lane", "next_at", "id"], name="delivery_due_in_lane"
            ),
        ),
        AddIndexConcurrently(
            "delivery",
            models.Index(
                condition=models.Q(
                    ("webhook_id__isnull", False), models.Q(("state", "done"), _negated=True)
                ),
                fields=["webhook_id", "next_at", "id"],
                name="delivery_of_webhook",
            ),
        ),
        RemoveIndexConcurrently("delivery", "delivery_due"),
    ]
