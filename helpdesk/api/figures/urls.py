"""Addresses of figures."""

from django.urls import path

from helpdesk.api.figures import views

urlpatterns = [
    path("figures/", views.Figures.as_view()),
    path("figures/measures/", views.Measures.as_view()),
]
