"""The log of searches: of nobody, for those who write what is missing."""

import re
import uuid
from datetime import datetime, timedelta

from accounts.prepared import insert
from knowledgebase.models import SearchTerm
from knowledgebase.words import cut

KEPT = timedelta(days=90)
LONGEST = 100
ADDRESS = re.compile(r"\S*@\S*")
DIGITS = re.compile(r"\d+")


def log_search(
    text: str, *, found: int, language: str, at: datetime, form: uuid.UUID | None = None
) -> SearchTerm | None:
    """Keep what was looked for and how much was found, without who it was or when in the day.

    While somebody types on in a form, what they had typed so far is written over: "print" was no search.

    Args:
        form: the random id of the form it was typed into, which ends with the form.
    """
    words = without_persons(text)
    if not words:
        return None
    said = {"text": words, "found": found, "language": language, "day": at.date()}
    last = SearchTerm.objects.filter(form=form).order_by("-pk").first() if form else None
    if last is not None and (words.startswith(last.text) or last.text.startswith(words)):
        SearchTerm.objects.filter(pk=last.pk).update(**said)
        return last
    row = SearchTerm(form=form, **said)
    insert(row)
    return row


def without_persons(text: str) -> str:
    """What of a search is kept: small letters, without mail addresses and digits, cut between words."""
    kept = " ".join(DIGITS.sub(" ", ADDRESS.sub(" ", text)).split()).lower()
    if not cut(kept):
        return ""
    return kept if len(kept) <= LONGEST else kept[: LONGEST + 1].rpartition(" ")[0][:LONGEST]


def prune_searches(*, at: datetime) -> int:
    """Forget what is older than 90 days, and the forms of yesterday."""
    SearchTerm.objects.filter(form__isnull=False, day__lt=at.date() - timedelta(days=1)).update(form=None)
    deleted, _by_model = SearchTerm.objects.filter(day__lt=(at - KEPT).date()).delete()
    return deleted
