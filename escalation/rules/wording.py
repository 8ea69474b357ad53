"""Texts that rules send: what stands in braces is filled in from the ticket."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

from tickets import filling
from tickets.models import Ticket
from tickets.refusals import Invalid

LONGEST = 10_000
_NAMED = re.compile(r"\{([a-z_]+)\}")

VARIABLES: Mapping[str, str] = {
    "number": "ticket.number",
    "subject": "ticket.subject",
    "first_name": "requester.first_name",
    "team": "ticket.team",
}
"""What a text may name: number and subject of the ticket, the requester's first name, the team that has it; and what
ready-made texts call it (`tickets/filling.py`)."""


def fill(text: str, ticket: Ticket) -> str:
    """The text with its variables replaced. A value is put in as it is: braces in a subject name nothing."""
    return filling.fill(_spelled_out(text), filling.Source(ticket))


def fill_whole(text: str, ticket: Ticket) -> str:
    """The same for what a requester reads.

    Raises:
        Invalid: something has no value; people are refused that, too.
    """
    return filling.fill_whole(_spelled_out(text), filling.Source(ticket))


def _spelled_out(text: str) -> str:
    """Its variables as ready-made texts have them, so that all of a text is filled in at once."""
    return _NAMED.sub(_long, text)


def _long(found: "re.Match[str]") -> str:
    name = VARIABLES.get(found[1])
    return f"{{{{ {name} }}}}" if name else found[0]


def checked_text(text: object, *, field: str = "text", needed: bool = True) -> str:
    """A text as it may be kept.

    Raises:
        Invalid: it is empty or too long, or names a variable that there is not.
    """
    clean = str(text or "").replace("\x00", "").replace("\r\n", "\n").strip()
    if needed and not clean:
        raise Invalid(_("This cannot be empty."), field=field)
    if len(clean) > LONGEST:
        raise Invalid(_("A text has at most %(n)d characters.") % {"n": LONGEST}, field=field)
    unknown = [name for name in _NAMED.findall(clean) if name not in VARIABLES]
    if unknown:
        raise Invalid(
            _("“{%(name)s}” cannot be filled in. These can: %(known)s.")
            % {"name": unknown[0], "known": ", ".join(f"{{{name}}}" for name in VARIABLES)},
            field=field,
        )
    return clean
