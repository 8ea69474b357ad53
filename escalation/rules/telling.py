"""Whom rules tell: people of the desk, by their notices and by mail; programs, by a webhook.

Telling people is an event of the ticket, and what follows from it is said in `helpdesk.wiring`: mails know about
pages, rules do not.
"""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from delivery.models import Webhook
from delivery.operations import send_to_webhook
from escalation.events import NOTIFIED
from escalation.models import Firing
from escalation.rules.actions import ActionType, Args, Said, no_columns, nothing, number, register
from escalation.rules.book import Live
from escalation.rules.wording import checked_text
from tickets.events import Quiet, plain, tell
from tickets.models import Ticket
from tickets.permissions import is_desk
from tickets.refusals import Invalid, Refused


class Who(models.TextChoices):
    """Whom a rule tells. Where nobody is, the next in this order is told instead (helpdesk.rule_notices)."""

    ASSIGNEE = "assignee", gettext_lazy("the assignee")
    CONTACT = "contact", gettext_lazy("the contact")
    LEAD = "lead", gettext_lazy("the leads of its team")
    MANAGERS = "managers", gettext_lazy("the managers")
    PERSON = "person", gettext_lazy("a person")


FACTS = (
    "kind",
    "status",
    "tier_id",
    "team_id",
    "assignee_id",
    "contact_id",
    "requester_id",
    "organisation_id",
    "category_id",
    "priority",
    "impact",
    "urgency",
    "channel",
    "created_at",
    "changed_at",
    "handoff_count",
    "bounce_count",
    "reopen_count",
)
"""The columns that a webhook is told: keys, codes, numbers and times. No word of anybody leaves the desk by it."""


class WebhookGone(Refused):
    """The webhook that a rule calls is gone or not in use."""

    code = "webhook_gone"


def teach() -> None:
    """Add these types; called once, by the wiring."""
    register(
        ActionType("notify", gettext_lazy("tell people"), _clean_notify, no_columns, _notify, nothing),
        ActionType("webhook", gettext_lazy("call a webhook"), _clean_webhook, no_columns, _webhook, nothing),
    )


# --- people ---


def _clean_notify(args: Args) -> dict[str, Any]:
    who = args.get("who")
    if who not in Who.values:
        raise Invalid(_("Choose one of: %(names)s.") % {"names": ", ".join(Who.values)}, field="who")
    found: dict[str, Any] = {"who": str(who)}
    if who == Who.PERSON:
        found["person"] = _somebody(args.get("person"))
    text = checked_text(args.get("text"), needed=False)
    return found | ({"text": text} if text else {})


def _somebody(key: Any) -> int:
    person = User.objects.active().filter(pk=number(key)).first()
    if person is None or not is_desk(person):
        raise Invalid(_("Choose somebody of the desk who is here."), field="person")
    return person.pk


def _notify(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    """An event that names the firing and the action in it: the words stay in the rule's version."""
    place = next(place for place, action in enumerate(rule.spec.actions) if action.args is args)
    data = {"firing": firing.pk, "action": place, "who": args["who"], "user": args.get("person")}
    data["rule"] = rule.rule
    tell([Quiet(ticket.pk, NOTIFIED, at, data)], written=at)
    return {"who": args["who"]}


# --- programs ---


def _clean_webhook(args: Args) -> dict[str, Any]:
    webhook = Webhook.objects.filter(pk=number(args.get("webhook")), is_enabled=True).first()
    if webhook is None:
        raise Invalid(_("Choose a webhook that is in use."), field="webhook")
    return {"webhook": webhook.pk}


def _webhook(ticket: Ticket, args: Args, *, firing: Firing, rule: Live, at: datetime) -> Said:
    webhook = Webhook.objects.filter(pk=args["webhook"], is_enabled=True).first()
    if webhook is None:
        raise WebhookGone(_("The webhook that the rule calls is gone or not in use."))
    ticket.refresh_from_db(fields=FACTS)
    send_to_webhook(
        webhook,
        {
            "type": "rule.fired",
            "at": plain(at),
            "rule": {"id": rule.rule, "version": rule.number},
            "firing": firing.pk,
            "event": firing.event_id,
            "ticket": {"number": ticket.number, **{name: plain(getattr(ticket, name)) for name in FACTS}},
        },
        event_id=firing.event_id,
        ticket_number=ticket.pk,
        at=at,
    )
    return {"webhook": webhook.pk}
