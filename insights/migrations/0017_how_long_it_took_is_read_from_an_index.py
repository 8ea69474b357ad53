from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("insights", "0016_what_was_broken_is_read_from_an_index"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="deskcell",
            index=models.Index(
                condition=models.Q(("told", "took")),
                fields=["grain", "day"],
                include=["kind", "priority", "name", "rows"],
                name="cells_of_how_long_it_took",
            ),
        ),
    ]
