from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledgebase", "0009_states_of_problems_go_with_their_ticket")]

    operations = [
        migrations.AddField(
            model_name="announcement",
            name="reminded_at",
            field=models.DateTimeField(null=True, verbose_name="last reminded"),
        ),
    ]
