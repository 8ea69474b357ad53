from django.apps import AppConfig
from django.http import multipartparser

from helpdesk import said_once


class HelpdeskConfig(AppConfig):
    name = "helpdesk"
    verbose_name = "Tierdesk"
    reacts = True
    """Whether events have consequences in this process. The live process records none."""

    def ready(self) -> None:
        # A file whose name is too long is kept under a shorter one; 1 kB of header would refuse the whole form.
        multipartparser.MAX_TOTAL_HEADER_SIZE = 32 * 1024  # type: ignore[attr-defined]  # not in the stubs
        said_once.install()
        if not self.reacts:
            return
        from helpdesk import checks, watching, wiring  # noqa: F401  (checks register themselves; all need the registry)

        wiring.connect()
        watching.connect()
