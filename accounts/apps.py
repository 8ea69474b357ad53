from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People, organisations, teams and tiers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.defaults import ensure_defaults

        # On post_migrate and not in a migration, so that a flushed test database has its tiers again.
        post_migrate.connect(ensure_defaults, sender=self, dispatch_uid="accounts.ensure_defaults")
