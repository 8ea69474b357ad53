"""Whether a script may be kept and may be used: its steps, its ways, and what it names in this desk."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Team, Tier
from delivery.models import Webhook
from escalation.models import Reason
from knowledgebase.models import Article, ArticleKind, Permalink
from knowledgebase.scripts.checking import faults_of
from knowledgebase.scripts.reading import LONGEST_SCRIPT, read
from knowledgebase.scripts.spec import (
    HAND_OVER,
    NEXT_SOP,
    RESOLVE,
    Fault,
    Kind,
    Script,
    Step,
    in_order,
    to_json,
)
from tickets.models import ResolutionCode
from tickets.refusals import Invalid
from tickets.vocabulary import field_named

MOST_TOLD = 10


@dataclass(frozen=True)
class Examined:
    """A script as far as it can be read, and all that is wrong with it."""

    script: Script
    faults: tuple[Fault, ...]
    missing: tuple[Fault, ...] = ()
    """Articles that it names and that are not there: they may come later, and a run says when they are not."""

    def of_step(self, key: str) -> list[Fault]:
        return [fault for fault in (*self.faults, *self.missing) if fault.step == key]

    @property
    def of_all(self) -> list[Fault]:
        return self.of_step("")


def examine(script: Any, *, of: Article | None = None) -> Examined:
    """Read and check it: the steps first, then the ways, then what it names. `of` is the article that it stands in."""
    found, faults = read(script)
    if not faults:
        faults = list(faults_of(found))
    return Examined(found, (*faults, *_unknown(found, of)), tuple(_missing(found)))


def kept(script: Mapping[str, Any]) -> dict[str, Any]:
    """A script as a draft keeps it: in its one form where it can be read, else as it was written.

    Raises:
        Invalid: it is too long.
    """
    found, faults = read(script)
    if not faults:
        return to_json(found)
    plain: dict[str, Any] = json.loads(json.dumps(in_order(script), default=str))
    if len(json.dumps(plain)) > LONGEST_SCRIPT:
        raise Invalid(_("A script has at most %(n)d characters.") % {"n": LONGEST_SCRIPT}, field="script")
    return plain


def require_usable(script: Any, *, of: Article | None = None) -> None:
    """Nothing, if the script may be published.

    Raises:
        Invalid: each fault with its step; the field is `script`.
    """
    faults = examine(script, of=of).faults
    if not faults:
        return
    told = [str(fault) for fault in faults[:MOST_TOLD]]
    if len(faults) > MOST_TOLD:
        told.append(_("And %(n)d more.") % {"n": len(faults) - MOST_TOLD})
    raise Invalid(" ".join(told), field="script", faults=[[fault.step, fault.field] for fault in faults])


# --- what a script names ---


def _unknown(script: Script, of: Article | None) -> Iterator[Fault]:
    for step in script.steps.values():
        match step.kind:
            case Kind.ACTION:
                yield from _webhook(step)
            case Kind.BRANCH if step.reads_ticket:
                yield from _field(step)
            case Kind.OUTCOME:
                yield from _outcome(step, of)


def _webhook(step: Step) -> Iterator[Fault]:
    if step.webhook and not Webhook.objects.filter(name__iexact=step.webhook, is_enabled=True).exists():
        message = _("There is no webhook “%(name)s” in use. An administrator adds it under Settings.")
        yield Fault(step.key, "webhook", message % {"name": step.webhook})


def _missing(script: Script) -> Iterator[Fault]:
    for step in script.steps.values():
        having = {"article__kind": ArticleKind.SOP} if step.sop else {}
        slug = step.sop or step.article
        if slug and not Permalink.objects.filter(slug=slug, **having).exists():
            message = _("There is no article “%(slug)s” yet. Give the short name in its address.")
            yield Fault(step.key, "sop" if step.sop else "article", message % {"slug": slug})


def _field(step: Step) -> Iterator[Fault]:
    if field_named(step.reads_ticket) is None:
        message = _("Tickets have no field “%(name)s”. Give a name that filters know, such as ticket.kind.")
        yield Fault(step.key, "of", message % {"name": step.reads_ticket})


def _outcome(step: Step, of: Article | None) -> Iterator[Fault]:
    if step.act == RESOLVE and step.code and step.code not in ResolutionCode.values:
        message = _("Choose a code: %(known)s.") % {"known": ", ".join(ResolutionCode.values)}
        yield Fault(step.key, "code", message)
    if step.act == HAND_OVER:
        if step.reason and step.reason not in Reason.values:
            message = _("Choose a reason: %(known)s.") % {"known": ", ".join(Reason.values)}
            yield Fault(step.key, "reason", message)
        if step.team and not Team.objects.in_use().filter(name__iexact=step.team).exists():
            message = _("There is no team “%(name)s” in use.") % {"name": step.team}
            yield Fault(step.key, "team", message)
        level = step.tier.removeprefix("L")
        if step.tier and not Tier.objects.filter(level=int(level) if level.isdecimal() else -1).exists():
            yield Fault(step.key, "tier", _("There is no tier %(tier)s.") % {"tier": step.tier})
    if step.act == NEXT_SOP and of is not None and of.slug == step.sop:
        yield Fault(step.key, "sop", _("It would start itself again. Lead back to one of its steps instead."))
