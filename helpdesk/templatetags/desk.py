"""What only workspace pages draw: `{% load desk %}`."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django import template
from django.utils import formats, timezone
from django.utils.safestring import SafeString

from helpdesk.desk import cells
from helpdesk.desk.columns import Column
from helpdesk.desk.rows import Row
from helpdesk.templatetags.ui import exact

register = template.Library()


@register.simple_tag
def submission_key() -> str:
    """A key for one form: sent twice, it is carried out once."""
    return secrets.token_urlsafe(16)


@register.simple_tag
def ticket_rows(rows: Iterable[Row], columns: Iterable[Column], can_select: bool = False) -> SafeString:
    """The tickets of a list as rows of its table."""
    return cells.table_rows(rows, columns, can_select=can_select)


@register.filter
def exactly(at: datetime) -> str:
    """{{ at|exactly }}: the day and the minute, in the viewer's zone."""
    return exact(at)[1]


@register.filter
def clock_time(at: datetime) -> str:
    """{{ at|clock_time }}: weekday and minute, for lines below a full date."""
    return formats.date_format(timezone.localtime(at), "D H:i")


@register.filter
def clock_date(at: datetime) -> str:
    """{{ at|clock_date }}: the same with the date, for columns of times that are compared."""
    return formats.date_format(timezone.localtime(at), "D j M Y, H:i")
