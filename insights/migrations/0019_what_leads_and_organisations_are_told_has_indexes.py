from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

COUNTED = models.Q(is_counted=True)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("insights", "0018_what_is_told_of_teams_organisations_and_channels"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="ticketfact",
            index=models.Index(
                fields=["opened_on", "ticket"],
                include=(
                    "team",
                    "organisation",
                    "kind",
                    "priority",
                    "level",
                    "channel",
                    "category",
                    "is_restricted",
                ),
                name="what_is_open",
                condition=models.Q(is_counted=True, ended_on__isnull=True),
            ),
        ),
        AddIndexConcurrently(
            model_name="ticketfact",
            index=models.Index(
                fields=["team", "resolved_on"],
                include=["ticket", "kind", "priority", "is_restricted"],
                name="what_a_team_resolved",
                condition=COUNTED,
            ),
        ),
        AddIndexConcurrently(
            model_name="ticketfact",
            index=models.Index(
                fields=["organisation", "resolved_on"],
                include=["ticket", "kind", "priority", "is_restricted"],
                name="what_was_resolved_for",
                condition=COUNTED,
            ),
        ),
        RemoveIndexConcurrently(model_name="ticketfact", name="fact_open"),
        RemoveIndexConcurrently(model_name="ticketfact", name="fact_of_team"),
        RemoveIndexConcurrently(model_name="ticketfact", name="fact_of_org"),
    ]
