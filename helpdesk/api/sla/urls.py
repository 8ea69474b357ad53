"""Addresses of promises."""

from django.urls import path

from helpdesk.api.sla import calendars, clocks, policies, whatif

urlpatterns = [
    path("policies/", policies.Policies.as_view()),
    path("policies/<int:key>/", policies.OnePolicy.as_view()),
    path("policies/<int:key>/use/", policies.PolicyUse.as_view()),
    path("policies/<int:key>/move/", policies.PolicyMove.as_view()),
    path("policies/<int:key>/versions/", policies.PolicyVersions.as_view()),
    path("policies/<int:key>/restore/", policies.PolicyRestore.as_view()),
    path("calendars/", calendars.Calendars.as_view()),
    path("calendars/<int:key>/", calendars.OneCalendar.as_view()),
    path("calendars/<int:key>/days/", calendars.CalendarDays.as_view()),
    path("tickets/<str:number>/clocks/", clocks.TicketClocks.as_view()),
    path("tickets/<str:number>/policy/", clocks.TicketPolicy.as_view()),
    path("what-if/", whatif.WhatIf.as_view()),
    path("what-if/<int:key>/", whatif.WhatIfAnswer.as_view()),
]
