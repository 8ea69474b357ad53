"""Addresses of the workspace."""

from django.urls import path

from helpdesk.desk import (
    act,
    bulk,
    composing,
    counts,
    export,
    filters,
    new,
    promises,
    queues,
    search,
    ticket,
    views,
)
from helpdesk.desk import next as next_

urlpatterns = [
    path("", queues.home),
    path("counts/", counts.counts),
    path("queues/<slug:name>/", queues.queue),
    path("queues/<slug:name>/export.csv", export.export),
    path("filters/", filters.add_filter),
    path("views/new/", views.new),
    path("views/<int:key>/", queues.view),
    path("views/<int:key>/edit/", views.edit),
    path("views/<int:key>/delete/", views.delete),
    path("bulk/<slug:name>/", bulk.bulk),
    path("search/", search.results),
    path("next/", next_.take_next),
    path("new/", new.new_ticket),
    path("new/person/", new.person),
    path("tickets/<str:number>/", ticket.ticket),
    path("tickets/<str:number>/write/", composing.write),
    path("tickets/<str:number>/canned/", composing.canned),
    path("tickets/<str:number>/clocks/", promises.life),
    path("tickets/<str:number>/<slug:name>/", act.act),
]
