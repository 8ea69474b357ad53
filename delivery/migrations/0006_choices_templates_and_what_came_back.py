"""People choose their notices, mails have words of one's own, and what came back is remembered."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('delivery', '0005_calls_of_webhooks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MailTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, verbose_name='mail')),
                ('language', models.CharField(blank=True, max_length=8, verbose_name='language')),
                ('subject', models.CharField(blank=True, max_length=200, verbose_name='subject')),
                ('body', models.TextField(blank=True, verbose_name='text')),
                ('is_builtin', models.BooleanField(default=False, verbose_name='back to the built-in words')),
                ('is_current', models.BooleanField(default=True, verbose_name='in use')),
                ('at', models.DateTimeField(verbose_name='written')),
            ],
            options={
                'verbose_name': 'mail template',
                'verbose_name_plural': 'mail templates',
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='NoticePreferences',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='notice_preferences', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('choices', models.JSONField(blank=True, default=dict, help_text='By kind of notice what differs from the default: when by mail, and whether in the product.', verbose_name='choices')),
                ('digest_hour', models.PositiveSmallIntegerField(default=8, validators=[django.core.validators.MaxValueValidator(23)], verbose_name='hour of the daily digest')),
                ('quiet_from', models.TimeField(blank=True, null=True, verbose_name='quiet from')),
                ('quiet_until', models.TimeField(blank=True, null=True, verbose_name='quiet until')),
                ('quiet_weekends', models.BooleanField(default=False, verbose_name='quiet on Saturdays and Sundays')),
                ('urgent_anyway', models.BooleanField(default=True, verbose_name='what is urgent comes anyway')),
                ('gathers', models.BooleanField(default=False, verbose_name='waits a minute for what follows')),
                ('changed_at', models.DateTimeField(verbose_name='changed')),
            ],
            options={
                'verbose_name': 'choices of notices',
                'verbose_name_plural': 'choices of notices',
            },
        ),
        migrations.CreateModel(
            name='Piece',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200, verbose_name='key against doubles')),
                ('bundle', models.CharField(max_length=40, verbose_name='leaves together with')),
                ('kind', models.CharField(max_length=40, verbose_name='kind')),
                ('ticket_number', models.BigIntegerField(null=True, verbose_name='ticket')),
                ('event_id', models.BigIntegerField(null=True, verbose_name='event')),
                ('letter', models.JSONField(default=dict, verbose_name='letter')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('due_at', models.DateTimeField(verbose_name='leaves')),
                ('left_at', models.DateTimeField(null=True, verbose_name='left')),
                ('mail_key', models.BigIntegerField(null=True, verbose_name='mail')),
            ],
            options={
                'verbose_name': 'waiting notice',
                'verbose_name_plural': 'waiting notices',
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.AddField(
            model_name='mail',
            name='bounced_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='came back'),
        ),
        migrations.AddField(
            model_name='mail',
            name='files',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, null=True, size=None, verbose_name='files'),
        ),
        migrations.AddField(
            model_name='mail',
            name='is_personal',
            field=models.BooleanField(db_default=False, default=False, help_text='Whether it brings what a person wrote; if not, a machine has written it and says so.', verbose_name="somebody's own words"),
        ),
        migrations.AddField(
            model_name='mail',
            name='kind',
            field=models.CharField(blank=True, db_default='', default='', help_text='The kind of notice, which its reader may choose; empty for mails about the login.', max_length=40, verbose_name='kind'),
        ),
        migrations.AddField(
            model_name='mail',
            name='refused',
            field=models.JSONField(blank=True, help_text='Addresses that the mail server refused for good, each with its words.', null=True, verbose_name='refused for'),
        ),
        migrations.AddField(
            model_name='mail',
            name='sender',
            field=models.TextField(blank=True, db_default='', default='', help_text="The mailbox; empty: the desk's address.", verbose_name='from'),
        ),
        migrations.AddField(
            model_name='mail',
            name='taken',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, help_text='Addresses for which the mail server took it, where it refused others.', null=True, size=None, verbose_name='taken for'),
        ),
        migrations.AddField(
            model_name='mailtemplate',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written by'),
        ),
        migrations.AddField(
            model_name='mailtemplate',
            name='organisation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organisation', verbose_name='organisation'),
        ),
        migrations.AddConstraint(
            model_name='noticepreferences',
            constraint=models.CheckConstraint(condition=models.Q(('digest_hour__lt', 24)), name='a_digest_has_an_hour_of_the_day'),
        ),
        migrations.AddConstraint(
            model_name='noticepreferences',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('quiet_from__isnull', True), ('quiet_until__isnull', True)), models.Q(('quiet_from__isnull', False), ('quiet_until__isnull', False)), _connector='OR'), name='quiet_hours_begin_and_end'),
        ),
        migrations.AddField(
            model_name='piece',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='mailtemplate',
            constraint=models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('name', 'organisation', 'language'), name='one_template_a_mail_organisation_and_language', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='mailtemplate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('body', ''), ('is_builtin', True), ('subject', '')), models.Q(('is_builtin', False), models.Q(('subject', ''), _negated=True), models.Q(('body', ''), _negated=True)), _connector='OR'), name='a_template_has_words'),
        ),
        migrations.AddIndex(
            model_name='piece',
            index=models.Index(condition=models.Q(('left_at__isnull', True)), fields=['person', 'bundle', 'due_at'], name='piece_waiting'),
        ),
        migrations.AddIndex(
            model_name='piece',
            index=models.Index(condition=models.Q(('left_at__isnull', True)), fields=['event_id'], name='piece_of_event'),
        ),
        migrations.AddIndex(
            model_name='piece',
            index=models.Index(condition=models.Q(('left_at__isnull', True)), fields=['ticket_number'], name='piece_of_ticket'),
        ),
        migrations.AddIndex(
            model_name='piece',
            index=models.Index(condition=models.Q(('left_at__isnull', False)), fields=['left_at'], name='piece_to_prune'),
        ),
        migrations.AddConstraint(
            model_name='piece',
            constraint=models.UniqueConstraint(fields=('person', 'key'), name='one_piece_a_key_and_person'),
        ),
    ]
