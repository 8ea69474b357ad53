"""What search reads of an article: its published version, weighted."""

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from django.db.models.expressions import Combinable

from knowledgebase.markup import render
from knowledgebase.models import Article, ArticleVersion
from tickets.words import fold_words

KNOWN_ERROR_PARTS = ("symptom", "cause", "workaround", "fix")


def index_article(article: Article) -> None:
    """Write its search columns anew; an article that is not published has none."""
    version = article.published if article.is_published else None
    if version is None:
        Article.objects.filter(pk=article.pk).update(words="")
        return
    Article.objects.filter(pk=article.pk).update(words=_vector(version, article))


def _vector(version: ArticleVersion, article: Article) -> Combinable:
    headings = " ".join(text for _level, text, _anchor in version.headings)
    parts = (
        ("A", f"{version.title} {' '.join(article.tags)}"),
        ("B", f"{version.summary} {version.symptom}"),
        ("C", headings),
        ("D", plain_text(version)),
    )
    vectors = [
        SearchVector(Value(fold_words(text)), weight=weight, config="simple") for weight, text in parts
    ]
    return vectors[0] + vectors[1] + vectors[2] + vectors[3]


def plain_text(version: ArticleVersion) -> str:
    """The words of a version without its marks: its text, and for a known error what is known of it."""
    texts = [version.body, *(getattr(version, name) for name in KNOWN_ERROR_PARTS[1:])]
    return "\n".join(render(text).words for text in texts if text)
