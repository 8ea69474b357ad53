"""The words of a mail as a ticket holds them: subject and message."""

import re

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from intake.identity import kept_address, one_line, storable
from intake.mail.parsed import Address, Invitation, ParsedMail
from intake.models import MailMessage, MailWords
from intake.operations.attaching import Kept, put_pictures
from intake.queries.threads import SUBJECT_TAG
from tickets.operations.guards import MAX_TEXT

LONGEST_SUBJECT = 250
LONGEST_LINE = 400
MOST_ADDRESSED = 500
PREFIX = re.compile(
    r"^\s*(?:re|aw|antw|sv|vs|rv|res|r|fw|fwd|wg|tr|rif|ynt|odp|答复|回复|转发)\s*(?:\[\d+\])?\s*[:：]\s*",
    re.IGNORECASE,
)
CODE = re.compile(r"^(?:\t| {4,})", re.MULTILINE)
MARKS = re.compile(r"^(\s{0,3})(#{1,6}\s|```|~~~|={3,}\s*$|-{3,}\s*$)", re.MULTILINE)


def subject_of(subject: str, text: str) -> str:
    """What a new ticket is called: without Re: and our own tags; of a mail without a subject its first words."""
    subject = " ".join(SUBJECT_TAG.sub(" ", storable(subject)).split())
    while (shorter := PREFIX.sub("", subject)) != subject:
        subject = shorter
    if not subject:
        first = next((line.strip() for line in text.splitlines() if line.strip()), "")
        subject = first[:100] or _("(no subject)")
    return subject[:LONGEST_SUBJECT].strip()


def message_of(parsed: ParsedMail, text: str, kept: Kept) -> str:
    """What the ticket shows: what is new, its pictures in place, an invitation in words, and what was left out."""
    parts = [put_pictures(_as_written(text), parsed.html, kept)]
    if parsed.invitation is not None:
        parts.append(_invited(parsed.invitation))
    if parsed.is_encrypted and not text.strip():
        parts.append(_("*(The message is encrypted: nobody here can read it. Ask for it in plain text.)*"))
    if kept.left_out:
        parts.append(_("*Not attached:*") + "\n" + "\n".join(f"- {line}" for line in kept.left_out))
    whole = storable("\n\n".join(filter(str.strip, parts))) or _("(empty message)")
    if len(whole) <= MAX_TEXT:
        return whole
    cut = _("(cut: the whole text is in the original)")
    return f"{whole[: MAX_TEXT - len(cut) - 10]}\n\n{cut}"


def new_text(parsed: ParsedMail) -> str:
    """What the sender has added; all of it where nothing else is left, as in a forward without a word."""
    return (parsed.reply_text.strip() and parsed.reply_text) or parsed.text


def words_of(mail: MailMessage, parsed: ParsedMail) -> MailWords:
    """The whole of it, for who opens the original."""
    addressed = [kept_address(one.address) for one in (*parsed.to, *parsed.cc)]
    return MailWords(
        mail=mail,
        text=storable(parsed.text),
        html=storable(parsed.html),
        to=_lines(parsed.to),
        cc=_lines(parsed.cc),
        addressed=list(dict.fromkeys(addressed))[:MOST_ADDRESSED],
    )


def _lines(addresses: tuple[Address, ...]) -> list[str]:
    return [one_line(str(one), LONGEST_LINE) for one in addresses[:MOST_ADDRESSED]]


def _as_written(text: str) -> str:
    """Plain text as Markdown shows it: what is indented is no code, and a line of signs makes no headline."""
    text = CODE.sub(lambda found: "\u00a0" * (4 * found[0].count("\t") or len(found[0])), text)
    return MARKS.sub(r"\1\\\2", text)


def _invited(invitation: Invitation) -> str:
    when = ""
    if invitation.starts is not None:
        when = date_format(localtime(invitation.starts), "DATETIME_FORMAT")
        if invitation.ends is not None:
            when += f" – {date_format(localtime(invitation.ends), 'DATETIME_FORMAT')}"
        when += f" ({settings.TIME_ZONE})"
    parts = [invitation.summary, when, invitation.location, invitation.organiser]
    return _("*Invitation:* %(what)s") % {"what": " · ".join(filter(None, parts))}
