"""How suggestions are given: the administrator's settings, and the counts of words that they rest on."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import events as accounts
from accounts.models import User
from accounts.permissions import may_administer
from knowledgebase import settings_events as events
from knowledgebase.models import SuggestionSettings
from tickets.operations.guards import require
from tickets.refusals import Invalid

COUNTED = 200_000
"""The newest tickets whose words are counted: enough to say what is rare, and never a night's work."""
FEWEST = 2
"""A word that one ticket alone has leads to no other."""
EVERY = timedelta(hours=20)


@transaction.atomic
def set_control(*, percent: int, by: User | None, at: datetime) -> SuggestionSettings:
    """So many of a hundred forms show no articles from now on; forms that are begun stay what they are.

    Raises:
        NotAllowed: only administrators.
        Invalid: more than half, or less than none.
    """
    require(may_administer(by), _("Only administrators change this."))
    most = SuggestionSettings.MOST_WITHOUT
    if not 0 <= percent <= most:
        raise Invalid(_("A number from 0 to %(most)d.") % {"most": most}, field="percent")
    SuggestionSettings.load()
    row = SuggestionSettings.objects.select_for_update().get()
    found = accounts.differences(row, {"control_percent": percent})
    if found:
        row.save(update_fields=accounts.changed_fields(found))
        accounts.record(events.SUGGESTIONS_CHANGED, by=by, at=at, changes=found, about=row.pk)
    return row


@transaction.atomic
def count_lexemes(*, at: datetime, is_asked: bool = False) -> int:
    """Count anew how many of the newest tickets have each word, once a night; answers how many words there are.

    Args:
        is_asked: somebody wants it now, however lately it was done.
    """
    SuggestionSettings.load()
    row = SuggestionSettings.objects.select_for_update().get()
    if not is_asked and row.lexemes_at is not None and at - row.lexemes_at < EVERY:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce((SELECT ticket_id FROM tickets_tickettext ORDER BY ticket_id DESC OFFSET %s LIMIT 1), 0)",
            [COUNTED],
        )
        (before,) = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM tickets_tickettext WHERE ticket_id > %s", [before])
        (row.lexeme_texts,) = cursor.fetchone()
        cursor.execute("DELETE FROM knowledgebase_lexeme")
        cursor.execute(
            "INSERT INTO knowledgebase_lexeme (text, tickets) SELECT word, ndoc FROM ts_stat(%s) WHERE ndoc >= %s",
            [f"SELECT public FROM tickets_tickettext WHERE ticket_id > {int(before)}", FEWEST],
        )
        words: int = cursor.rowcount
    row.lexemes_at = at
    row.save(update_fields=["lexemes_at", "lexeme_texts"])
    return words
