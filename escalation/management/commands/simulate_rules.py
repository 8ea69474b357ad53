import json
import sys
from argparse import ArgumentParser
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from escalation.rules.exchange import read
from escalation.rules.outcomes import Outcome
from escalation.rules.reports import report
from escalation.rules.simulating import tickets_of
from escalation.rules.together import Trial, processes_at_hand, try_together
from tickets.refusals import Invalid

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Try rules on the history of a period: which tickets they would have moved or changed, when and where to, "
        "beside what really happened. Writes nothing to the database. See docs/escalation.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rules",
            type=Path,
            required=True,
            help="YAML as the page of rules exports it: all of them, in order",
        )
        parser.add_argument("--from", dest="since", required=True, help="first day, such as 2026-09-01")
        parser.add_argument("--to", dest="until", required=True, help="last day, such as 2026-09-30")
        parser.add_argument(
            "--processes", type=int, help="how many share the work; by default as many as there are cores"
        )
        parser.add_argument("--json", type=Path, help="write the whole answer to this file")

    def handle(self, *args: Any, rules: Path, since: str, until: str, **options: Any) -> None:
        first, last = _day(since, "--from"), _day(until, "--to")
        if last < first:
            raise CommandError("--to lies before --from.")
        text = _read(rules)
        _refuse_unwritable(options["json"])
        found = {
            "period": {"from": first.isoformat(), "to": last.isoformat()},
            **report(self._ask(text, first, last, options["processes"])),
        }
        if options["json"]:
            options["json"].write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        self._say(found)
        if options["json"]:
            self.stdout.write(f"The whole answer: {options['json']}")

    def _ask(self, text: str, first: date, last: date, processes: int | None) -> Outcome:
        since, until = _midnight(first), _midnight(last + timedelta(days=1))
        trial = Trial(text, since, until, timezone.now())
        total = tickets_of(since, until).count()
        with tqdm(total=total, unit=" tickets", disable=not sys.stderr.isatty()) as bar:
            return try_together(
                trial,
                processes=max(processes or processes_at_hand(), 1),
                tell=lambda so_far: bar.update(so_far.tickets - bar.n),
            )

    def _say(self, found: dict[str, Any]) -> None:
        period = found["period"]
        self.stdout.write(
            f"{found['tickets']} tickets of {period['from']} to {period['to']}; the rules fire on "
            f"{found['changed_tickets']}."
        )
        self.stdout.write(_line("rule", "fired", "moved", "changed", "as it was", "later", "never"))
        for row in found["rules"]:
            numbers = (row[name] for name in ("fired", "moved", "changed", "same", "later", "never"))
            self.stdout.write(_line(row["rule"], *numbers))
        self.stdout.write(_line("team", "in", "really", "out", "really", "open", "really"))
        for row in found["teams"]:
            self.stdout.write(_line(row["team"], *(row[name] for name in list(row)[1:])))
        self.stdout.write(f"{found['returns_avoided']} of {found['returns']} returns would not have been.")
        self.stdout.write(f"{found['against']['gone']} changes that rules made would be gone.")
        for cycle in found["cycles"]:
            way = " > ".join(str(value) for value in cycle["path"])
            self.stdout.write(
                f"They undo each other: {', '.join(cycle['rules'])}: {cycle['column']} {way}, such as on "
                f"{cycle['ticket']}; {cycle['times']} times."
            )
        for name in found["without_effect"]:
            self.stdout.write(f"Without effect: {name}")
        for row in found["rows"][:SHOWN]:
            self.stdout.write(
                f"  {row['ticket']} {row['at']} {row['rule']}: {row['column']} {row['from']} > {row['to']}"
                f" ({row['really']})"
            )
        self.stdout.write(f"Read as they are now: {', '.join(found['as_of_now'])}.")


def _line(name: str, *cells: Any) -> str:
    return f"{name:<64}" + "".join(f"{cell:>11}" for cell in cells)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{option}: {text} is no date. Write it such as 2026-09-30.") from None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(0)), timezone.get_default_timezone())


def _read(path: Path) -> str:
    """The text, once it is known that its rules can be read."""
    try:
        text = path.read_text(encoding="utf-8")
        read(text)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CommandError(f"{path} is no text in UTF-8.") from None
    except Invalid as refusal:
        raise CommandError(f"{path}: {refusal}") from None
    return text


def _refuse_unwritable(path: Path | None) -> None:
    """Said before the work and not after it."""
    if path is None:
        return
    try:
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise CommandError(f"The answer cannot be written to {path}: {error.strerror}.") from None
