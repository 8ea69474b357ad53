"""An address at which mail comes back is marked."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_tokens'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='mail_bounce',
            field=models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='why mail came back'),
        ),
        migrations.AddField(
            model_name='user',
            name='mail_bounced_at',
            field=models.DateTimeField(blank=True, help_text='Since then nothing is written to this address, until somebody says that it works again.', null=True, verbose_name='mail came back'),
        ),
    ]
