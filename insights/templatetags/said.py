"""Spans and shares in words: `{% load said %}`."""

from datetime import timedelta

from django import template

from insights import saying

register = template.Library()


@register.filter
def hours(span: timedelta | float | None) -> str:
    """{{ row.over|hours }}: business time in hours and minutes, never in days."""
    if span is None:
        return saying.NOTHING
    return saying.hours(span.total_seconds() if isinstance(span, timedelta) else span)


@register.filter
def lasted(span: timedelta | float | None) -> str:
    """{{ line.wait|lasted }}: calendar time, in days where it is long."""
    if span is None:
        return saying.NOTHING
    return saying.span(span.total_seconds() if isinstance(span, timedelta) else span)


@register.simple_tag
def share(n: int, of: int) -> str:
    """{% share 3 4 %}: in percent from twenty cases on, else as it is."""
    return saying.share(n, of)
