"""A `.local/` of its own for each test, as in a fresh clone, and nothing left of it afterwards."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from helpdesk.local import processes
from helpdesk.local.places import BASE_DIR

# What this run of the tests works with must not reach the programs that it starts.
NOT_THEIRS = {"DATABASE_URL", "REDIS_URL", "REDIS_PREFIX", "MEDIA_ROOT", "TIERDESK_TEST_RUN"}


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "local"
    with emptied(folder), left_alone(folder):
        yield folder


@contextmanager
def left_alone(folder: Path) -> Iterator[None]:
    """What is done inside leaves nothing that works for this folder."""
    yield
    left = left_behind(folder)
    processes.end(left, within=5)
    assert left == []


@contextmanager
def emptied(folder: Path) -> Iterator[None]:
    yield
    # Root's data lies outside, where the user of the server can reach it.
    shutil.rmtree((folder / "data").resolve(), ignore_errors=True)


@pytest.fixture
def environment(local: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in NOT_THEIRS}
    return kept | {"TIERDESK_LOCAL": str(local), "PYTHONPATH": str(BASE_DIR), "DEBUG": "1"}


def left_behind(local: Path) -> list[psutil.Process]:
    """Everything that works for this `.local/`: programs by their environment, servers by their folder."""
    found = []
    data = (local / "data").resolve()
    for process in psutil.process_iter():
        try:
            folder = Path(process.cwd())
            # Redis writes its title over its environment, so a folder has to tell as well.
            ours = folder.is_relative_to(data) or folder.is_relative_to(local)
            ours = ours or process.environ().get("TIERDESK_LOCAL") == str(local)
            if ours and process.pid != os.getpid():
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found
