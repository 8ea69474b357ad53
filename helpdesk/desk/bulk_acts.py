"""Which acts make sense on several tickets at once, and which form each asks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from django.http import QueryDict
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.models import User
from escalation.macros.running import run_macro
from escalation.models import Macro
from escalation.operations import HandedOver
from escalation.queries.checklists import missing
from helpdesk.desk.acts import ACTS
from helpdesk.desk.doing import Act, asking_first
from helpdesk.desk.forms import bulk as forms
from helpdesk.desk.forms.base import ActForm
from helpdesk.desk.forms.ending import LEARNED_FROM
from helpdesk.desk.forms.problems import BulkProblemForm
from knowledgebase.operations import problems
from tickets import operations
from tickets.models import LinkType, Ticket


def attach(ticket: Ticket, *, parent: Ticket, **facts: Any) -> Ticket:
    """Make it a child: people with the same trouble have one parent, and each sees only their own."""
    return operations.link(ticket, other=parent, type=LinkType.CHILD, **facts)


def _resolve(ticket: Ticket, *, publish_fix: bool = False, **facts: Any) -> Ticket:
    """Only what experts have found out is for the tiers below to learn."""
    wanted = publish_fix and ticket.tier_id in LEARNED_FROM
    result: Ticket = ACTS["resolve"].carry_out(ticket, publish_fix=wanted, **facts)
    return result


def macro_at_once(ticket: Ticket, *, macro: Macro, by: User, at: datetime, words: str = "") -> Ticket:
    """What it writes leaves at once: of many, and of a program's, nobody takes one back in ten seconds."""
    return run_macro(macro, ticket, by=by, at=at, words=words or None)


OWN: dict[str, Act] = {
    "reply": Act(
        _lazy("Reply"), operations.reply, "", forms.BulkReplyForm, icon="reply", key="r", public="text"
    ),
    "note": Act(_lazy("Note"), operations.note, "", forms.BulkNoteForm, icon="note", key="i"),
    "ask": Act(
        _lazy("Ask the requesters"),
        operations.wait_for_requester,
        "",
        forms.BulkAskForm,
        icon="wait",
        public="question",
    ),
    "hold": Act(_lazy("Hold until"), operations.hold, "", forms.BulkHoldForm, icon="pause", key="w"),
    "resolve": replace(ACTS["resolve"], carry_out=_resolve, form=forms.BulkResolveForm),
    "macro": Act(_lazy("Run a macro"), macro_at_once, "", forms.BulkMacroForm, icon="bolt"),
    "parent": Act(_lazy("Attach to a parent"), attach, "", forms.BulkParentForm, icon="link"),
    "problem": Act(_lazy("Attach to a problem"), problems.attach, "", BulkProblemForm, icon="link"),
}
"""Acts that the page of one ticket has in another shape: in its composer, or in a dialog that knows the ticket."""

FORMS: dict[str, type[ActForm]] = {
    "assign": forms.BulkAssignForm,
    "hand-over": forms.BulkHandOverForm,
    "change": forms.BulkChangeForm,
    "contact": forms.BulkContactForm,
    "override-priority": forms.BulkPriorityForm,
    "untag": forms.BulkUntagForm,
    "restrict": forms.BulkRestrictForm,
}

FIRST = ("take", "assign", "hand-over", "reply", "change", "tag", "resolve", "close")
"""Those that stand in the bar; the others are in its menu."""
MORE = (
    "macro",
    "note",
    "ask",
    "hold",
    "resume",
    "release",
    "accept",
    "return",
    "contact",
    "confirm-priority",
    "override-priority",
    "untag",
    "watch",
    "unwatch",
    "parent",
    "problem",
    "merge",
    "refer",
    "log-work",
    "restrict",
    "unrestrict",
    "reopen",
    "only-thanks",
    "cancel",
    "not-a-request",
    "restore",
)


KEYLESS = ("resume", "unwatch", "reopen", "only-thanks")
"""Their keys mean something else where many are chosen, or nothing that is done often."""


@cache
def bulk_acts() -> tuple[tuple[str, Act], ...]:
    """Everything that makes sense on several tickets at once. Splitting, linking and redacting do not."""
    return tuple((name, _asking_first(OWN.get(name) or _for_many(name))) for name in (*FIRST, *MORE))


def _for_many(name: str) -> Act:
    key = "" if name in KEYLESS else ACTS[name].key
    return replace(ACTS[name], form=FORMS.get(name, ACTS[name].form), key=key)


def _asking_first(act: Act) -> Act:
    """A ticket of whose notes the words are is refused: about each of them one is asked on its own page."""
    return replace(act, carry_out=asking_first(act)) if act.public else act


def named(name: str) -> Act | None:
    return dict(bulk_acts()).get(name)


def form_for(name: str, tickets: Sequence[Ticket], *, user: User, data: QueryDict | None = None) -> ActForm:
    """What the act of this name asks; `tickets` only for what the form shows."""
    form = dict(bulk_acts())[name].form(data, ticket=None, user=user, auto_id=f"bulk-{name}_%s")  # type: ignore[arg-type]
    if isinstance(form, forms.BulkForm):
        form.tickets = tickets
    return form


def noted(outcomes: Sequence[Any]) -> list[list[Any]]:
    """What one should know of hand-overs that were made: what is owed, what was let go without, where else it went."""
    handed = [each for each in outcomes if isinstance(each, HandedOver)]
    lacking = missing([each.handoff for each in handed]) if handed else {}
    told_of = []
    for each in handed:
        items = get_text_list(
            [_("“%(title)s”") % {"title": text} for text in lacking.get(each.handoff.pk, ())], _("and")
        )
        told = [each.notice]
        if items and each.handoff.overridden_by_id:
            told.append(_("Let go without %(items)s; that is recorded.") % {"items": items})
        elif items:
            told.append(_("Not held up, for it is urgent; still owed: %(items)s.") % {"items": items})
        words = " ".join(filter(None, told))
        if words:
            told_of.append([each.ticket.pk, words])
    return told_of
