"""The look in template tags: `{% load ui %}`. Each returns one component; /styleguide/ shows them all."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from functools import cache, lru_cache
from html import escape
from typing import Any

from django import template
from django.conf import settings
from django.forms import BaseForm, BoundField, ChoiceField, Field
from django.http import HttpRequest
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from helpdesk import spans
from helpdesk.icons import ICONS
from sla.models import Metric
from sla.queries.clocks import Standing
from tickets import markdown as markdown_
from tickets.models.choices import Status
from tickets.naming import portal_name, status_colour, status_name

register = template.Library()

TONES = {"slate", "teal", "blue", "violet", "amber", "rose", "green", "cyan"}
THEMES = {"light", "dark", "auto"}
PAGING = {"after", "before", "page"}
STATUS_LOOKS = {
    Status.NEW: "new",
    Status.OPEN: "open",
    Status.PENDING_REQUESTER: "waiting",
    Status.PENDING_VENDOR: "waiting",
    Status.ON_HOLD: "waiting",
    Status.RESOLVED: "solved",
    Status.CLOSED: "done",
    Status.CANCELLED: "dead",
}
# A deadline further away than this is the "no promise yet" of the ticket table.
NO_PROMISE = timedelta(days=3650)
NO_TIME = timedelta(0)
A_DAY = timedelta(days=1)
A_MONTH = timedelta(days=30)
WARN_SECONDS = 3600
TOLD = {"short": spans.short, "since": spans.lasting}
TOAST_LEVELS = {"success": "ok", "warning": "warn", "error": "bad"}


@register.simple_tag(takes_context=True)
def theme(context: RequestContext) -> str:
    """light, dark or auto, from the cookie that the theme switch sets."""
    request: HttpRequest | None = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request else ""
    return chosen if chosen in THEMES else "auto"


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """{% icon "reply" %}: decoration only, hidden from screen readers. An unknown name is an error."""
    return format_html(
        '<svg class="ico" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>', ICONS[name]
    )


@register.simple_tag
def kept(template: str) -> SafeString:
    """{% kept "components/_js_text.html" %}: a part that says the same to everybody who reads one language.

    Drawn once a process and language: such parts took a third of the time of a page. They get no context.
    """
    return kept_part(template)


def kept_part(template: str, context: Callable[[], dict[str, Any]] = dict) -> SafeString:
    """The same for a part that needs a context; it must not depend on who asks, nor on when."""
    language = str(get_language())
    if settings.DEBUG:  # templates change while one works on them
        return render_to_string(template, context())
    known = _kept.get((template, language))
    if known is None:
        known = _kept[template, language] = render_to_string(template, context())
    return known


_kept: dict[tuple[str, str], SafeString] = {}


def _safe(html: str) -> SafeString:
    """For what a list draws a hundred times: `format_html` takes four times as long. Values go through `escape`."""
    return mark_safe(html)  # noqa: S308


@register.filter
def undo_address(tags: str | None) -> str:
    """Where a message's act is taken back: what its extra tags say after "undo:"; else empty."""
    return (tags or "").removeprefix("undo:") if (tags or "").startswith("undo:/") else ""


@register.filter
def toast_level(tags: str) -> str:
    """Django's message level as the toast's: info, ok, warn, bad."""
    return next((level for tag, level in TOAST_LEVELS.items() if tag in tags), "info")


@register.filter
def markdown(text: str | None) -> SafeString:
    """{{ message.body|markdown }}: safe HTML; put it in <div class="prose">."""
    return mark_safe(markdown_.render(text or ""))  # noqa: S308 (cleaned by nh3)


# --- Tiers, priority, status ---


@register.simple_tag
def tier(of: Any, now: bool = False) -> SafeString:
    """{% tier 2 %}, {% tier "L2" %} or {% tier ticket.tier %}: letter and colour."""
    level, name, tone = _tier_parts(of)
    return mark_safe("") if level is None else _tier(level, name, tone, now)


@lru_cache(maxsize=100)
def _tier(level: int, name: str, tone: str, now: bool) -> SafeString:
    title = format_html(' title="{}"', name) if name else ""
    return format_html(
        '<span class="tier {}{}"{}>L{}</span>', _tone_class(level, tone), " now" if now else "", title, level
    )


@register.simple_tag
def tier_class(of: Any) -> str:
    """The class that carries a tier's colour, for what is drawn in it: {% tier_class ticket.tier %}."""
    level, __, tone = _tier_parts(of)
    return _tone_class(level, tone)


