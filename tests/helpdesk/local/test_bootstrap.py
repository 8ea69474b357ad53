"""Finding a Python and a Node that really run, and doing nothing twice."""

import os
import socket
import stat
import sys
from pathlib import Path

import pytest

from helpdesk.local import processes
from scripts import bootstrap


def program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH that holds only what the test puts there."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/nowhere")
    return tmp_path


def test_a_shim_that_does_not_run_is_passed_over(path: Path) -> None:
    program(path, "python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127")
    assert bootstrap.version_of("python3.12") is None
    assert bootstrap.pythons() == [sys.executable]


def test_a_shim_that_runs_another_version_is_passed_over(path: Path) -> None:
    program(path, "python3.12", "echo 3.14")
    assert bootstrap.pythons() == [sys.executable]


def test_a_better_python_is_found_beside_a_newer_one(path: Path) -> None:
    program(path, "python3.12", "echo 3.12")
    program(path, "python3.14", "echo 3.14")
    names = [Path(python).name for python in bootstrap.pythons()]
    assert names.index("python3.12") < names.index("python3.14")


@pytest.mark.parametrize(
    ("says", "enough"),
    [("v20.1.0", True), ("v24.0.0", True), ("v18.20.4", False), ("", False), ("odd", False)],
)
def test_node_must_be_new_enough(path: Path, says: str, *, enough: bool) -> None:
    node = program(path, "node", f"echo '{says}'")
    assert bootstrap.node_is_new_enough(str(node)) is enough


def test_a_missing_node_is_not_new_enough() -> None:
    assert bootstrap.node_is_new_enough("/nowhere/node") is False


def test_a_stamp_changes_with_names_and_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("1")
    second.write_text("1")
    assert (
        len({bootstrap.digest([first]), bootstrap.digest([second]), bootstrap.digest([first, second])}) == 3
    )


def test_a_taken_port_is_passed_over() -> None:
    taken = processes.free_port()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", taken))
        listener.listen()
        assert processes.free_port(taken) > taken
