import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("knowledgebase", "0011_who_reads_an_article")]

    operations = [
        AddIndexConcurrently(
            model_name="article",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("title"), name="gin_trgm_ops"
                ),
                name="article_title_likeness",
            ),
        ),
        # How rare letters are in titles is known only after this: without it a planner reads them all in their order.
        migrations.RunSQL("ANALYZE knowledgebase_article", migrations.RunSQL.noop),
    ]
