import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tickets", "0020_replies_on_their_way_and_what_is_ready"),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkJob",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("act", models.CharField(max_length=40)),
                ("asked", models.JSONField(default=dict)),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0)),
                ("done", models.JSONField(default=list)),
                ("changed", models.JSONField(default=dict)),
                ("refused", models.JSONField(default=list)),
                ("noted", models.JSONField(default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "under way"),
                            ("done", "done"),
                            ("failed", "broken off"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("error", models.CharField(blank=True, default="", max_length=300)),
                ("back", models.CharField(blank=True, default="", max_length=1000)),
                ("at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bulk_jobs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="undone_by",
                        to="tickets.bulkjob",
                    ),
                ),
            ],
            options={
                "verbose_name": "act on many tickets",
                "verbose_name_plural": "acts on many tickets",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["by", "-id"], name="bulk_job_of_person"),
                    models.Index(fields=["at"], name="bulk_job_by_age"),
                ],
            },
        ),
    ]
