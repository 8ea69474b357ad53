"""What articles say, in template tags: `{% load knowledge %}`."""

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def cleaned(html: str) -> SafeString:
    """{{ reading.body.html|cleaned }}: HTML that `knowledgebase.markup.render` has made, which nh3 has cleaned."""
    return mark_safe(html)  # noqa: S308
