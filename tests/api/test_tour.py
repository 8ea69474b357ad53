"""What the guide says is true: every command of docs/api.md and docs/examples/tour.sh is run against a server."""

import gc
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Team, User
from accounts.models.tokens import SCOPES
from accounts.operations import create_token
from tests.conftest import person
from tickets.models import Ticket

ROOT = Path(__file__).parent.parent.parent
GUIDE = ROOT / "docs" / "api.md"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("curl") is None, reason="the tour needs curl"),
]


@pytest.fixture(autouse=True)
def connections_of_threads_are_gone() -> Iterator[None]:
    """Each curl has a thread of the test's server for itself, whose line to Redis ends when it is collected."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def blocks(language: str) -> str:
    """All blocks of the guide in this language, one after the other."""
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.DOTALL))


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_guide_and_the_tour_do_what_they_say(
    live_server: Any, service_desk: Team, network: Team, tmp_path: Path, at: datetime
) -> None:
    root = person("Ada Root", is_administrator=True)
    token = create_token(root, name="tour", scopes=SCOPES, by=None, at=at)[1]
    there = {"API": f"{live_server.url}/api/v1", "TOKEN": token}

    told = run(str(ROOT / "docs/examples/tour.sh"), live_server.url, token)
    assert "The tour is over" in told
    assert Ticket.objects.get().status == "cancelled"

    script = tmp_path / "guide.sh"
    script.write_text(f"set -eu\ncd {tmp_path}\n{blocks('sh')}")
    run("sh", str(script), **there)
    by_curl = Ticket.objects.latest("id")
    assert (by_curl.tier_id, by_curl.impact) == (2, 2)

    program = tmp_path / "guide.py"
    program.write_text(blocks("python"))
    run(sys.executable, str(program), **there)
    by_python = Ticket.objects.latest("id")
    assert by_python.pk > by_curl.pk
    assert by_python.impact == 2
    assert User.objects.get() == by_python.requester
