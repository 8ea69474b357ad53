"""The log of searches: of nobody, for those who write what is missing."""

import re
import uuid
from datetime import datetime, timedelta

from accounts.prepared import ask
from knowledgebase.models import SearchTerm
from knowledgebase.words import cut

KEPT = timedelta(days=90)
LONGEST = 100
ADDRESS = re.compile(r"\S*@\S*")
DIGITS = re.compile(r"\d+")


def log_search(text: str, *, found: int, language: str, at: datetime, form: uuid.UUID | None = None) -> None:
    """Keep what was looked for and how much was found, without who it was or when in the day. One statement.

    While somebody types on in a form, what they had typed so far is written over: "print" was no search.

    Args:
        form: the random id of the form it was typed into, which ends with the form.
    """
    words = without_persons(text)
    if words:
        ask(_LOG, words, language, at.date(), found, form)


_LOG = """
    WITH given AS (
        SELECT %s::text AS text, %s::text AS language, %s::date AS day, %s::int AS found, %s::uuid AS form
    ), last AS (
        SELECT term.id, term.text FROM knowledgebase_searchterm term
        WHERE term.form = (SELECT form FROM given) ORDER BY term.id DESC LIMIT 1
    ), written_over AS (
        UPDATE knowledgebase_searchterm term
        SET text = given.text, language = given.language, day = given.day, found = given.found FROM given, last
        WHERE term.id = last.id AND (starts_with(given.text, last.text) OR starts_with(last.text, given.text))
        RETURNING 1
    )
    INSERT INTO knowledgebase_searchterm (text, language, day, found, form)
    SELECT * FROM given WHERE NOT EXISTS (SELECT FROM written_over) RETURNING id
"""


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
