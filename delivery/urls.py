from django.urls import path

from delivery.views import deliveries, failed, webhooks

urlpatterns = [
    path("deliveries/", deliveries.deliveries, name="deliveries"),
    path("deliveries/replay/", deliveries.replay, name="deliveries-replay"),
    path("deliveries/<int:pk>/", deliveries.delivery, name="delivery"),
    path("outbox/", deliveries.outbox, name="outbox"),
    path("outbox/failed/", failed.failed, name="outbox-failed"),
    path("outbox/retry/", failed.retry, name="outbox-retry"),
    path("outbox/<int:pk>/", deliveries.mail, name="outbox-mail"),
    path("outbox/<int:pk>/correct/", failed.correct, name="outbox-correct"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/new/", webhooks.new_webhook, name="webhook-new"),
    path("webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/use/", webhooks.use, name="webhook-use"),
    path("webhooks/<int:pk>/secret/", webhooks.renew_secret, name="webhook-secret"),
    path("webhooks/<int:pk>/end-old-secret/", webhooks.end_old_secret, name="webhook-end-old-secret"),
    path("webhooks/<int:pk>/delete/", webhooks.delete, name="webhook-delete"),
    path("webhooks/<int:pk>/replay/", webhooks.replay_since, name="webhook-replay"),
    path("webhooks/<int:pk>/try/", webhooks.try_, name="webhook-try"),
    path("webhooks/<int:pk>/calls/<int:key>/", webhooks.call, name="webhook-call"),
    path("webhooks/<int:pk>/calls/<int:key>/again/", webhooks.send_again, name="webhook-call-again"),
]
