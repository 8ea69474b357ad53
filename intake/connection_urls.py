"""Pages about where mailboxes are fetched from, under /settings/mailboxes/."""

from django.urls import path

from intake.views import connections

urlpatterns = [
    path("authorised/", connections.authorised, name="mailbox-authorised"),
    path("<int:mailbox>/connection/", connections.connection, name="mailbox-connection"),
    path("<int:mailbox>/connection/use/", connections.use, name="mailbox-connection-use"),
    path("<int:mailbox>/connection/remove/", connections.remove, name="mailbox-connection-remove"),
    path("<int:mailbox>/connection/look/", connections.look, name="mailbox-connection-look"),
    path("<int:mailbox>/connection/try/", connections.try_, name="mailbox-connection-try"),
    path("<int:mailbox>/connection/authorise/", connections.authorise, name="mailbox-authorise"),
    path("<int:mailbox>/connection/missed/<int:key>/", connections.missed, name="mailbox-missed"),
    path("<int:mailbox>/door/", connections.door, name="mailbox-door"),
    path("<int:mailbox>/door/close/", connections.close_door, name="mailbox-door-close"),
]
