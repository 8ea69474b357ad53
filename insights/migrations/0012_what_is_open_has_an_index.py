from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('insights', '0011_cells_are_compared_after_a_walk'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='ticketfact',
            index=models.Index(
                condition=models.Q(('ended_on__isnull', True), ('is_counted', True)),
                fields=['opened_on', 'ticket'],
                name='fact_open',
            ),
        ),
    ]
