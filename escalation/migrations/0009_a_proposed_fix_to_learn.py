from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("escalation", "0008_who_covers_a_team"),
    ]

    operations = [
        migrations.AddField(
            model_name="proposal",
            name="publish_fix",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
