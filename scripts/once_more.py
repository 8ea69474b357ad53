"""Runs what failed in the last test run once more, one test after the other and nothing beside it.

    python -m scripts.once_more

A browser test that a busy machine tripped passes then, and is named as flaky. What fails twice, more than a few
failures, or a run that ended before its tests did, fails.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

FAILED = Path(".pytest_cache/v/cache/lastfailed")
AT_MOST = 5
_GROUP = re.compile(r"@[^@\]]*$")  # pytest-xdist writes the group of a test behind its name


def main() -> int:
    if not FAILED.exists():
        print("once more: no test is recorded as failed; the run itself did not work")
        return 1
    failed = [_GROUP.sub("", name) for name in json.loads(FAILED.read_text())]
    if not 0 < len(failed) <= AT_MOST:
        print(f"once more: {len(failed)} failed; that is no accident")
        return 1
    again = subprocess.run([sys.executable, "-m", "pytest", *failed], check=False)
    if again.returncode == 0:
        print("once more: flaky, passed alone:", *failed, sep="\n  ")
    return again.returncode


if __name__ == "__main__":
    sys.exit(main())
