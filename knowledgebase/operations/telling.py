"""What a run came to, as the one block of text that the ticket's history keeps."""

import re

from django.utils.translation import gettext as _

from knowledgebase.models import Run, RunAnswer, RunOutcome
from knowledgebase.queries.runs import Standing, words_of
from knowledgebase.scripts.spec import PASSED, WAYS, Kind, Step

MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")
QUIET = (Kind.INSTRUCTION, Kind.LINK, Kind.TIMER)
"""Steps that are done, not answered."""


def block(here: Standing) -> str:
    """Markdown: how it ended, then each step with its answer, in the order of the way."""
    lines = [_line(number, here, row) for number, row in enumerate(here.passed, start=1)]
    return "\n".join([f"**{_head(here.run)}**", "", *(lines or [_("Nothing was answered.")])])


def _head(run: Run) -> str:
    facts = {"script": plain(str(run.version.title)), "number": run.version.number, "why": plain(run.why)}
    heads = {
        "": _("Script “%(script)s” (version %(number)d), so far"),
        RunOutcome.RESOLVED: _("Script “%(script)s” (version %(number)d), brought to its end: resolved"),
        RunOutcome.HANDED_OVER: _(
            "Script “%(script)s” (version %(number)d), brought to its end: handed over"
        ),
        RunOutcome.NEXT_SOP: _(
            "Script “%(script)s” (version %(number)d), brought to its end: another script follows"
        ),
        RunOutcome.GIVEN_UP: _("Script “%(script)s” (version %(number)d), given up: %(why)s"),
        RunOutcome.OVERTAKEN: _("Script “%(script)s” (version %(number)d), not brought to its end"),
    }
    return heads[run.outcome] % facts


def _line(number: int, here: Standing, row: RunAnswer) -> str:
    step = here.script[row.step]
    who = f" ({plain(row.by.name)})" if row.by and row.by_id != here.run.started_by_id else ""
    return f"{number}. {plain(step.name)}{said(step, row)}{who}"


def said(step: Step, row: RunAnswer) -> str:
    """What was answered, after the name of its step."""
    if step.kind in QUIET:
        return " ✓"
    if step.kind == Kind.VERIFY:
        return ": " + verified(row)
    if step.kind == Kind.ACTION:
        status = row.data.get("status")
        code = f" ({status})" if status else ""
        return f": **{words_of(step, row)}**{code}"
    words = plain(words_of(step, row)) or _("nothing")
    if "\n" in words:
        return ":\n" + "\n".join(f"   > {line}" for line in words.splitlines())
    return f": **{words}**"


def verified(row: RunAnswer) -> str:
    """Only the result is kept, and the way it was come by."""
    if row.value == PASSED:
        return _("**verified**, %(way)s") % {"way": WAYS[row.data["way"]]}
    return _("**not verified**")


def plain(text: str) -> str:
    """The text without any meaning in Markdown."""
    return MARKS.sub(r"\\\1", text)
