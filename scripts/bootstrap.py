"""Makes everything that a fresh clone lacks, then runs the command it is given, in its place.

    python3 scripts/bootstrap.py [--no-assets] [COMMAND ...]

Needs nothing but Python's standard library. Each step leaves a stamp, a hash of what it was made from, and
is skipped while that stays the same.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = Path(os.environ.get("TIERDESK_LOCAL") or ROOT / ".local")
VENV = ROOT / ".venv"
BIN = VENV / "bin"
LOCK = ROOT / "requirements-dev.lock"
NODE_LOCK = ROOT / "requirements-node.lock"

# The Redis wheel exists for these; with a newer Python, Redis must be on the machine.
BEST = ("3.12", "3.11")


class CannotGoOn(Exception):
    """Something is missing that this script cannot bring; the message says how to."""


def main(arguments: list[str]) -> None:
    without_assets = arguments[:1] == ["--no-assets"]
    command = arguments[1:] if without_assets else arguments
    try:
        with alone():
            make_environment()
            compile_catalogues()
            if not without_assets:
                build_assets()
    except CannotGoOn as trouble:
        sys.exit(f"\n{trouble}")
    except subprocess.CalledProcessError as failed:
        sys.exit(f"\nThis failed, its reason stands above: {' '.join(map(str, failed.cmd))}")
    except KeyboardInterrupt:
        sys.exit(130)
    if command:
        os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
        os.execvp(command[0], command)


@contextmanager
def alone() -> Iterator[None]:
    """`make demo` and `make test` may start together on a fresh clone; the second waits for the first."""
    LOCAL.mkdir(parents=True, exist_ok=True)
    with (LOCAL / "bootstrap.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another make to finish its installation")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# Python


def make_environment() -> None:
    wanted = digest([LOCK])
    if read_stamp("python") == wanted and runs(BIN / "python"):
        return
    if not runs(BIN / "python", "-m", "pip", "--version"):
        create_venv()
    say("installing the locked dependencies into .venv (once)")
    pip_install(LOCK)
    write_stamp("python", wanted)


def create_venv() -> None:
    refusals = []
    for python in pythons():
        shutil.rmtree(VENV, ignore_errors=True)
        say(f"creating .venv with {python}")
        done = subprocess.run([python, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
        if done.returncode == 0 and runs(BIN / "python", "-m", "pip", "--version"):
            return
        refusals.append(f"{python}: {(done.stdout + done.stderr).strip()}")
    shutil.rmtree(VENV, ignore_errors=True)
    raise CannotGoOn(
        "No Python here can make a virtual environment. On Debian or Ubuntu:\n"
        "  apt-get install -y python3-venv\n" + "\n".join(refusals)
    )


def pythons() -> list[str]:
    """Interpreters to try, best first. A name on PATH may be a shim that does not run, so each is asked."""
    named = {f"python{version}": version for version in (*BEST, "3.13", "3.14")}
    found = {version: name for name, version in named.items() if version_of(name) == version}
    mine = "{}.{}".format(*sys.version_info)
    order = [version for version in BEST if version in found or version == mine]
    order += [version for version in (mine, *found) if version not in order]
    return [sys.executable if version == mine else found[version] for version in order]


def version_of(python: str) -> str | None:
    asked = "import sys; print('{}.{}'.format(*sys.version_info))"
    try:
        done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def pip_install(lock: Path) -> None:
    pip: list[str | Path] = [BIN / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(*pip, "--require-hashes", "-r", lock)


# Texts and assets


def compile_catalogues() -> None:
    run(BIN / "python", ROOT / "scripts" / "compile_catalogues.py")


def build_assets() -> None:
    packages = digest([ROOT / "package-lock.json"])
    sources = [ROOT / "package.json", *files_below(ROOT / "static", but_not="dist")]
    wanted = packages + digest(sources)
    if read_stamp("assets") == wanted and (ROOT / "static" / "dist").is_dir():
        return
    npm = find_npm()
    if read_stamp("packages") != packages or not (ROOT / "node_modules").is_dir():
        say("installing the npm packages (once)")
        run(npm, "ci", "--no-fund", "--no-audit", "--loglevel=error", env=path_with(npm))
        write_stamp("packages", packages)
    say("building the assets")
    run(npm, "run", "--silent", "build", env=path_with(npm))
    write_stamp("assets", wanted)


def find_npm() -> Path:
    """npm beside a Node of 20 or newer: the machine's, else one that comes as a Python package."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_is_new_enough(node):
        return Path(npm)
    if not node_is_new_enough(str(BIN / "node")):
        say("no Node.js 20 or newer found: installing one into .venv (once)")
        pip_install(NODE_LOCK)
    return BIN / "npm"


def node_is_new_enough(node: str) -> bool:
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    major = done.stdout.strip().lstrip("v").partition(".")[0]
    return major.isdecimal() and int(major) >= 20


def path_with(npm: Path) -> dict[str, str]:
    """npm starts `node` by its name: it must find the one beside it."""
    return {**os.environ, "PATH": f"{npm.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


# Stamps and small things


def digest(files: Iterable[Path]) -> str:
    hashed = hashlib.sha256()
    for file in files:
        hashed.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return hashed.hexdigest()


def files_below(folder: Path, *, but_not: str) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if but_not not in path.relative_to(folder).parts)


def read_stamp(name: str) -> str:
    stamp = stamp_of(name)
    return stamp.read_text() if stamp.exists() else ""


def write_stamp(name: str, value: str) -> None:
    stamp_of(name).parent.mkdir(parents=True, exist_ok=True)
    stamp_of(name).write_text(value)


def stamp_of(name: str) -> Path:
    """In the folder that the step made, so that a stamp never outlives what it stands for."""
    folder = {"python": VENV, "packages": ROOT / "node_modules", "assets": ROOT / "static" / "dist"}[name]
    return folder / f".tierdesk-{name}"


def runs(*command: str | Path) -> bool:
    extra = ["-c", "pass"] if len(command) == 1 else []
    try:
        done = subprocess.run([*map(str, command), *extra], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    subprocess.run([str(part) for part in command], cwd=ROOT, env=env, check=True)


def say(what: str) -> None:
    print(f"tierdesk: {what}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
