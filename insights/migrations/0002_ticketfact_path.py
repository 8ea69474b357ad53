from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("insights", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="ticketfact",
            name="path",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
    ]
