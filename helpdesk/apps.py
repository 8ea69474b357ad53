from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    name = "helpdesk"
    verbose_name = "Tierdesk"

    def ready(self) -> None:
        from helpdesk import checks  # noqa: F401  (registers itself; needs the app registry)
