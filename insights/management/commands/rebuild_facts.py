import os
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from insights.operations.checking import NotCaughtUp, catch_up
from insights.operations.rebuilding import RebuildUnderWay, rebuild

MOST_PROCESSES = 64


class Command(BaseCommand):
    help = (
        "Make all facts and figures anew from raw history. Pages go on showing the old ones until the new ones are "
        "whole; a rebuild that is interrupted changes nothing and is begun again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--processes",
            type=_processes,
            default=len(os.sched_getaffinity(0)),
            metavar="N",
            help="how many work at it, by default one a core (%(default)s); 0 uses this one alone",
        )

    def handle(self, *args: Any, processes: int, **options: Any) -> None:
        begun, bars = time.monotonic(), _Bars()
        try:
            done = rebuild(at=timezone.now(), processes=processes, progress=bars.step)
        except RebuildUnderWay as refusal:
            raise CommandError(str(refusal)) from None
        finally:
            bars.close()
        seconds = time.monotonic() - begun
        self._catch_up()
        self.stdout.write(
            f"Facts of {done.tickets} tickets made anew in {seconds:.0f} s, "
            f"{done.tickets / max(seconds, 0.001):.0f} a second."
        )
        if done.failed:
            raise CommandError(
                f"{done.failed} tickets have no facts: their history cannot be read. The log says why."
            )

    def _catch_up(self) -> None:
        """What was committed meanwhile; a worker goes on with what cannot be read yet."""
        try:
            catch_up(at=timezone.now())
        except NotCaughtUp as refusal:
            self.stderr.write(str(refusal))


class _Bars:
    """One bar after the other, for what is done one after the other."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._what = ""

    def step(self, what: str, total: int, done: int) -> None:
        if what != self._what or self._bar is None:
            self.close()
            self._what = what
            self._bar = tqdm(total=total, unit=f" {what}", disable=not sys.stderr.isatty())
        self._bar.update(done)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _processes(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_PROCESSES:
        raise ArgumentTypeError(f"give a number of processes between 0 and {MOST_PROCESSES}")
    return int(text)
