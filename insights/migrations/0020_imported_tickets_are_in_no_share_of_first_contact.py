from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0019_what_leads_and_organisations_are_told_has_indexes"),
    ]

    operations = [
        migrations.AddField("cell", "conversed", models.IntegerField(default=0)),
    ]
