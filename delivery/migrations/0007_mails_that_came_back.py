"""The page of what failed finds what came back without reading what did not."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("delivery", "0006_choices_templates_and_what_came_back"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="mail",
            index=models.Index(
                condition=models.Q(("bounced_at__isnull", False)),
                fields=["-created_at", "-id"],
                name="mail_newest_bounced",
            ),
        ),
    ]
