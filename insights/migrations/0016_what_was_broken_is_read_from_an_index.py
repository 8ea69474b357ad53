from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("insights", "0015_reminders_come_while_links_open"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="promisefact",
            index=models.Index(
                condition=models.Q(("verdict", "breached")),
                fields=["breached_at", "ticket"],
                include=["metric", "scope", "target_seconds", "used_seconds"],
                name="outcome_broken",
            ),
        ),
        RemoveIndexConcurrently(
            model_name="promisefact",
            name="outcome_breached",
        ),
        AddIndexConcurrently(
            model_name="handfact",
            index=models.Index(
                condition=models.Q(("counted_seconds__gt", 0)),
                fields=["ticket"],
                include=["who", "level", "team", "counted_seconds"],
                name="hands_counted",
            ),
        ),
        AddIndexConcurrently(
            model_name="ticketfact",
            index=models.Index(
                condition=models.Q(("is_counted", True), ("ping_pongs__gt", 0)),
                fields=["ticket"],
                name="fact_to_and_fro",
            ),
        ),
    ]
