"""What only workspace pages draw: `{% load desk %}`."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from helpdesk.desk import cells
from helpdesk.desk.acts import Act
from helpdesk.desk.bulk import bulk_acts
from helpdesk.desk.columns import Column
from helpdesk.desk.rows import Row
from helpdesk.templatetags.ui import exact, icon, kept_part

register = template.Library()


@register.simple_tag
def submission_key() -> str:
    """A key for one form: sent twice, it is carried out once."""
    return secrets.token_urlsafe(16)


@register.simple_tag
def ticket_rows(rows: Iterable[Row], columns: Iterable[Column], can_select: bool = False) -> SafeString:
    """The tickets of a list as rows of its table."""
    return cells.table_rows(rows, columns, can_select=can_select)


@register.simple_tag
def bulk_buttons() -> SafeString:
    """What can be done with the ticked tickets."""
    return kept_part("desk/queue/_bulk_buttons.html", lambda: {"bulk_acts": bulk_acts()})


@register.simple_tag
def asking_act(
    name: str, act: Act, url: str, version: int, look: str = "", shows_key: bool | str = False
) -> SafeString:
    """The button of an act that a dialog asks about, for a ticket at this address and version."""
    before, after = _asking_act(name, act, look, bool(shows_key), get_language())
    address = f"{url}{name}/?version={version}"
    return mark_safe(f'{before} href="{address}" hx-get="{address}"{after}')  # noqa: S308 (no text of people)


@lru_cache(maxsize=1_000)
def _asking_act(
    name: str, act: Act, look: str, shows_key: bool, _language: str | None
) -> tuple[SafeString, SafeString]:
    """What stands before and after its address: the same for every ticket, and a page has fifteen."""
    label = str(act.label)
    return (
        format_html('<a class="{}{}"', look, " danger" if act.is_grave else ""),
        format_html(
            ' hx-target="#modal-body" data-dialog="modal" data-dialog-title="{}"{}>{}{}{}</a>',
            act.title or label,
            format_html(' data-key="{}" data-key-label="{}"', act.key, label) if act.key else "",
            icon(act.icon) if act.icon else "",
            label,
            format_html('<kbd class="only-desk">{}</kbd>', act.key.upper()) if shows_key and act.key else "",
        ),
    )


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
