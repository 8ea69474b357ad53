"""Addresses of figures and surveys."""

from django.urls import path

from helpdesk.api.insights import surveys

urlpatterns = [
    path("surveys/", surveys.Surveys.as_view()),
]
