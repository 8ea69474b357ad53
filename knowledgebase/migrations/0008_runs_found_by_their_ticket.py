
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledgebase", "0007_best_articles_of_a_word"),
        ("tickets", "0013_whose_vendor_it_was"),
    ]

    operations = [
        migrations.AlterField(
            model_name="callercode",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="script_codes", to="tickets.ticket"
            ),
        ),
        migrations.AlterField(
            model_name="runaction",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="script_actions",
                to="tickets.ticket",
            ),
        ),
        migrations.AlterField(
            model_name="runanswer",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="script_answers",
                to="tickets.ticket",
            ),
        ),
    ]
