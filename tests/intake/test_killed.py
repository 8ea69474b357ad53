"""An import that is killed, and one that is large: in processes of their own."""

import csv
import json
import subprocess
import sys
import time

import pytest
from django.core.management import call_command

from helpdesk.local.places import BASE_DIR
from tests.intake.conftest import HEADER, TEXTS
from tests.plugins.worker import environment
from tickets.models import Event, ExternalReference, Message, Ticket, TicketText

pytestmark = pytest.mark.long

PATIENCE = 60


def write_texts(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(rows):
            writer.writerow([f"ticket {number}", f"words {number} " * 40, 0, 4, 2, 7, 3, 2, 3])
    return path


def start(file, *options):
    command = [sys.executable, "manage.py", "import_tickets", str(file), "--mapping", str(TEXTS), *options]
    return subprocess.Popen(command, env=environment(), cwd=BASE_DIR, stderr=subprocess.DEVNULL)


@pytest.mark.django_db(transaction=True)
def test_after_a_kill_the_next_run_imports_the_rest(tmp_path):
    file = write_texts(tmp_path / "texts.csv", 3_000)
    process = start(file, "--batch", "100")
    until = time.monotonic() + PATIENCE
    while Ticket.objects.count() < 300 and time.monotonic() < until:
        time.sleep(0.02)
    process.kill()
    process.wait(PATIENCE)

    done = Ticket.objects.count()
    assert 300 <= done < 3_000
    assert done % 100 == 0, "a batch is whole or not there at all"

    report = tmp_path / "report.json"
    call_command("import_tickets", file, mapping=TEXTS, report=report)
    found = json.loads(report.read_text())
    assert (found["already_imported"], found["tickets"]) == (done, 3_000 - done)
    assert len(found["skipped"]) == done
    counts = [model.objects.count() for model in (Ticket, ExternalReference, TicketText)]
    assert counts == [3_000, 3_000, 3_000]
    assert set(Ticket.objects.values_list("subject", flat=True)) == {f"ticket {n}" for n in range(3_000)}
    assert (Event.objects.count(), Message.objects.filter(kind="description").count()) == (6_000, 3_000)
    call_command("check_history")


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_system_do_not_run_at_once(tmp_path):
    file = write_texts(tmp_path / "texts.csv", 2_000)
    both = [start(file, "--batch", "50") for _ in range(2)]
    codes = sorted(process.wait(PATIENCE) for process in both)
    assert codes in ([0, 0], [0, 1])  # the second waits up to ten seconds, and says so if that is not enough
    assert Ticket.objects.count() == 2_000


@pytest.mark.django_db(transaction=True)
def test_memory_does_not_grow_with_the_file(tmp_path):
    small, large = write_texts(tmp_path / "small.csv", 2_000), write_texts(tmp_path / "large.csv", 50_000)
    assert large.stat().st_size > 20_000_000
    peaks = [peak(small), peak(large)]
    assert peaks[1] - peaks[0] < 30_000, f"kB: {peaks}"


def peak(file):
    """The most memory (kB) that a dry run took, told by a process that has no other child."""
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "manage.py", "import_tickets", str(file), "--mapping", str(TEXTS), "--dry-run"]
    done = subprocess.run(
        [sys.executable, "-c", script, *command],
        env=environment(), cwd=BASE_DIR, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return int(done.stdout)