def _tone_class(level: int | None, tone: str) -> str:
    return f"tone-{tone}" if tone in TONES else f"t{level}"


@register.simple_tag
def tier_path(tiers: Iterable[Any], bounces: int = 0) -> SafeString:
    """{% tier_path [1, 2, 1] bounces=1 %}: where a ticket has been, in order; of a long way its end."""
    return _tier_path(tuple(_tier_parts(each) for each in tiers), bounces, get_language())


LONGEST_PATH = 4
"""Steps that a row of a list has room for."""


@lru_cache(maxsize=1_000)
def _tier_path(tiers: tuple[tuple[int | None, str, str], ...], bounces: int, _language: str) -> SafeString:
    steps = [step for step in tiers if step[0] is not None]
    shown = steps[-LONGEST_PATH:]
    badges = format_html_join(
        " ",
        "{}",
        ((_tier(level, name, tone, now=False),) for level, name, tone in shown if level is not None),
    )
    if len(shown) < len(steps):
        whole = " ".join(f"L{level}" for level, _name, _tone in steps)
        badges = format_html(
            '<span class="dim" title="{}">…<span class="vh">{}</span></span> {}', whole, whole, badges
        )
    tag = ""
    if bounces:
        words = _("1 bounce") if bounces == 1 else _("%(n)s bounces") % {"n": bounces}
        tag = format_html(' <span class="tag">{}</span>', words)
    return format_html('<span class="path"><span class="vh">{} </span>{}{}</span>', _("Path:"), badges, tag)


def _tier_parts(of: Any) -> tuple[int | None, str, str]:
    if of is None or of == "":
        return None, "", ""
    if isinstance(of, str):
        of = int(of.strip().upper().removeprefix("L"))
    if isinstance(of, int):
        return of, "", ""
    return of.level, str(getattr(of, "name", "")), getattr(of, "colour", "")


@register.simple_tag
def priority(of: Any, label: bool = True) -> SafeString:
    """{% priority ticket.priority %}: bars like signal strength, and the word. 1 to 4 or "P1" to "P4"."""
    if not of:
        return mark_safe("")
    return _priority(int(str(of).upper().removeprefix("P")), label)


@lru_cache(maxsize=20)
def _priority(level: int, label: bool) -> SafeString:
    bars = '<span class="prio p{}" aria-hidden="true"><i></i><i></i><i></i><i></i></span>'
    word = '<span class="priority">' + bars + ("P{}" if label else '<span class="vh">P{}</span>') + "</span>"
    return format_html(word, level, level)


@register.simple_tag
def status(code: str) -> SafeString:
    """{% status ticket.status %}: a mark and the word."""
    code = str(code)
    return _status(code, status_name(code), status_colour(code))


@register.simple_tag
def standing(code: str, built_in: str = "", look: str = "") -> SafeString:
    """{% standing ticket.status words look %}: where a request stands, in the words that requesters are to read."""
    name = portal_name(str(code))
    return _status(str(code), name or built_in, status_colour(str(code)), look)


@lru_cache(maxsize=200)
def _status(code: str, name: str, colour: str, look: str = "") -> SafeString:
    tone = f" has-tone tone-{colour}" if colour in TONES else ""
    return format_html(
        '<span class="status is-{}{}">{}</span>', look or STATUS_LOOKS[Status(code)], tone, name
    )


# --- People ---


@register.simple_tag
def avatar(user: Any, size: str = "") -> SafeString:
    """{% avatar user %}: initials. Hidden from screen readers, so the name stands beside it."""
    if not user:
        return format_html('<span class="avatar nobody {}" aria-hidden="true"></span>', size)
    return _safe(
        f'<span class="avatar {escape(size)}" aria-hidden="true" title="{escape(user.name)}">'
        f"{escape(user.initials)}</span>"
    )


@register.simple_tag
def person(user: Any, size: str = "") -> SafeString:
    """{% person ticket.assignee %}: initials and name, or "nobody"."""
    if not user:
        return format_html('<span class="dim">{}</span>', _("nobody"))
    return format_html(
        '<span class="person">{}<span class="truncate">{}</span></span>', avatar(user, size), user.name
    )


# --- Times ---


