from django.urls import path

from delivery import views

urlpatterns = [
    path("deliveries/", views.deliveries, name="deliveries"),
    path("deliveries/replay/", views.replay, name="deliveries-replay"),
    path("deliveries/<int:pk>/", views.delivery, name="delivery"),
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/<int:pk>/", views.mail, name="outbox-mail"),
]
