from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from knowledgebase.exchange.exporting import export_folder
from knowledgebase.models import Article, ArticleStatus, Section


class Command(BaseCommand):
    help = (
        "Exports articles into a folder of Markdown files that import_articles reads. Nothing is hidden from the "
        "operator who runs this; keep the folder as safe as the database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--section", metavar="PATH", help="only this section and those below: network/vpn"
        )
        parser.add_argument("--all", action="store_true", help="drafts and archived ones too")

    def handle(self, *args: Any, folder: Path, section: str | None, **options: Any) -> None:
        articles = Article.objects.all()
        if not options["all"]:
            articles = articles.filter(status=ArticleStatus.PUBLISHED)
        if section:
            found = Section.objects.filter(path=section.strip("/")).first()
            if found is None:
                raise CommandError(f"There is no section {section}.")
            articles = articles.filter(section__in=Section.objects.under([found.pk]))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tqdm(total=articles.count(), unit=" articles") as bar:
                count = export_folder(folder, articles, tick=bar.update)
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{count} articles in {folder}.")