@register.simple_tag
def when(at: datetime | None, style: str = "") -> SafeString:
    """{% when ticket.created_at %}: "2 h ago", the exact time as title; style "short" leaves out "ago", "since" says
    "for 2 h" or "since 3 October 2026".

    After thirty days the date says more than the distance. Kept true in the open page by times.js.
    """
    if at is None:
        return format_html('<span class="faint">{}</span>', _("never"))
    span = timezone.now() - at
    day, minute, zone = exact(at)
    told = TOLD.get(style, spans.ago)
    words = (
        told(span) if abs(span) < A_MONTH else _("since %(day)s") % {"day": day} if style == "since" else day
    )
    return _safe(
        f'<time class="when" datetime="{at.isoformat(timespec="seconds")}" title="{escape(minute)} {escape(zone)}"'
        f' data-relative="{escape(style)}">{escape(words)}</time>'
    )


def exact(at: datetime) -> tuple[str, str, str]:
    """The day, the day with its time, and the zone, for the viewer."""
    at = at.replace(second=0, microsecond=0)
    return _exact(at, timezone.get_current_timezone(), get_language())


@lru_cache(maxsize=8_000)
def _exact(at: datetime, zone: tzinfo, _language: str) -> tuple[str, str, str]:
    """Kept, because a list has a hundred times, and Django spells each anew in the time of a small query."""
    local = at.astimezone(zone)
    return (
        formats.date_format(local, "DATE_FORMAT"),
        formats.date_format(local, "DATETIME_FORMAT"),
        str(local.tzname()),
    )


@register.simple_tag
def due(
    at: datetime | None,
    *,
    start: datetime | None = None,
    word: str = "",
    paused: str = "",
    warn: int = WARN_SECONDS,
) -> SafeString:
    """{% due at start=begun word="first response" %}: the promise chip.

    `paused` names what it waits for and stops the clock; `warn` is how many seconds before the end it warns.
    """
    tail = f" · {word}" if word else ""
    if paused:
        return format_html('<span class="chip rest">{} · {}</span>', _("paused"), paused)
    now = timezone.now()
    if at is None or at - now > NO_PROMISE:
        return format_html('<span class="chip none">{}</span>', _("no promise"))
    left = at - now
    level = "bad" if left < NO_TIME else "warn" if left <= timedelta(seconds=warn) else "ok"
    words = _left_or_over(spans.spell(left), level == "bad", get_language())
    begin = start.isoformat(timespec="seconds") if start else ""
    _day, minute, zone = exact(at)
    return _safe(
        f'<span class="chip {level}" data-p="{100 if level == "bad" else _spent(at, start, now)}"'
        f' data-due="{at.isoformat(timespec="seconds")}" data-start="{begin}" data-warn="{warn}"'
        f' title="{escape(minute)} {escape(zone)}">'
        f"<span><span data-due-text>{escape(words)}</span>{escape(tail)}</span></span>"
    )


@lru_cache(maxsize=4_000)
def _left_or_over(span: str, is_over: bool, _language: str) -> str:
    return (_("%(span)s over") if is_over else _("%(span)s left")) % {"span": span}


@lru_cache(maxsize=100)
def _promise(metric: str, _language: str) -> str:
    return str(Metric(metric).label)


@register.simple_tag
def clock_chip(clock: Standing | None, *, paused: str = "") -> SafeString:
    """{% clock_chip standing paused="requester" %}: the chip of a ticket's clock, counting down.

    `paused` says for whom or what a clock that rests does so.
    """
    if clock is None:
        return due(None)
    if clock.is_paused:
        over = [_("already over")] if clock.was_breached else []
        return due(None, paused=" · ".join([paused or _("by the policy"), *over]))
    warning = clock.warning
    return due(
        clock.cycle.due_at,
        start=clock.paced_from,
        word=_promise(clock.cycle.metric, get_language()),
        warn=int(warning.total_seconds()) if warning else 0,
    )


def _spent(at: datetime, start: datetime | None, now: datetime) -> int:
    """Share of the promise that is used up, in steps of five; of a day where its start is not known."""
    whole = at - start if start else A_DAY
    used = 1 - (at - now) / whole if whole > NO_TIME else 1
    return round(min(1.0, max(0.0, used)) * 20) * 5


@register.filter
def percent_step(share: float) -> int:
    """Percent as the nearest step of five, for data-p on bars: style attributes are refused."""
    return round(min(100.0, max(0.0, float(share))) / 5) * 5


# --- Addresses ---


