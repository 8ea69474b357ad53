"""Addresses of tickets."""

from django.urls import path

from helpdesk.api.tickets import views

urlpatterns = [
    path("tickets/", views.TicketList.as_view()),
    path("tickets/<str:number>/", views.OneTicket.as_view()),
]
