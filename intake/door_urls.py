"""Where mail providers deliver; not pages for people."""

from django.urls import path

from intake.views import doors

urlpatterns = [
    path("webhooks/<slug:provider>/<str:secret>/", doors.door, name="mail-door"),
    # Mailgun posts the message as it travelled where the address ends with this.
    path("webhooks/<slug:provider>/<str:secret>/mime", doors.door),
]
