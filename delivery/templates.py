"""The words that hold for a mail: an organisation's own in the reader's language, else its own in any language, else
the desk's in that language, else the desk's in any, else the built-in ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic

from django.conf import settings
from django.db.models import QuerySet

from delivery.models import MailTemplate
from delivery.vocabulary import LetterKind


@dataclass(frozen=True)
class Words:
    """What a mail is made of, with its places still in braces."""

    subject: str
    body: str
    is_builtin: bool

    @classmethod
    def builtin(cls, letter: LetterKind) -> "Words":
        """In the language that is active."""
        return cls(str(letter.subject), str(letter.body), True)


def words_of(letters: Iterable[LetterKind], *, organisation: int | None, language: str) -> dict[str, Words]:
    """By the names of the letters. The language must be active: the built-in words are in it.

    What was written lately holds within DESK_CACHE_SECONDS: a worker writes many mails in that time.
    """
    wanted = list(letters)
    names = {letter.name for letter in wanted}
    rows = [
        row
        for row in _in_use()
        if row.name in names
        and row.organisation_id in (None, organisation)
        and row.language in ("", language)
    ]
    found = {letter.name: Words.builtin(letter) for letter in wanted}
    # The most special comes last, and stays.
    for row in sorted(rows, key=lambda row: (row.organisation_id is not None, row.language != "")):
        found[row.name] = Words(row.subject, row.body, False)
    return found


_kept: tuple[float, list[MailTemplate]] | None = None


def forget() -> None:
    """Whoever wrote words sees them at once; other processes within seconds."""
    global _kept  # noqa: PLW0603
    _kept = None


def _in_use() -> list[MailTemplate]:
    global _kept  # noqa: PLW0603 (a cache for the whole process; threads may both fill it)
    now = monotonic()
    if _kept is None or now - _kept[0] >= settings.DESK_CACHE_SECONDS:
        _kept = (now, list(MailTemplate.objects.filter(is_current=True, is_builtin=False)))
    return _kept[1]


def written() -> QuerySet[MailTemplate]:
    """What is in use instead of built-in words."""
    rows = MailTemplate.objects.filter(is_current=True, is_builtin=False)
    return rows.select_related("organisation", "by").order_by("name", "organisation__name", "language")


def history_of(name: str, *, organisation: int | None, language: str) -> QuerySet[MailTemplate]:
    """All versions of one place in the chain, newest first."""
    rows = MailTemplate.objects.filter(name=name, organisation=organisation, language=language)
    return rows.select_related("by").order_by("-at", "-id")
