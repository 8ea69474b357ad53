"""What only workspace pages draw: `{% load desk %}`."""

import secrets
from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString

from helpdesk.desk import cells
from helpdesk.desk.columns import Column
from helpdesk.desk.rows import Row

register = template.Library()


@register.simple_tag
def submission_key() -> str:
    """A key for one form: sent twice, it is carried out once."""
    return secrets.token_urlsafe(16)


@register.simple_tag
def ticket_rows(rows: Iterable[Row], columns: Iterable[Column], can_select: bool = False) -> SafeString:
    """The tickets of a list as rows of its table."""
    return cells.table_rows(rows, columns, can_select=can_select)
