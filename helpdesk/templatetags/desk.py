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
from django.utils.translation import gettext as _

from delivery import handlers
from helpdesk.desk import cells
from helpdesk.desk.bulk_acts import bulk_acts
from helpdesk.desk.columns import Column
from helpdesk.desk.doing import Act, shown_key
from helpdesk.desk.rows import Row
from helpdesk.templatetags.ui import exact, icon, kept_part

register = template.Library()


@register.filter
def kind_of_delivery(key: str) -> str:
    """What a delivery is, as its kind is called."""
    return handlers.words_for(key)


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


@register.simple_tag(takes_context=True)
def act_button(
    context: template.Context,
    name: str,
    act: Act,
    look: str = "",
    shows_key: bool = False,
    primary: bool = False,
) -> SafeString:
    """One act as a button: one press does it, or a dialog asks. For the `ticket` at this `url`."""
    look = f"{look} primary" if primary and not act.asks else look
    address = f"{context['url']}{name}/"
    begins, follows = _button(act, look, shows_key, get_language())
    if act.asks:
        address += f"?version={context['ticket'].version}"
        parts = (begins, ' href="', address, '" hx-get="', address, '"', follows)
    else:
        parts = (begins, address, '" hx-post="', address, '" hx-swap="none">', _keys(context), follows)
    return mark_safe("".join(parts))  # noqa: S308 (addresses of ours, and parts that were escaped)


def _keys(context: template.Context) -> SafeString:
    """What a form brings along: that it is ours, and that it is sent once."""
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="submission" value="{}">',
        context.get("csrf_token", ""),
        submission_key(),
    )


@lru_cache(maxsize=1_000)
def _button(act: Act, look: str, shows_key: bool, _language: str | None) -> tuple[SafeString, SafeString]:
    """What stands before and after its address: the same for every ticket, and a page has twenty."""
    label = str(act.label)
    key = format_html(' data-key="{}" data-key-label="{}"', act.key, label) if act.key else ""
    shown = format_html('<kbd class="only-desk" aria-hidden="true">{}</kbd>', shown_key(act.key))
    words = format_html(
        "{}{}{}", icon(act.icon) if act.icon else "", label, shown if shows_key and act.key else ""
    )
    if not act.asks:
        return (
            mark_safe('<form method="post" action="'),
            format_html('<button class="{}"{}>{}</button></form>', look, key, words),
        )
    return (
        format_html('<a class="{}{}"', look, " danger" if act.is_grave else ""),
        format_html(
            ' hx-target="#modal-body" data-dialog="modal" data-dialog-title="{}"{}>{}</a>',
            act.title or label,
            key,
            words,
        ),
    )


register.filter(shown_key)


@register.filter
def exactly(at: datetime) -> str:
    """{{ at|exactly }}: the day and the minute, in the viewer's zone."""
    return exact(at)[1]


@register.filter
def clock_time(at: datetime) -> str:
    """{{ at|clock_time }}: weekday and minute, for lines below a full date."""
    return formats.date_format(timezone.localtime(at), _("D H:i"))


@register.filter
def clock_date(at: datetime) -> str:
    """{{ at|clock_date }}: the same with the date, for columns of times that are compared."""
    return formats.date_format(timezone.localtime(at), _("D j M Y, H:i"))
