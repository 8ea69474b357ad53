"""The mixed load of the API by wrk (Debian's package of that name), where it is on PATH: what a client in C asks that
takes next to nothing of the two cores for itself.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLIENTS = 4
SECONDS = 20
SCRIPT = Path(__file__).with_name("mixed.lua")


@dataclass(frozen=True)
class Asked:
    """One request as it is sent; the body is JSON or nothing."""

    headers: Mapping[str, str]
    method: str
    path: str
    body: object = None

    @property
    def line(self) -> str:
        sent = "" if self.body is None else json.dumps(self.body)
        headers = "; ".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{headers}\t{self.method}\t{self.path}\t{sent}"


def is_here() -> bool:
    return shutil.which("wrk") is not None


def ask(port: int, requests: Sequence[Asked], *, seconds: int = SECONDS) -> dict[str, Any]:
    """Four connections go through the requests, from different places on, again and again.

    Returns:
        wrk_per_second, and the times as the client sees them: wrk_p50_ms, wrk_p95_ms.

    Raises:
        RuntimeError: a request was refused or failed.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.write("\n".join(one.line for one in requests) + "\n")
        file.flush()
        command = [
            "wrk",
            f"-t{CLIENTS}",
            f"-c{CLIENTS}",
            f"-d{seconds}s",
            "--timeout",
            "60s",
            "-s",
            str(SCRIPT),
        ]
        told = subprocess.run(
            [*command, f"http://127.0.0.1:{port}", "--", file.name],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    found = json.loads(told.strip().splitlines()[-1])
    if found["failed"]:
        raise RuntimeError(f"{found['failed']} of {found['requests']} requests failed")
    return {
        "wrk_per_second": round(found["requests"] / found["microseconds"] * 1e6, 1),
        "wrk_p50_ms": round(found["p50_us"] / 1000, 1),
        "wrk_p95_ms": round(found["p95_us"] / 1000, 1),
    }
