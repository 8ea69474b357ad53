from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeliveryConfig(AppConfig):
    name = "delivery"
    verbose_name = _("Deliveries and mail")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from delivery import handlers, mailing, webhooks
        from delivery.models import Delivery

        handlers.register(mailing.KIND, mailing.deliver_mail, says=_("mail"))
        handlers.register(
            webhooks.KIND, webhooks.deliver_webhook, lane=Delivery.Lane.CALLS, says=_("call of a webhook")
        )
