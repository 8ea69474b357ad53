from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("insights", "0008_the_desk_in_cells")]

    operations = [
        migrations.CreateModel(
            name="KnownTruths",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("system", models.CharField(max_length=60, verbose_name="system")),
                ("file", models.CharField(max_length=255, verbose_name="file")),
                ("lines", models.JSONField()),
                ("at", models.DateTimeField(verbose_name="compared")),
            ],
            options={
                "verbose_name": "known truths of a file",
                "verbose_name_plural": "known truths of files",
                "ordering": ["-at", "-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("system", "file"), name="known_truths_once_a_file")
                ],
            },
        ),
    ]
