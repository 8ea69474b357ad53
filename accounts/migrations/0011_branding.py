import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Lower

import accounts.models.branding


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_keys_of_a_single_letter")]

    operations = [
        migrations.AddField(
            "desk",
            "is_installable",
            models.BooleanField(
                db_default=True,
                default=True,
                help_text="The portal can be put on the home screen, and opens without a connection.",
                verbose_name="can be installed on phones",
            ),
        ),
        migrations.CreateModel(
            name="Branding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60, unique=True, verbose_name="link")),
                ("host", models.CharField(blank=True, max_length=253, verbose_name="host name")),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="name of the help desk")),
                ("colour", models.CharField(blank=True, max_length=7, verbose_name="colour")),
                (
                    "logo",
                    models.FileField(
                        blank=True,
                        max_length=120,
                        upload_to=accounts.models.branding.logo_path,
                        verbose_name="logo",
                    ),
                ),
                ("logo_width", models.PositiveSmallIntegerField(default=0)),
                ("logo_height", models.PositiveSmallIntegerField(default=0)),
                ("stamp", models.CharField(max_length=12)),
                (
                    "organisation",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="branding",
                        to="accounts.organisation",
                        verbose_name="organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "branding",
                "verbose_name_plural": "brandings",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        Lower("host"), condition=~models.Q(host=""), name="a_host_shows_one_branding"
                    ),
                    models.UniqueConstraint(
                        models.Value(1),
                        condition=models.Q(organisation=None),
                        name="one_branding_for_everybody_else",
                    ),
                ],
            },
        ),
    ]
