"""Texts that rules send: what stands in braces is filled in from the ticket."""

import re
from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from tickets.models import Ticket
from tickets.refusals import Invalid

LONGEST = 10_000
_NAMED = re.compile(r"\{([a-z_]+)\}")

VARIABLES: Mapping[str, Callable[[Ticket], str]] = {
    "number": lambda ticket: ticket.number,
    "subject": lambda ticket: ticket.subject,
    "first_name": lambda ticket: ticket.requester.first_name,
    "team": lambda ticket: ticket.team.name,
}
"""What a text may name: number and subject of the ticket, the requester's first name, the team that has it."""


def fill(text: str, ticket: Ticket) -> str:
    """The text with its variables replaced. A value is put in as it is: braces in a subject name nothing."""
    return _NAMED.sub(lambda found: _value(found, ticket), text)


def _value(found: "re.Match[str]", ticket: Ticket) -> str:
    read = VARIABLES.get(found[1])
    return read(ticket) if read is not None else found[0]


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
