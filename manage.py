#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it starts or shares the servers under .local/."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    from django.core.management import execute_from_command_line

    if not all(os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")):
        _use_local_servers()
    execute_from_command_line(sys.argv)


def _use_local_servers() -> None:
    try:
        from helpdesk.local import servers
        from helpdesk.local.processes import LocalServerTrouble
    except ImportError:
        return  # an installation without them: the settings say which variables are missing
    try:
        servers.use()
    except LocalServerTrouble as trouble:
        sys.exit(f"manage.py: {trouble}")


if __name__ == "__main__":
    main()
