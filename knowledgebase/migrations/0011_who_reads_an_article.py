from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledgebase", "0010_who_has_not_read_is_reminded")]

    operations = [
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                fields=["id"],
                include=["audience"],
                condition=models.Q(("status", "published")),
                name="article_to_read",
            ),
        ),
    ]
