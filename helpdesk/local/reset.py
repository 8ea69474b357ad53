"""`make reset-demo`: forgets the demo's database and files, nothing else."""

from __future__ import annotations

import os
import shutil
import sys

from helpdesk.local import servers
from helpdesk.local.places import LOCAL
from helpdesk.local.postgres import Postgres
from helpdesk.local.processes import LocalServerTrouble


def main() -> int:
    if os.environ.get("DATABASE_URL"):
        print("tierdesk: DATABASE_URL is set; empty that database by your own tools.", file=sys.stderr)
        return 1
    try:
        servers.hold(postgres=True, redis=False)
        Postgres().forget()
    except LocalServerTrouble as trouble:
        print(f"tierdesk: {trouble}", file=sys.stderr)
        return 1
    shutil.rmtree(LOCAL / "media", ignore_errors=True)
    print("tierdesk: the demo's data is gone; `make demo` makes it anew")
    return 0


if __name__ == "__main__":
    sys.exit(main())