@register.simple_tag(takes_context=True)
def query_url(context: RequestContext, **changes: Any) -> str:
    """{% query_url sort="due" team=None %}: this page's address with parameters changed, None removes one.

    Where one stood in a long list is forgotten, unless the change is about that.
    """
    query = context["request"].GET.copy()
    if not PAGING & changes.keys():
        for name in PAGING:
            query.pop(name, None)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query.setlist(
                name, [str(each) for each in (value if isinstance(value, list | tuple) else [value])]
            )
    return f"?{query.urlencode()}" if query else context["request"].path


@register.simple_tag(takes_context=True)
def nav_item(
    context: RequestContext,
    url: str = "",
    label: str = "",
    *,
    count: str = "",
    tier: Any = None,
    icon: str = "",
    key: str = "",
    has_below: bool = False,
) -> SafeString:
    """{% nav_item "/desk/queues/mine/" label count="mine" icon="user" key="g m" %}: a line of the side nav.

    With `has_below` the addresses below its own are its pages, too.

    {% nav_item tier=tier %} is enough for a tier: its address, name and number follow from the tier. The number is
    filled in by components/_counts.html.
    """
    parts = _tier_parts(tier)
    level, name, __ = parts
    if level is not None:
        url, label, count = url or f"/desk/queues/tier-{level}/", label or name, count or f"tier-{level}"
    request: HttpRequest | None = context.get("request")
    path = request.path if request else ""
    is_current = path.startswith(url) if has_below else path == url
    return _nav_item(url, str(label), count, parts, icon, key, is_current, has_below)


@lru_cache(maxsize=2_000)
def _nav_item(
    url: str,
    label: str,
    count: str,
    of: tuple[int | None, str, str],
    icon_: str,
    key: str,
    is_current: bool,
    has_below: bool,
) -> SafeString:
    mark = _tier(*of, now=False) if of[0] is not None else icon(icon_) if icon_ else ""
    return format_html(
        '<li><a class="nav-item" href="{}"{}{}{}>{}<span class="label">{}</span>{}</a></li>',
        url,
        mark_safe(' aria-current="page"') if is_current else "",
        mark_safe(" data-below") if has_below else "",
        format_html(' data-key="{}"', key) if key else "",
        mark,
        label,
        format_html('<span class="count" id="count-{}"></span>', count) if count else "",
    )


# --- Forms ---


@register.inclusion_tag("components/_form_field.html")
def field(bound: BoundField, label: str = "", placeholder: str = "") -> dict[str, Any]:
    """{% field form.subject %}: label, control, help and errors, tied together for screen readers."""
    attrs: dict[str, str | bool] = {"placeholder": placeholder} if placeholder else {}
    own = str(bound.field.widget.attrs.get("placeholder", ""))
    if own and own.casefold().startswith(str(label or bound.label).casefold()):
        # "Password" inside a field that is called so tells nothing, and looks as if it were filled in.
        del bound.field.widget.attrs["placeholder"]
    _say_what_empty_is(bound.field)
    return {
        "field": bound,
        "control": bound.as_widget(attrs=attrs),
        "label": label or bound.label,
        "is_checkbox": getattr(bound.field.widget, "input_type", "") == "checkbox" and not bound.use_fieldset,
    }


@register.filter
def lag(milliseconds: int) -> str:
    """How late something was: exact where it is short, in words where nobody counts thousandths."""
    if milliseconds < 10_000:
        return _("%(n)s ms") % {"n": milliseconds}
    if milliseconds < 60_000:
        return _("%(n)s s") % {"n": milliseconds // 1_000}
    return spans.spell(timedelta(milliseconds=milliseconds))


DASHES = "---------"
"""What Django writes where nothing is chosen."""


def _say_what_empty_is(asked: Field) -> None:
    """Dashes are no words: what has to be chosen says so, and what need not be says that it is nothing."""
    word = _("choose…") if asked.required else _("none")
    if getattr(asked, "empty_label", None) == DASHES:
        asked.empty_label = word  # type: ignore[attr-defined]
    elif isinstance(asked, ChoiceField) and isinstance(asked.choices, list):
        asked.choices = [
            (key, word if key == "" and str(text) == DASHES else text) for key, text in asked.choices
        ]


@register.inclusion_tag("components/_form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """{% form_errors form %}: what is wrong, each line a link to its field. First thing in a form."""
    return {"form": form, "invalid": [bound for bound in form if bound.errors and not bound.is_hidden]}


@register.inclusion_tag("components/_form_fields.html")
def form_fields(form: BaseForm, two: bool = False) -> dict[str, Any]:
    """{% form_fields form %}: the error summary, hidden fields and every visible field in order."""
    return {"form": form, "two": two}
