"""The fields of tickets themselves. Apps above add theirs through `helpdesk.wiring`."""

from typing import Any

from django.db.models import Exists, Expression, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, SupportPlan, Team, Tier, User
from tickets.models import (
    FAR,
    CancelReason,
    Category,
    Channel,
    CloseReason,
    ExternalReference,
    HoldReason,
    Impact,
    Kind,
    Priority,
    ResolutionCode,
    Status,
    Tagging,
    Urgency,
    Watch,
    WorkLog,
)
from tickets.vocabulary.fields import Op, Read, Word, register
from tickets.vocabulary.types import Code, External, Flag, Key, Many, Number, Plan, StatusCode, Text, Time

REPLY_WAITS = Q(requester_waiting_since__isnull=False, last_public_reply_at__isnull=False)
IS_OR_EMPTY = (Op.IS, Op.EMPTY)
PERSON = (Word.ME, Word.NONE)
ALWAYS = Q(pk__isnull=False)


def column(name: str) -> Read:
    """Read a column of the state."""
    return lambda state, _facts: getattr(state, name)


def fact(name: str) -> Read:
    return lambda _state, facts: getattr(facts, name)


def _minutes() -> Expression:
    rows = WorkLog.objects.filter(ticket=OuterRef("pk")).order_by().values("ticket")
    return Coalesce(Subquery(rows.annotate(n=Sum("minutes")).values("n")), 0)


def _code(name: str, label: Any, choices: Any, *, may_be_empty: bool = False) -> Code:
    operators = IS_OR_EMPTY if may_be_empty else (Op.IS,)
    return Code(name=name, label=label, read=column(name), column=name, choices=choices, operators=operators)


def _key(name: str, label: Any, model: Any, words: tuple[Word, ...] = (), **rest: Any) -> Key:
    rest.setdefault("operators", IS_OR_EMPTY if Word.NONE in words else (Op.IS,))
    of = f"{name}_id"
    return Key(name=name, label=label, read=column(of), column=of, model=model, words=words, **rest)


def _time(name: str, label: Any, of: str, *, is_future: bool = False, is_known: bool = False) -> Time:
    known = ALWAYS if is_known else Q(**{f"{of}__isnull": False})
    return Time(name=name, label=label, read=column(of), column=of, known=known, is_future=is_future)


def _count(name: str, label: Any, of: str) -> Number:
    return Number(name=name, label=label, read=column(of), column=of)


register(
    StatusCode(name="status", label=_("Status"), read=column("status"), column="status", choices=Status),
    Flag(name="open", label=_("Open"), read=lambda state, _facts: state.is_open, condition=Q(in_queue=True)),
    _code("kind", _("Kind"), Kind),
    _key("tier", _("Tier"), Tier, prefix="L"),
    _key("team", _("Team"), Team, (Word.MINE,)),
    _key("assignee", _("Assignee"), User, PERSON),
    _key("contact", _("Contact"), User, PERSON),
    _key("requester", _("Requester"), User, (Word.ME,)),
    _key("opened_by", _("Opened by"), User, PERSON),
    _key("organisation", _("Organisation"), Organisation, (Word.NONE,)),
    Plan(
        name="plan",
        label=_("Support plan"),
        read=fact("plan"),
        column="support_plan",
        choices=SupportPlan,
        operators=IS_OR_EMPTY,
    ),
    _key("vendor", _("Vendor"), Organisation, (Word.NONE,)),
    _code("channel", _("Channel"), Channel),
    Key(
        name="category",
        label=_("Category"),
        read=fact("categories"),
        column="category_id",
        model=Category,
        words=(Word.NONE,),
        operators=(Op.IS, Op.UNDER, Op.EMPTY),
    ),
    _code("impact", _("Impact"), Impact),
    _code("urgency", _("Urgency"), Urgency),
    _code("priority", _("Priority"), Priority),
    Many(name="tag", label=_("Tag"), read=fact("tags"), model=Tagging, column="tag__name"),
    Many(
        name="watcher",
        label=_("Watcher"),
        read=fact("watchers"),
        model=Watch,
        column="user_id",
        keys=User,
        words=(Word.ME,),
    ),
    Text(name="subject", label=_("Subject"), read=fact("subject"), column="subject_plain"),
    Text(name="location", label=_("Location"), read=fact("location"), column="location_plain"),
    Text(name="device", label=_("Device"), read=fact("device"), column="device_plain"),
    _time("created", _("Created"), "created_at", is_known=True),
    _time("changed", _("Changed"), "changed_at", is_known=True),
    _time("resolved", _("Resolved"), "resolved_at"),
    _time("closed", _("Closed"), "closed_at"),
    _time("in_tier_since", _("In its tier since"), "tier_since", is_known=True),
    _time("in_status_since", _("In its status since"), "status_since", is_known=True),
    Time(
        name="due",
        label=_("Due"),
        read=fact("due_at"),
        column="next_due_at",
        known=Q(next_due_at__lt=FAR),
        is_future=True,
    ),
    _time("hold_until", _("On hold until"), "hold_until", is_future=True),
    Flag(
        name="reply_waits",
        label=_("Reply waits"),
        read=lambda state, _facts: state.reply_waits,
        condition=REPLY_WAITS,
    ),
    Flag(
        name="unaccepted",
        label=_("Not accepted yet"),
        read=lambda state, _facts: state.unaccepted_since is not None,
        condition=Q(unaccepted_since__isnull=False),
    ),
    Flag(
        name="restricted",
        label=_("Restricted"),
        read=column("is_restricted"),
        condition=Q(is_restricted=True),
    ),
    Flag(
        name="care",
        label=_("Handle with care"),
        read=column("handle_with_care"),
        condition=Q(handle_with_care=True),
    ),
    Flag(
        name="vip",
        label=_("Requester is a VIP"),
        read=fact("requester_is_vip"),
        condition=Q(Exists(User.objects.filter(pk=OuterRef("requester_id"), is_vip=True))),
    ),
    _count("reopened", _("Reopened"), "reopen_count"),
    _count("bounces", _("Bounces"), "bounce_count"),
    _count("handoffs", _("Hand-offs"), "handoff_count"),
    _count("news_asked", _("Asked for news"), "news_asked_count"),
    _count("rating", _("Rating"), "rating"),
    Number(
        name="minutes", label=_("Minutes worked"), read=fact("minutes"), left=_minutes, largest=10_000_000
    ),
    _code("hold_reason", _("On hold because"), HoldReason, may_be_empty=True),
    _code("resolution_code", _("Resolved as"), ResolutionCode, may_be_empty=True),
    _code("close_reason", _("Closed because"), CloseReason, may_be_empty=True),
    _code("cancel_reason", _("Cancelled because"), CancelReason, may_be_empty=True),
    External(
        name="external",
        label=_("External reference"),
        read=fact("external"),
        model=ExternalReference,
        column="key",
        operators=IS_OR_EMPTY,
    ),
)
