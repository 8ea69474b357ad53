import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from accounts.models import User
from knowledgebase.exchange.importing import files_of, import_folder, lines_of
from knowledgebase.exchange.reporting import OUTCOMES


class Command(BaseCommand):
    help = (
        "Imports articles from a folder of Markdown and HTML files. The same folder once more changes nothing. "
        "docs/knowledge.md tells the format."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--report", type=Path, help="what became of each file, as JSON")
        parser.add_argument("--by", metavar="LOGIN", help="whose act it is; their permissions hold")
        parser.add_argument("--owner", metavar="LOGIN", help="the owner of articles whose file names none")

    def handle(self, *args: Any, folder: Path, report: Path | None, **options: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")
        by, owner = _person(options["by"]), _person(options["owner"])
        with tqdm(total=len(files_of(folder)), unit=" files") as bar:
            done = import_folder(folder, by=by, owner=owner or by, at=timezone.now(), tick=bar.update)
        if report is not None:
            try:
                text = json.dumps(done.as_json(), ensure_ascii=False, indent=1)
                report.write_text(text, encoding="utf-8")
            except OSError as error:
                raise CommandError(f"{report} cannot be written: {error.strerror}.") from None
        for line in lines_of(done):
            self.stderr.write(line)
        numbers = ", ".join(f"{done.number(outcome)} {outcome.replace('_', ' ')}" for outcome in OUTCOMES)
        self.stdout.write(f"{len(done.lines)} files: {numbers}.")


def _person(login: str | None) -> User | None:
    if not login:
        return None
    person = User.objects.active().filter(email__iexact=login).first()
    if person is None:
        raise CommandError(f"Nobody has the login {login}.")
    return person
