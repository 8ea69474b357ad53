"""What is said of mail that came in: in the history of tickets and in that of settings."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts import sentences as settings
from accounts.models import User
from intake import events
from intake.models import Mailbox
from tickets import sentences
from tickets.models import NUMBER_PREFIX
from tickets.sentences import Line


def teach() -> None:
    """Called by `helpdesk.wiring`: tickets cannot know what is above them."""
    sentences.register(events.MAIL_AUTOMATIC, to_desk=automatic)
    sentences.register(events.MAIL_BOUNCED, to_desk=bounced)
    sentences.register(events.MAIL_NAMED_OTHER, to_desk=named_other)
    settings.teach(events.MAILBOX_CREATED, _lazy("made the mailbox %(about)s"), about=Mailbox)
    settings.teach(
        events.MAILBOX_CHANGED, _lazy("changed the mailbox %(about)s"), about=Mailbox, changed=True
    )
    settings.teach(events.MAILBOX_ENABLED, _lazy("put the mailbox %(about)s to use"), about=Mailbox)
    settings.teach(events.MAILBOX_DISABLED, _lazy("put the mailbox %(about)s out of use"), about=Mailbox)
    settings.teach(events.SENDER_APPROVED, _lazy("let a sender in at the mailbox %(about)s"), about=Mailbox)
    settings.teach(events.SENDER_REFUSED, _lazy("refused a sender at the mailbox %(about)s"), about=Mailbox)
    settings.teach(
        events.SENDER_SLOWED,
        _lazy("keeps back mail of one sender at %(about)s: too much in too short a time"),
        about=Mailbox,
    )
    settings.teach(events.MAIL_REPLAYED, _lazy("had an incoming mail judged anew"))
    settings.teach(events.MAIL_DISMISSED, _lazy("set an incoming mail aside"))


def automatic(line: Line) -> str:
    if not line.data("user"):
        return _("An automatic answer came by mail")
    return _("An automatic answer of %(who)s came by mail") % {"who": _who(line)}


def bounced(line: Line) -> str:
    status = f" ({line.data('status')})" if line.data("status") else ""
    if not line.data("user"):
        return _("A mail of the desk came back%(status)s") % {"status": status}
    return _("A mail to %(who)s came back%(status)s") % {"who": _who(line), "status": status}


def named_other(line: Line) -> str:
    return _(
        "The mail names %(number)s, into which its sender may not write: see whether it belongs there"
    ) % {"number": f"{NUMBER_PREFIX}{line.data('other')}"}


def _who(line: Line) -> str:
    return line.names.name(User, line.data("user"))
