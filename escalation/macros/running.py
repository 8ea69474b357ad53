"""Carrying out a macro: all of it or nothing, as the person who pressed the key; and what it would do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from escalation.macros.acts import ACTS
from escalation.macros.arguments import MacroAct, broken_in
from escalation.models import Macro
from tickets import events, filling
from tickets.filling import Source
from tickets.models import ReadyUse, Ticket
from tickets.operations.ready import count_uses
from tickets.refusals import Invalid, Refused
from tickets.state import State
from tickets.vocabulary import Facts, Unreadable, holds, parse

MOST_ACTS = 12


class BrokenMacro(Refused):
    """It refers to something that is gone; the message names the part and the remedy."""

    code = "broken_macro"


class MacroRefused(Refused):
    """One of its acts is refused, so nothing was done. Status, code and field are those of that refusal."""

    def __init__(self, step: int, label: str, refused: Refused) -> None:
        message = _("Act %(n)d (%(act)s): %(why)s") % {"n": step, "act": label, "why": refused}
        super().__init__(f"{message} {_('Nothing was done.')}", field=refused.field, step=step)
        self.code, self.http_status = refused.code, refused.http_status


@dataclass(frozen=True)
class Step:
    """One act of a macro, as it is on one ticket."""

    number: int
    act: MacroAct | None
    args: Mapping[str, Any]
    says: str
    text: str = ""
    missing: tuple[str, ...] = ()
    refused: str = ""
    broken: tuple[str, ...] = ()

    @property
    def is_public(self) -> bool:
        return self.act is not None and bool(self.act.public)


@transaction.atomic
def run_macro(
    macro: Macro,
    ticket: Ticket,
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
    words: str | None = None,
) -> Ticket:
    """Carry out its acts in their order, each as its own event that names the macro.

    Args:
        words: what the requester reads, where its text was changed before it was sent.

    Raises:
        BrokenMacro: it refers to something that is gone.
        MacroRefused: one act is refused; nothing of it was done.
        Conflict: `seen` is given and somebody has changed the ticket since.
    """
    require_whole(macro)
    ticket = events.lock(ticket, seen=seen)
    if not is_offered(macro, ticket, by, at=at):
        raise Invalid(
            _("The macro “%(name)s” is not meant for this ticket.") % {"name": macro}, field="macro"
        )
    with events.because(macro=macro.pk):
        for step in steps_of(macro, ticket, by, words=words):
            assert step.act is not None  # noqa: S101  (a macro with unknown acts is broken)
            try:
                filling.require_filled(step.text)
                result = step.act.carry_out(ticket, step.args, by=by, at=at)
            except Refused as refused:
                raise MacroRefused(step.number, step.says, refused) from refused
            ticket = events.lock(getattr(result, "ticket", result))
    count_uses([(str(ReadyUse.Of.MACRO), macro.pk)], ticket=ticket, by=by, at=at)
    return ticket


def send_later(ticket: Ticket, *, text: str, by: User, at: datetime, macro: int, **_facts: Any) -> Ticket:
    """How a macro leaves that was on its way (`tickets.operations.outgoing`): all of it happens then."""
    row = Macro.objects.filter(pk=macro).first()
    if row is None:
        raise Invalid(_("The macro was deleted meanwhile."), field="macro")
    return run_macro(row, ticket, by=by, at=at, words=text)


def preview(macro: Macro, ticket: Ticket, *, by: User, at: datetime) -> list[Step]:
    """What it would do on this ticket, act by act, and what would be refused. Nothing is done."""
    found = []
    with transaction.atomic():
        ticket = events.lock(ticket)
        for step in steps_of(macro, ticket, by):
            found.append(_tried(step, ticket, by=by, at=at))
        transaction.set_rollback(True)
    return found


def _tried(step: Step, ticket: Ticket, *, by: User, at: datetime) -> Step:
    refused, broken = "", tuple(broken_in(step.act, step.args)) if step.act else (_unknown(),)
    if step.act is not None and not broken and not step.missing:
        try:
            with transaction.atomic():
                step.act.carry_out(ticket, step.args, by=by, at=at)
        except Refused as found:
            refused = str(found)
    return Step(
        step.number, step.act, step.args, step.says, step.text, step.missing, refused=refused, broken=broken
    )


def _unknown() -> str:
    return _("This version of Tierdesk does not know this act: take it out.")


def steps_of(macro: Macro, ticket: Ticket, by: User, *, words: str | None = None) -> list[Step]:
    """Its acts with their words filled in for this ticket; `words` in the place of the first that is public."""
    steps = []
    source = Source(ticket, by)
    for number, (name, kept) in enumerate(macro.acts, 1):
        act = ACTS.get(name)
        texts = {arg.name for arg in act.args if arg.of in ("text", "line")} if act else set()
        args = {
            key: filling.fill(value, source) if key in texts and isinstance(value, str) else value
            for key, value in kept.items()
        }
        if words is not None and act is not None and act.public:
            args[act.public], words = words, None
        text = "\n\n".join(str(args[key]) for key in ("text", "summary") if args.get(key))
        says = act.says(args) if act else str(name)
        steps.append(Step(number, act, args, says, text, tuple(filling.missing(text))))
    return steps


def public_words(macro: Macro, ticket: Ticket, by: User) -> str:
    """What the requester would read of it first; "" where it writes to nobody."""
    steps = steps_of(macro, ticket, by)
    return next((step.text for step in steps if step.is_public), "")


# --- which are offered, and which are broken ---


def require_whole(macro: Macro) -> None:
    found = what_is_broken(macro)
    if found:
        raise BrokenMacro(
            _("The macro “%(name)s” is broken. %(why)s") % {"name": macro, "why": " ".join(found)},
            field="macro",
        )


def what_is_broken(macro: Macro) -> list[str]:
    """Each part that refers to something that is gone, with the remedy."""
    found = []
    for number, (name, args) in enumerate(macro.acts, 1):
        act = ACTS.get(name)
        parts = broken_in(act, args) if act else [_unknown()]
        label = act.label if act else name
        found += [
            _("Act %(n)d (%(act)s): %(why)s") % {"n": number, "act": label, "why": why} for why in parts
        ]
    if macro.filter and isinstance(read_filter(macro), Unreadable):
        found.append(
            _("Where it is offered: %(why)s Write that anew.") % {"why": read_filter(macro)},
        )
    return found


def read_filter(macro: Macro) -> Any:
    """The tree of where it is offered, or the `Unreadable` that it has become."""
    try:
        return parse(macro.filter)
    except Unreadable as unreadable:
        return unreadable


def is_offered(macro: Macro, ticket: Ticket, user: User, *, at: datetime) -> bool:
    return not macro.filter or _holds(macro, State.of(ticket), Facts.of(ticket), user, at)


def _holds(macro: Macro, state: State, facts: Facts, user: User, at: datetime) -> bool:
    tree = read_filter(macro) if macro.filter else None
    # One whose filter cannot be read any more is shown as broken, and does not run.
    if tree is None or isinstance(tree, Unreadable):
        return True
    return holds(tree, state, at=at, facts=facts, user=user)


def offered(ticket: Ticket, user: User, *, at: datetime) -> list[Macro]:
    """Those that this person may use on this ticket, those with a key first. Of one key the nearest has it."""
    rows = list(Macro.objects.usable_by(user).filter(is_active=True).select_related("team"))
    if not any(macro.filter for macro in rows):
        return _with_keys(rows)
    state, facts = State.of(ticket), Facts.of(ticket)
    return _with_keys([macro for macro in rows if _holds(macro, state, facts, user, at)])


def _with_keys(macros: Iterable[Macro]) -> list[Macro]:
    nearest: dict[int, Macro] = {}
    for macro in sorted(macros, key=_distance):
        if macro.slot and nearest.setdefault(macro.slot, macro) is not macro:
            macro.slot = None
    return sorted(macros, key=lambda macro: (macro.slot or 99, macro.folder.lower(), macro.name.lower()))


def _distance(macro: Macro) -> tuple[int, int]:
    """One's own before the team's before everybody's; of the same the older."""
    return (0 if macro.owner_id else 1 if macro.team_id else 2, macro.pk)
