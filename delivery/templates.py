"""The words that hold for a mail: an organisation's own in the reader's language, else its own in any language, else
the desk's in that language, else the desk's in any, else the built-in ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

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
    """By the names of the letters; one query for all. The language must be active: the built-in words are in it."""
    wanted = list(letters)
    rows = MailTemplate.objects.filter(
        name__in=[letter.name for letter in wanted], is_current=True, is_builtin=False
    )
    rows = rows.filter(Q(organisation=None) | Q(organisation=organisation)).filter(
        language__in=["", language]
    )
    found = {letter.name: Words.builtin(letter) for letter in wanted}
    # The most special comes last, and stays.
    for row in sorted(rows, key=lambda row: (row.organisation_id is not None, row.language != "")):
        found[row.name] = Words(row.subject, row.body, False)
    return found


def written() -> QuerySet[MailTemplate]:
    """What is in use instead of built-in words."""
    rows = MailTemplate.objects.filter(is_current=True, is_builtin=False)
    return rows.select_related("organisation", "by").order_by("name", "organisation__name", "language")


def history_of(name: str, *, organisation: int | None, language: str) -> QuerySet[MailTemplate]:
    """All versions of one place in the chain, newest first."""
    rows = MailTemplate.objects.filter(name=name, organisation=organisation, language=language)
    return rows.select_related("by").order_by("-at", "-id")
