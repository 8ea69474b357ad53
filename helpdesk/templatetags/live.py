"""What a page says to static/src/js/live: where the live process is, and what the page wants to hear of."""

from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from helpdesk.desk.live import scopes_of
from helpdesk.desk.queues import Listing

register = template.Library()


@register.simple_tag(takes_context=True)
def live_meta(context: template.Context) -> SafeString | str:
    """For the head of every page: who is logged in finds the live process here."""
    request: Any = context.get("request")
    if not settings.LIVE_ADDRESS or not isinstance(getattr(request, "user", None), User):
        return ""
    return format_html('<meta name="live" content="{}">', settings.LIVE_ADDRESS)


@register.simple_tag
def live_scopes(listing: Listing) -> str:
    return scopes_of(listing)
