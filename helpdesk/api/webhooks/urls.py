from django.urls import path

from helpdesk.api.webhooks import calls, views

urlpatterns = [
    path("webhooks/", views.Webhooks.as_view()),
    path("webhooks/<int:key>/", views.OneWebhook.as_view()),
    path("webhooks/<int:key>/use/", views.Use.as_view()),
    path("webhooks/<int:key>/test/", views.Test.as_view()),
    path("webhooks/<int:key>/renew-secret/", views.RenewSecret.as_view()),
    path("webhooks/<int:key>/end-old-secret/", views.EndOldSecret.as_view()),
    path("webhooks/<int:key>/deliveries/", calls.Messages.as_view()),
    path("webhooks/<int:key>/replay/", calls.Replay.as_view()),
    path("webhooks/<int:key>/calls/", calls.Calls.as_view()),
    path("webhooks/<int:key>/calls/<int:call>/", calls.OneCall.as_view()),
    path("webhooks/<int:key>/calls/<int:call>/again/", calls.Again.as_view()),
]
