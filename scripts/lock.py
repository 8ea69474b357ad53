"""Locks the dependencies of pyproject.toml with hashes, for every platform, naming no registry."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = (
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
)


def main() -> None:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "uv"], check=True)
    extras = ("--extra", "embedded", "--extra", "dev")
    lock("requirements.lock", "pyproject.toml")
    lock("requirements-dev.lock", "pyproject.toml", *extras, "-c", "requirements.lock")
    lock("requirements-node.lock", "--group", "node")


def lock(target: str, *sources: str) -> None:
    compile_ = (sys.executable, "-m", "uv", "pip", "compile", "--upgrade", "--quiet")
    subprocess.run([*compile_, *sources, *COMMON, "-o", target], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
