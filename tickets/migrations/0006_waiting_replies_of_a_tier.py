"""The order "waiting replies first" of a tier's queue reads its page instead of sorting the whole queue."""

import datetime

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tickets", "0005_people_of_tickets"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                models.F("tier"),
                models.Case(
                    models.When(
                        last_public_reply_at__isnull=False,
                        requester_waiting_since__isnull=False,
                        then=models.F("requester_waiting_since"),
                    ),
                    default=models.Value(datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)),
                    output_field=models.DateTimeField(),
                ),
                models.F("id"),
                condition=models.Q(("in_queue", True)),
                name="tkt_tier_reply",
            ),
        ),
    ]
