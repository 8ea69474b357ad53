from django.urls import path

from helpdesk.api.deliveries import views

urlpatterns = [
    path("deliveries/", views.Deliveries.as_view()),
    path("deliveries/replay/", views.Replay.as_view()),
    path("deliveries/<int:key>/", views.OneDelivery.as_view()),
]
