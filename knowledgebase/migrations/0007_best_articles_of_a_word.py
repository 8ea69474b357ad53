from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [('knowledgebase', '0006_what_articles_prevent')]

    operations = [
        migrations.AddIndex(
            model_name='occurrence',
            index=models.Index(fields=['word', '-worth'], include=['article'], name='best_of_word'),
        ),
    ]
