"""The restricted tickets are few: what leaves them out looks at them, not at all that it counts."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tickets", "0016_automatic_messages"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("is_restricted", True)),
                fields=["id"],
                name="tkt_restricted",
            ),
        ),
    ]
