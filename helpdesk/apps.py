from django.apps import AppConfig
from django.http import multipartparser


class HelpdeskConfig(AppConfig):
    name = "helpdesk"
    verbose_name = "Tierdesk"

    def ready(self) -> None:
        # A file whose name is too long is kept under a shorter one; 1 kB of header would refuse the whole form.
        multipartparser.MAX_TOTAL_HEADER_SIZE = 32 * 1024  # type: ignore[attr-defined]  # not in the stubs
        from helpdesk import checks, watching, wiring  # noqa: F401  (checks register themselves; all need the registry)

        wiring.connect()
        watching.connect()
