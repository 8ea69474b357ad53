from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_language_and_zone_of_the_desk")]

    operations = [
        migrations.AddField(
            "user",
            "single_keys",
            models.BooleanField(db_default=True, default=True, verbose_name="keys of a single letter"),
        ),
    ]
