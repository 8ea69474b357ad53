from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    name = "helpdesk"
    verbose_name = "Tierdesk"

    def ready(self) -> None:
        from helpdesk import checks, wiring  # noqa: F401  (checks register themselves; both need the registry)

        wiring.connect()
