"""Addresses of insights: everything under /insights/. Each part of the app adds its own lines."""

from django.urls import URLPattern, path

from insights.views import (
    breaches,
    capacity,
    changing,
    exporting,
    morning,
    overview,
    promises,
    tickets,
    tiers,
    times,
)

urlpatterns: list[URLPattern] = [
    path("", overview.overview, name="insights"),
    path("times/", times.times, name="insights-times"),
    path("tiers/", tiers.tiers, name="insights-tiers"),
    path("promises/", promises.promises, name="insights-promises"),
    path("tickets/", tickets.tickets, name="insights-tickets"),
    path("morning/", morning.morning, name="insights-now"),
    path("morning/breached/", morning.since, {"name": "breached"}),
    path("morning/reopened/", morning.since, {"name": "reopened"}),
    path("capacity/", capacity.capacity),
    path("capacity/teams/<int:key>/", capacity.team),
    path("breaches/", breaches.breaches, name="insights-breaches"),
    path("breaches/bulk/", breaches.bulk, name="insights-breaches-bulk"),
    path("breaches/of/<str:number>/", breaches.of_ticket),
    path("breaches/<str:token>/", breaches.breach, name="insights-breach"),
    path("breaches/<str:token>/cause/", breaches.name_cause, name="insights-cause"),
    path("budget/", changing.budget_page, name="insights-budget"),
    path("hand-offs/", changing.handoffs_page, name="insights-hand-offs"),
    path("articles/", changing.articles_page, name="insights-articles"),
    path("rules/", changing.rules_page, name="insights-rules"),
    path("export/", exporting.export, name="insights-export"),
    path("export/file/", exporting.file, name="insights-export-file"),
    path("exports/<int:pk>/", exporting.job, name="insights-export-job"),
    path("exports/<int:pk>/file/", exporting.job_file, name="insights-export-job-file"),
]
