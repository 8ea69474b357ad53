from django.urls import path

from helpdesk.api.events import views

urlpatterns = [path("events/", views.Events.as_view())]
