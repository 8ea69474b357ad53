from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SlaConfig(AppConfig):
    name = "sla"
    verbose_name = _("Promises")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sla.defaults import ensure_defaults

        post_migrate.connect(ensure_defaults, sender=self, dispatch_uid="sla.ensure_defaults")
