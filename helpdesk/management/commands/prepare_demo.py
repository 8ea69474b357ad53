"""Brings the database of `make demo` up to date, before its processes start."""

from typing import Any

from django.core.management import BaseCommand, call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from delivery.models import Heartbeat
from helpdesk.local.prepared import note_prepared


class Command(BaseCommand):
    help = "Migrates, loads the demo company where it is missing, and forgets old heartbeats."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if self._migrations_are_missing():
            self.stdout.write("tierdesk: bringing the database up to date")
            call_command("migrate", interactive=False, verbosity=0)
        if "load_demo" in get_commands():
            call_command("load_demo")
        # An answer of the last run must not count as one of this.
        Heartbeat.objects.all().delete()
        with connection.cursor() as cursor:
            note_prepared(cursor)

    def _migrations_are_missing(self) -> bool:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
