"""The kinds of changes that the words of mails write into the history of settings, and how it says them."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import sentences
from accounts.models import AccountEvent
from delivery.vocabulary import is_letter, letter_called

TEMPLATE_CHANGED = "mail_template.changed"
TEMPLATE_RESET = "mail_template.reset"


def teach() -> None:
    """Called by `helpdesk.wiring`."""
    sentences.teach(TEMPLATE_CHANGED, gettext_lazy("wrote the words of a mail anew"), details=_which)
    sentences.teach(TEMPLATE_RESET, gettext_lazy("put a mail back to its built-in words"), details=_which)


def _which(event: AccountEvent) -> str:
    name = str(event.data["template"])
    label = str(letter_called(name).label) if is_letter(name) else name
    language = event.data.get("language")
    return _("%(mail)s (%(language)s)") % {"mail": label, "language": language} if language else label
