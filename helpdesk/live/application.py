"""What the live process answers: sockets of pages, and one address by which an orchestrator asks after it."""

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import CookieMiddleware
from django.urls import path

from helpdesk.live.health import alive
from helpdesk.live.lifespan import Lifespan
from helpdesk.live.socket import Socket

application = ProtocolTypeRouter(
    {
        "lifespan": Lifespan(),
        "http": alive,
        # A page of another site would bring the cookie along: it is refused by where it comes from.
        "websocket": AllowedHostsOriginValidator(
            CookieMiddleware(URLRouter([path("live/", Socket.as_asgi())]))
        ),
    }
)
