"""Where the change feed stands: its epoch, and up to where webhooks were told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0014_open_tickets_of_a_requester")]

    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("epoch", models.CharField(max_length=16)),
                ("system", models.CharField(max_length=20)),
                ("timeline", models.BigIntegerField()),
                ("base", models.BigIntegerField(default=0)),
                ("renewed_at", models.DateTimeField()),
                ("told_until", models.BigIntegerField(default=0)),
                ("window_end", models.BigIntegerField(null=True)),
                ("window_last", models.BigIntegerField(default=0)),
            ],
            options={"verbose_name": "change feed", "verbose_name_plural": "change feeds"},
        ),
        migrations.AddConstraint(
            model_name="feed",
            constraint=models.CheckConstraint(condition=models.Q(("pk", 1)), name="there_is_one_feed"),
        ),
    ]
