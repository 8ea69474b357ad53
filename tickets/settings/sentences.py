"""The changes of the settings of tickets in words, as the history of settings tells them."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import sentences
from accounts.models import AccountEvent
from tickets.models import CannedReply, Category, CustomField, Impact, Priority, ReadyTicket, Status, Urgency
from tickets.operations.ready import REPLIES, TICKETS
from tickets.settings import events


def teach() -> None:
    for kind, sentence, about, changed in (
        (events.CATEGORY_CREATED, gettext_lazy("added the category %(about)s"), Category, False),
        (events.CATEGORY_CHANGED, gettext_lazy("changed the category %(about)s"), Category, True),
        (events.FIELD_CREATED, gettext_lazy("added the field %(about)s"), CustomField, False),
        (events.FIELD_CHANGED, gettext_lazy("changed the field %(about)s"), CustomField, True),
        (REPLIES.created, gettext_lazy("added the canned reply %(about)s"), CannedReply, False),
        (REPLIES.changed, gettext_lazy("changed the canned reply %(about)s"), CannedReply, True),
        (TICKETS.created, gettext_lazy("added the ready-made ticket %(about)s"), ReadyTicket, False),
        (TICKETS.changed, gettext_lazy("changed the ready-made ticket %(about)s"), ReadyTicket, True),
    ):
        sentences.teach(kind, sentence, about=about, changed=changed)
    sentences.teach(
        events.CATEGORY_MOVED,
        gettext_lazy("moved the category %(about)s"),
        about=Category,
        details=_moved,
    )
    sentences.teach(
        events.CATEGORY_MERGED,
        gettext_lazy("merged the category %(about)s into another"),
        about=Category,
        details=_merged,
    )
    sentences.teach(
        events.QUESTIONS_CHANGED,
        gettext_lazy("changed what the portal asks in %(about)s"),
        about=Category,
    )
    sentences.teach(events.FIELDS_ORDERED, gettext_lazy("put the custom fields into another order"))
    sentences.teach(
        events.STATUSES_CHANGED,
        gettext_lazy("changed names and colours of statuses"),
        details=lambda event: ", ".join(str(Status(code).label) for code in event.data.get("statuses", [])),
    )
    sentences.teach(
        events.WRITING_CHANGED,
        gettext_lazy("changed who writes to requesters in %(about)s"),
        about=Category,
        details=_writing,
    )
    sentences.teach(
        events.TEMPLATE_APPLIED, gettext_lazy("added the categories of a template"), details=_template
    )
    sentences.teach(events.MATRIX_CHANGED, gettext_lazy("changed the priority matrix"), details=_cells)
    sentences.teach(TICKETS.deleted, gettext_lazy("deleted a ready-made ticket"), details=_team)
    sentences.teach(REPLIES.deleted, gettext_lazy("deleted a canned reply"), details=_team)


def _moved(event: AccountEvent) -> str:
    data = event.data
    if "up" in data:  # as it was told before categories could be dragged
        return _("one place up") if data["up"] else _("one place down")
    before, after = data["parent"]
    if before == after:
        return _("to place %(n)s") % {"n": data["place"]}
    names = dict(Category.objects.filter(pk__in=[before, after]).values_list("pk", "full_name"))
    top = _("at the top")
    return f"{names.get(before, top)} → {names.get(after, top)}"


def _merged(event: AccountEvent) -> str:
    into = Category.objects.filter(pk=event.data["into"]).first()
    return str(into) if into else ""


def _writing(event: AccountEvent) -> str:
    ways = {True: _("writes itself"), False: _("writes through the contact"), None: _("as above it")}
    return f"L{event.data['tier']}: {ways[event.data.get('was')]} → {ways[event.data.get('writes')]}"


def _cells(event: AccountEvent) -> str:
    return "; ".join(
        f"{Impact(impact).label} × {Urgency(urgency).label}: "
        f"{Priority(before).label} → {Priority(after).label}"
        for impact, urgency, before, after in event.data["cells"]
    )


def _template(event: AccountEvent) -> str:
    return str(event.data["template"]).replace("_", " ")


def _team(event: AccountEvent) -> str:
    return str(event.team) if event.team else ""
