"""What only workspace pages draw: `{% load desk %}`."""

import secrets

from django import template

register = template.Library()


@register.simple_tag
def submission_key() -> str:
    """A key for one form: sent twice, it is carried out once."""
    return secrets.token_urlsafe(16)
