"""Addresses of tickets, their acts, what belongs to them, and saved views."""

from django.urls import path

from helpdesk.api.tickets import acting, categories, macros, parts, saved, views
from helpdesk.api.tickets.acts import ACTS

urlpatterns = [
    path("tickets/", views.TicketList.as_view()),
    path("tickets/take-next/", acting.TakeNext.as_view()),
    path("tickets/bulk/", acting.Bulk.as_view()),
    path("tickets/<str:number>/", acting.OneTicketChanged.as_view()),
    path("tickets/<str:number>/conversation/", parts.Conversation.as_view()),
    path("tickets/<str:number>/history/", parts.History.as_view()),
    path("tickets/<str:number>/allowed/", parts.Allowed.as_view()),
    path("tickets/<str:number>/tags/", parts.TagPart.as_view()),
    path("tickets/<str:number>/attachments/<uuid:key>/", parts.Download.as_view()),
    *(path(f"tickets/<str:number>/{name}/", part.as_view()) for name, part in parts.PARTS.items()),
    *(
        path(f"tickets/<str:number>/{name}/", acting.view_of(name, act).as_view())
        for name, act in ACTS.items()
    ),
    path("uploads/", parts.Uploads.as_view()),
    path("uploads/<uuid:key>/", parts.Upload.as_view()),
    path("categories/", categories.Categories.as_view()),
    path("macros/", macros.Macros.as_view()),
    path("macros/<int:key>/", macros.OneMacro.as_view()),
    path("views/", saved.Views.as_view()),
    path("views/<int:key>/", saved.OneView.as_view()),
]
