"""Webhooks that are told of events: what they ask for, whose they are, how they fare; and a lane for calls."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

PUT_INTO_LANE = """
    UPDATE delivery_delivery SET lane = 'calls', webhook_id = (payload->>'webhook')::bigint
    WHERE kind = 'webhook' AND state <> 'done' AND payload ? 'webhook'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0007_mails_that_came_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("webhook", "old_secret", models.CharField(blank=True, db_default="", default="", max_length=100)),
        migrations.AddField("webhook", "old_secret_until", models.DateTimeField(null=True)),
        migrations.AddField(
            "webhook",
            "off_because",
            models.CharField(
                blank=True,
                choices=[
                    ("by_hand", "taken out of use"),
                    ("gone", "the receiver answered 410"),
                    ("failing", "it failed for days"),
                ],
                db_default="",
                default="",
                max_length=8,
                verbose_name="why not in use",
            ),
        ),
        migrations.AddField("webhook", "off_at", models.DateTimeField(null=True, verbose_name="out of use since")),
        migrations.AddField(
            "webhook",
            "owner",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="webhooks",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AddField(
            "webhook",
            "kinds",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60),
                blank=True,
                db_default=[],
                default=list,
                size=None,
                verbose_name="events",
            ),
        ),
        migrations.AddField(
            "webhook", "filter", models.JSONField(blank=True, db_default={}, default=dict, verbose_name="filter")
        ),
        migrations.AddField("webhook", "listens_from", models.BigIntegerField(db_default=0, default=0)),
        migrations.AddField("webhook", "failures", models.PositiveIntegerField(db_default=0, default=0)),
        migrations.AddField("webhook", "failing_since", models.DateTimeField(null=True)),
        migrations.AddField("webhook", "rests_until", models.DateTimeField(null=True)),
        migrations.AddField("webhookcall", "event_id", models.BigIntegerField(null=True)),
        migrations.AddField(
            "webhookcall",
            "attempt",
            models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name="attempt"),
        ),
        migrations.AddField(
            "delivery",
            "lane",
            models.CharField(
                blank=True,
                choices=[("", "usual"), ("calls", "calls of webhooks")],
                db_default="",
                default="",
                max_length=8,
                verbose_name="lane",
            ),
        ),
        migrations.AddField(
            "delivery", "webhook_id", models.BigIntegerField(blank=True, null=True, verbose_name="webhook")
        ),
        migrations.RunSQL(PUT_INTO_LANE, migrations.RunSQL.noop),
    ]
