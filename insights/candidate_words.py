"""A candidate in words: with which its problem begins, and its letter tells of it."""

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from insights.queries.candidates import ShownCandidate


def words_of(row: ShownCandidate) -> tuple[str, str]:
    """With which a problem begins: what, since when, how many, and how many are usual, as far as they may know it."""
    candidate = row.candidate
    since = formats.date_format(timezone.localtime(candidate.since), _("j M Y, H:i"))
    subject = _("Unusually many tickets: %(what)s") % {"what": candidate.label}
    told = ngettext("%(n)d ticket since %(since)s.", "%(n)d tickets since %(since)s.", row.mine)
    known = told % {"n": row.mine, "since": since}
    if row.tells_all:
        usual = formats.number_format(round(candidate.expected, 1))
        told = ngettext(
            "Usual in such an hour are %(usual)s.",
            "Usual in such %(n)d hours are %(usual)s.",
            candidate.hours,
        )
        known += " " + told % {"n": candidate.hours, "usual": usual}
    return subject[:250], known
