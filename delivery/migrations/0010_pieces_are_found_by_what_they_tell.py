"""What was redacted finds the mails that told it; the table is new and small."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0009_lanes_of_deliveries'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='piece',
            name='piece_of_event',
        ),
        migrations.RemoveIndex(
            model_name='piece',
            name='piece_of_ticket',
        ),
        migrations.AddIndex(
            model_name='piece',
            index=models.Index(condition=models.Q(('event_id__isnull', False)), fields=['event_id'], name='piece_of_event'),
        ),
        migrations.AddIndex(
            model_name='piece',
            index=models.Index(condition=models.Q(('mail_key__isnull', False)), fields=['ticket_number'], name='piece_of_ticket'),
        ),
    ]
