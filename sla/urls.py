from django.urls import path

from sla.views import calendars

urlpatterns = [
    path("settings/calendars/", calendars.calendars, name="settings-calendars"),
    path("settings/calendars/new/", calendars.new_calendar, name="settings-calendar-new"),
    path("settings/calendars/parts/", calendars.parts, name="settings-calendar-parts"),
    path("settings/calendars/<int:pk>/", calendars.calendar, name="settings-calendar"),
    path("settings/calendars/<int:pk>/days/", calendars.days, name="settings-calendar-days"),
    path("settings/calendars/<int:pk>/versions/", calendars.versions, name="settings-calendar-versions"),
    path("settings/calendars/<int:pk>/delete/", calendars.delete, name="settings-calendar-delete"),
]
