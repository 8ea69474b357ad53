import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0018_fields_shown_and_forms")]

    operations = [
        migrations.CreateModel(
            name="PartialUpload",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=120)),
                ("size", models.PositiveBigIntegerField()),
                ("received", models.PositiveBigIntegerField(default=0)),
                ("parts", models.JSONField(default=list)),
                ("touched_at", models.DateTimeField(db_index=True)),
                (
                    "attachment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tickets.attachment",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "upload in parts",
                "verbose_name_plural": "uploads in parts",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(received__lte=models.F("size")),
                        name="no_more_arrives_than_was_announced",
                    )
                ],
            },
        ),
    ]
