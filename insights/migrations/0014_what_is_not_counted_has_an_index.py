from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('insights', '0013_distributions_of_the_desk'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='ticketfact',
            index=models.Index(
                condition=models.Q(('is_counted', False)), fields=['ticket'], name='fact_aside'
            ),
        ),
    ]
