#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it starts or shares the servers under .local/."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    from django.core.management import execute_from_command_line

    from helpdesk.local import servers
    from helpdesk.local.processes import LocalServerTrouble

    try:
        servers.use()
    except LocalServerTrouble as trouble:
        sys.exit(f"manage.py: {trouble}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
