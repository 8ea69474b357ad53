from django.db import migrations, models

EMPTY = "TRUNCATE insights_cell, insights_deskcell"


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0017_how_long_it_took_is_read_from_an_index"),
    ]

    # Cells are a cache: all of them are made anew, for the definitions have another version. Emptied first, so that
    # no index is built over millions of rows while others wait.
    operations = [
        migrations.RunSQL(EMPTY, migrations.RunSQL.noop),
        migrations.DeleteModel(name="HandCell"),
        migrations.DeleteModel(name="Spread"),
        migrations.RemoveConstraint(model_name="cell", name="one_cell_of_a_kind"),
        migrations.RemoveConstraint(model_name="deskcell", name="one_cell_of_the_desk"),
        migrations.RemoveIndex(model_name="deskcell", name="cells_of_how_long_it_took"),
        migrations.AddField("cell", "is_restricted", models.BooleanField(default=False)),
        migrations.AddField("deskcell", "cube", models.CharField(blank=True, default="", max_length=8)),
        migrations.AddField("deskcell", "key", models.BigIntegerField(default=0)),
        migrations.AddField("deskcell", "channel", models.CharField(blank=True, default="", max_length=10)),
        migrations.AddField("deskcell", "level", models.SmallIntegerField(default=0)),
        migrations.AddField("deskcell", "is_restricted", models.BooleanField(default=False)),
        migrations.AddField("ticketfact", "is_restricted", models.BooleanField(default=False)),
        migrations.AddIndex(
            model_name="deskcell",
            index=models.Index(
                condition=models.Q(cube="", told="took"),
                fields=["grain", "day"],
                include=["kind", "priority", "name", "rows"],
                name="cells_of_how_long_it_took",
            ),
        ),
        migrations.AddConstraint(
            model_name="cell",
            constraint=models.UniqueConstraint(
                fields=[
                    *("cube", "grain", "day", "kind", "priority", "level", "key", "channel"),
                    "is_restricted",
                ],
                name="one_cell_of_a_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="deskcell",
            constraint=models.UniqueConstraint(
                fields=[
                    *("told", "cube", "key", "channel", "grain", "day", "level"),
                    *("kind", "priority", "is_restricted", "name"),
                ],
                name="one_cell_of_the_desk",
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, EMPTY),
    ]
