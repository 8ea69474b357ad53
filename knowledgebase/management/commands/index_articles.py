from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.translation import ngettext
from tqdm import tqdm

from knowledgebase.indexing import forget_unused_words, index_article
from knowledgebase.models import Article, ArticleStatus


class Command(BaseCommand):
    help = "Builds what search knows of articles anew, one after the other; people go on searching meanwhile."

    def handle(self, *args: Any, **options: Any) -> None:
        published = Article.objects.filter(status=ArticleStatus.PUBLISHED)
        known = Article.objects.filter(plain__isnull=False).exclude(status=ArticleStatus.PUBLISHED)
        keys = list((published | known).order_by("pk").values_list("pk", flat=True))
        for key in tqdm(keys, unit=" articles"):
            with transaction.atomic():
                rows = Article.objects.select_for_update(of=("self",)).select_related("published", "manual")
                index_article(rows.get(pk=key))
        forgotten = forget_unused_words()
        told = ngettext("%(n)d article indexed", "%(n)d articles indexed", len(keys)) % {"n": len(keys)}
        self.stdout.write(f"{told}, {forgotten} unused words forgotten.")
