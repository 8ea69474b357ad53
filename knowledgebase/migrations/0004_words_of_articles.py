import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

# By hand for its primary key: it carries the worth, so that the articles of a common word are read from the index
# alone, and never from the table.
OCCURRENCES = """
CREATE TABLE knowledgebase_occurrence (
    word_id bigint NOT NULL REFERENCES knowledgebase_word (id) DEFERRABLE INITIALLY DEFERRED,
    article_id bigint NOT NULL REFERENCES knowledgebase_article (id) DEFERRABLE INITIALLY DEFERRED,
    worth real NOT NULL,
    PRIMARY KEY (word_id, article_id) INCLUDE (worth)
);
"""

# Whether somebody may read an article is asked for every article of a word: of rows that are small because their
# words are kept beside them. Rows that are there already shrink when they are written next.
SMALL_ROWS = "ALTER TABLE knowledgebase_article SET (toast_tuple_target = 256);"
USUAL_ROWS = "ALTER TABLE knowledgebase_article RESET (toast_tuple_target);"


class Migration(migrations.Migration):
    dependencies = [('knowledgebase', '0003_runs_of_scripts')]

    operations = [
        migrations.RunSQL(SMALL_ROWS, USUAL_ROWS),
        migrations.CreateModel(
            name='ArticleText',
            fields=[
                ('article', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='plain', serialize=False, to='knowledgebase.article')),
                ('text', models.TextField()),
            ],
            options={
                'verbose_name': 'plain text of an article',
                'verbose_name_plural': 'plain texts of articles',
            },
        ),
        migrations.CreateModel(
            name='SearchTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=100, verbose_name='words')),
                ('language', models.CharField(max_length=8, verbose_name='language')),
                ('day', models.DateField(verbose_name='day')),
                ('found', models.PositiveIntegerField(verbose_name='found')),
                ('form', models.UUIDField(null=True)),
                ('is_filed', models.BooleanField(db_default=False, default=False, verbose_name='ended in a ticket')),
            ],
            options={
                'verbose_name': 'search',
                'verbose_name_plural': 'searches',
                'indexes': [models.Index(fields=['day'], name='search_term_to_prune'), models.Index(condition=models.Q(('form__isnull', False)), fields=['form'], name='search_term_of_form'), models.Index(fields=['text'], name='search_term_by_text')],
            },
        ),
        migrations.CreateModel(
            name='Synonym',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None, verbose_name='words')),
            ],
            options={
                'verbose_name': 'synonyms',
                'verbose_name_plural': 'synonyms',
                'ordering': ['words', 'id'],
                'constraints': [models.UniqueConstraint(fields=('words',), name='one_group_of_the_same_synonyms'), models.CheckConstraint(condition=models.Q(('words__len__gte', 2)), name='synonyms_are_at_least_two')],
            },
        ),
        migrations.CreateModel(
            name='Word',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=8)),
                ('text', models.CharField(max_length=40)),
                ('stem', models.CharField(max_length=40)),
                ('articles', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'word',
                'verbose_name_plural': 'words',
                'indexes': [models.Index(fields=['language', 'stem'], name='word_by_stem'), models.Index(django.contrib.postgres.indexes.OpClass('text', name='varchar_pattern_ops'), name='word_by_beginning'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('text', name='gin_trgm_ops'), name='word_by_likeness')],
                'constraints': [models.UniqueConstraint(fields=('language', 'text'), name='one_word_a_language')],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(OCCURRENCES, "DROP TABLE knowledgebase_occurrence;"),
            ],
            state_operations=[
                migrations.CreateModel(
                    name='Occurrence',
                    fields=[
                        ('pk', models.CompositePrimaryKey('word_id', 'article_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('worth', models.FloatField()),
                        ('article', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledgebase.article')),
                        ('word', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='knowledgebase.word')),
                    ],
                    options={
                        'verbose_name': 'word in an article',
                        'verbose_name_plural': 'words in articles',
                    },
                ),
            ],
        ),
        migrations.AddIndex(
            model_name='occurrence',
            index=models.Index(fields=['article'], name='words_of_article'),
        ),
    ]
