import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from intake.mail.describing import as_data
from intake.mail.parsing import parse


class Command(BaseCommand):
    help = "Say as JSON what is understood of one mail, read from standard input. Nothing is stored."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--indent", type=int, default=2, help="how far the JSON is indented; 0: one line")

    def handle(self, *args: Any, **options: Any) -> None:
        data = as_data(parse(sys.stdin.buffer.read()))
        self.stdout.write(json.dumps(data, ensure_ascii=False, indent=options["indent"] or None))
