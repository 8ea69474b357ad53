"""The changes of the settings of tickets in words, as the history of settings tells them."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import sentences
from accounts.models import AccountEvent
from tickets.models import CannedReply, Category, CustomField, Impact, Priority, Urgency
from tickets.settings import events


def teach() -> None:
    for kind, sentence, about, changed in (
        (events.CATEGORY_CREATED, gettext_lazy("added the category %(about)s"), Category, False),
        (events.CATEGORY_CHANGED, gettext_lazy("changed the category %(about)s"), Category, True),
        (events.FIELD_CREATED, gettext_lazy("added the field %(about)s"), CustomField, False),
        (events.FIELD_CHANGED, gettext_lazy("changed the field %(about)s"), CustomField, True),
        (events.REPLY_CREATED, gettext_lazy("added the canned reply %(about)s"), CannedReply, False),
        (events.REPLY_CHANGED, gettext_lazy("changed the canned reply %(about)s"), CannedReply, True),
    ):
        sentences.teach(kind, sentence, about=about, changed=changed)
    sentences.teach(
        events.CATEGORY_MOVED,
        gettext_lazy("moved the category %(about)s"),
        about=Category,
        details=lambda event: _("one place up") if event.data["up"] else _("one place down"),
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
    sentences.teach(events.REPLY_DELETED, gettext_lazy("deleted a canned reply"), details=_team)


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
