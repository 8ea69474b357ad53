"""Addresses of the workspace."""

from django.urls import path

from helpdesk.desk import (
    act,
    board,
    bulk,
    composing,
    counts,
    export,
    filters,
    handing,
    new,
    notices,
    promises,
    queues,
    search,
    ticket,
    timers,
    views,
)
from helpdesk.desk import next as next_

urlpatterns = [
    path("", queues.home),
    path("board/", board.board),
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
    path("notices/", notices.notices),
    path("notices/read/", notices.read),
    path("timers/", timers.timers_page),
    path("next/", next_.take_next),
    path("new/", new.new_ticket),
    path("new/person/", new.person),
    path("new/fields/", new.fields),
    path("tickets/<str:number>/", ticket.ticket),
    path("tickets/<str:number>/write/", composing.write),
    path("tickets/<str:number>/canned/", composing.canned),
    path("tickets/<str:number>/clocks/", promises.life),
    path("tickets/<str:number>/hand-over/target/", handing.target),
    path("tickets/<str:number>/<slug:name>/", act.act),
]
