from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class EscalationConfig(AppConfig):
    name = "escalation"
    verbose_name = _("Escalation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from escalation.defaults import ensure_defaults

        post_migrate.connect(ensure_defaults, sender=self, dispatch_uid="escalation.ensure_defaults")
