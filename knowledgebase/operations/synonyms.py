"""Acts of editors on synonyms: words that mean the same to those who search."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path

import yaml
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import User
from knowledgebase import settings_events as events
from knowledgebase.models import Synonym
from knowledgebase.permissions import may_keep_words
from knowledgebase.words import cut
from tickets.refusals import Invalid, NotAllowed

LONGEST, MOST, MOST_PARTS = 60, 20, 4
STARTER = Path(__file__).parent.parent / "data" / "synonyms.yml"


@transaction.atomic
def create_synonyms(*, words: Iterable[str], by: User | None, at: datetime) -> Synonym:
    """A group of words that find one another.

    Raises:
        NotAllowed: who keeps no section.
        Invalid: fewer than two, too many, too long, or the same group is there; `field` is `words`.
    """
    _require_editor(by)
    row = Synonym(words=_cleaned(words))
    row.save(force_insert=True)
    accounts.record(events.SYNONYMS_CREATED, by=by, at=at, about=row.pk)
    return row


@transaction.atomic
def change_synonyms(synonym: Synonym, *, words: Iterable[str], by: User | None, at: datetime) -> Synonym:
    _require_editor(by)
    row = Synonym.objects.select_for_update().get(pk=synonym.pk)
    found = accounts.differences(row, {"words": _cleaned(words, but=row)})
    if found:
        row.save(update_fields=accounts.changed_fields(found))
        accounts.record(events.SYNONYMS_CHANGED, by=by, at=at, changes=found, about=row.pk)
    return row


@transaction.atomic
def delete_synonyms(synonym: Synonym, *, by: User | None, at: datetime) -> None:
    _require_editor(by)
    words = str(synonym)
    synonym.delete()
    accounts.record(events.SYNONYMS_DELETED, by=by, at=at, name=words)


@transaction.atomic
def take_starter(*, by: User | None, at: datetime) -> int:
    """Take over the list that the product brings, as far as it is not there; answers how many groups came."""
    _require_editor(by)
    known = {tuple(row) for row in Synonym.objects.values_list("words", flat=True)}
    new = [words for words in starter() if tuple(words) not in known]
    for words in new:
        create_synonyms(words=words, by=by, at=at)
    return len(new)


@cache
def starter() -> tuple[tuple[str, ...], ...]:
    """The groups of the list that the product brings, as they are kept."""
    rows = yaml.safe_load(STARTER.read_text(encoding="utf-8"))
    return tuple(tuple(kept(row)) for row in rows)


def kept(words: Iterable[str]) -> list[str]:
    """As they are stored: folded as searches are, each once, in order."""
    found = {" ".join(cut(str(word))) for word in words}
    return sorted(found - {""})


# --- below ---


def _require_editor(by: User | None) -> None:
    if not may_keep_words(by):
        raise NotAllowed(
            _("Only reviewers of sections, leads, managers and administrators keep what words mean.")
        )


def _cleaned(words: Iterable[str], but: Synonym | None = None) -> list[str]:
    found = kept(words)
    if len(found) < 2:
        raise Invalid(
            _("Give at least two words that mean the same, with a comma between them."), field="words"
        )
    if len(found) > MOST:
        raise Invalid(_("At most %(n)d words mean the same here.") % {"n": MOST}, field="words")
    for word in found:
        if len(word) > LONGEST or len(word.split()) > MOST_PARTS:
            raise Invalid(
                _("“%(word)s” is too long: a word, or a phrase of up to four.") % {"word": word},
                field="words",
            )
    same = Synonym.objects.filter(words=found)
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise Invalid(_("These words are there already, in just this group."), field="words")
    return found
