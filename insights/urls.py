"""Addresses of insights: everything under /insights/. Each part of the app adds its own lines."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
