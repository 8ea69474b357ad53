from django.db import migrations, models


class Migration(migrations.Migration):
    """The library names some by words: “São Paulo Capital”."""

    dependencies = [("sla", "0004_batches_of_deadlines")]

    operations = [
        migrations.AlterField(
            model_name="calendarversion",
            name="subdivision",
            field=models.CharField(blank=True, max_length=40, verbose_name="subdivision"),
        ),
    ]
