"""What is open by tier and team is counted by what is due next too, from one index without the rows."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tickets", "0007_quiet_events"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("in_queue", True)),
                fields=["tier", "team", "organisation", "assignee", "is_restricted", "status"],
                include=("next_due_at",),
                name="tkt_open_load",
            ),
        ),
        RemoveIndexConcurrently(model_name="ticket", name="tkt_open_counts"),
    ]
