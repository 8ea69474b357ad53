"""What a requester is shown before they file, and what comes of it: sums of nobody.

A form is known by a random id that it carries itself. Who filled it in is not kept, but for a keyed hash of those whom
an article helped, so that a ticket of theirs within a week takes the success back (operations/repeating.py).
"""

import uuid
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.prepared import ask
from knowledgebase import events
from knowledgebase.models import (
    Article,
    FilingForm,
    FormOutcome,
    LinkRole,
    SearchTerm,
    Suggestion,
    TicketArticle,
)
from knowledgebase.operations import counting
from knowledgebase.operations.repeating import current_key, mark_of
from knowledgebase.operations.searches import log_search
from knowledgebase.permissions import readable_now
from knowledgebase.queries.searching import Hit
from knowledgebase.queries.suggesting import for_text
from knowledgebase.refusals import NotPublished
from knowledgebase.words import cut
from tickets import events as tickets
from tickets.models import Category, Ticket
from tickets.refusals import Invalid

FEWEST_WORDS = 2
"""Words from which a text says what somebody wants."""
ENDED = (FormOutcome.SOLVED, FormOutcome.REPEATED, FormOutcome.FILED)


def suggest(
    form: uuid.UUID,
    *,
    subject: str,
    description: str,
    category: Category | None,
    language: str,
    by: User,
    at: datetime,
) -> list[Hit]:
    """The best articles for what is typed so far, and that they were shown. None in a form of the control group.

    What is typed in one line counts as a search, so that whoever keeps the articles sees what was looked for here.

    Args:
        form: its random id. Whether it belongs to the control group follows from it.
        language: of the reader.
    """
    text = f"{subject}\n{description}"
    if len(cut(text)) < FEWEST_WORDS:
        return []
    hits = for_text(text, by, category=category, language=language)
    with transaction.atomic():
        log_search(subject, found=len(hits), language=language, at=at, form=form)
        is_shown = _note_shown(form, category, hits, at)
        if is_shown is None and _is_taken_up(form):
            is_shown = _note_shown(form, category, hits, at)
    return hits if is_shown else []


def note_reading(form: uuid.UUID | None, *, article: Article, at: datetime) -> None:
    """That an article was opened, beside the form where it had been shown."""
    counting.count([article.pk], column=counting.VIEWS, at=at)
    shown = Suggestion.objects.filter(form=form, article=article, is_read=False) if form else None
    if shown is not None and shown.update(is_read=True):
        counting.count([article.pk], column=counting.READ, at=at)


@transaction.atomic
def solve(form: uuid.UUID, *, article: Article, by: User, at: datetime) -> FilingForm:
    """“This solved it”: the form ends, and nothing is filed. To say it again changes nothing.

    Raises:
        NotPublished: the article cannot be read by them now.
        Invalid: it was not shown in this form.
    """
    row = FilingForm.objects.select_for_update().filter(pk=form).first()
    if row is not None and row.outcome in ENDED:
        return row
    if not readable_now(article, by):
        raise NotPublished(article)
    if row is None or not row.suggestions.filter(article=article).exists():
        raise Invalid(
            _("That article was not suggested here. Describe what is wrong, please."), field="article"
        )
    _end(row, FormOutcome.SOLVED)
    row.solved_by, row.solved_at, row.key = article, at, current_key(at=at)
    row.mark = mark_of(by.pk, row.key)
    row.save(update_fields=["solved_by", "solved_at", "key", "mark"])
    counting.count([article.pk], column=counting.SOLVED, at=at)
    _forget_searches(form, is_filed=False)
    return row


def file_anyway(form: uuid.UUID, *, ticket: Ticket, by: User, at: datetime) -> None:
    """The form was sent: what its requester was shown and has read stands with the ticket, quietly."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_KNOWN, [form, form])
        (is_known,) = cursor.fetchone()
    if is_known:  # else nothing was searched for or shown, and filing pays one statement
        _note_filed(form, ticket=ticket, by=by, at=at)


_IS_KNOWN = """
    SELECT EXISTS (SELECT FROM knowledgebase_filingform WHERE id = %s)
        OR EXISTS (SELECT FROM knowledgebase_searchterm WHERE form = %s)
"""


@transaction.atomic
def _note_filed(form: uuid.UUID, *, ticket: Ticket, by: User, at: datetime) -> None:
    _forget_searches(form, is_filed=True)
    row = FilingForm.objects.select_for_update().filter(pk=form).first()
    if row is None or row.outcome == FormOutcome.FILED:
        return
    if row.outcome == FormOutcome.SOLVED:
        take_back(row)
    _reopen(row)
    row.category = ticket.category
    row.save(update_fields=["category"])
    _end(row, FormOutcome.FILED)
    seen = dict(row.suggestions.values_list("article_id", "is_read"))
    read = sorted(key for key, is_read in seen.items() if is_read)
    counting.count(read, column=counting.FILED_ANYWAY, at=at)
    _note_on_ticket(ticket, sorted(seen), read, by, at)


def take_back(form: FilingForm) -> None:
    """It was said to be solved, and was not. Call inside a transaction, with the row locked."""
    if form.solved_by_id and form.solved_at:
        counting.take_back([form.solved_by_id], column=counting.SOLVED, day=form.solved_at.date())
    _end(form, FormOutcome.REPEATED)
    settle(form)


def settle(form: FilingForm) -> None:
    """Whose it was need not be recognised any more."""
    form.mark, form.key, form.solved_at = "", None, None
    form.save(update_fields=["mark", "key", "solved_at"])


def leave(form: FilingForm) -> None:
    """Nobody has sent it for a day. Call inside a transaction, with the row locked."""
    _end(form, FormOutcome.LEFT)


# --- below ---


def _note_shown(form: uuid.UUID, category: Category | None, hits: list[Hit], at: datetime) -> bool | None:
    """Write the form, what was found for it, and what is shown in it for the first time. One statement.

    Answers whether anything is shown in it: nothing is in one of the control group. None where it is not open.
    """
    keys = [hit.article.pk for hit in hits]
    values = (form, at.date(), category.pk if category else None, form.int % 100, bool(hits), keys, at.date())
    return next((not is_control for (is_control,) in ask(_NOTE, *values)), None)


_NOTE = """
    WITH begun AS (
        INSERT INTO knowledgebase_filingform (id, day, category_id, is_control, has_found, outcome, mark)
        SELECT %s::uuid, %s::date, %s::bigint,
            %s::int < coalesce((SELECT control_percent FROM knowledgebase_suggestionsettings WHERE id = 1), 0),
            %s::bool, '', ''
        ON CONFLICT (id) DO UPDATE SET category_id = EXCLUDED.category_id,
            has_found = knowledgebase_filingform.has_found OR EXCLUDED.has_found
        WHERE knowledgebase_filingform.outcome = ''
        RETURNING id, is_control
    ), noted AS (
        INSERT INTO knowledgebase_suggestion (form_id, article_id, is_read)
        SELECT begun.id, key, false FROM begun CROSS JOIN unnest((SELECT %s::bigint[])) AS key WHERE NOT is_control
        ON CONFLICT (form_id, article_id) DO NOTHING RETURNING article_id
    ), counted AS (
        INSERT INTO knowledgebase_dailycount (article_id, day, shown)
        SELECT article_id, %s::date, 1 FROM noted ORDER BY article_id
        ON CONFLICT (article_id, day) DO UPDATE SET shown = knowledgebase_dailycount.shown + 1
    )
    SELECT is_control FROM begun
"""


def _is_taken_up(form: uuid.UUID) -> bool:
    """Whether a form that was left a while ago is open again; one that has ended otherwise stays what it is."""
    row = FilingForm.objects.select_for_update().filter(pk=form).first()
    if row is None or row.outcome in ENDED:
        return False
    _reopen(row)
    return True


def _reopen(form: FilingForm) -> None:
    """Take what became of it out of the sums, before it becomes something else."""
    if form.outcome != FormOutcome.OPEN:
        _tally(form, -1)
        form.outcome = FormOutcome.OPEN
        form.save(update_fields=["outcome"])


def _end(form: FilingForm, outcome: FormOutcome) -> None:
    _reopen(form)
    form.outcome = outcome
    form.save(update_fields=["outcome"])
    _tally(form, 1)


def _tally(form: FilingForm, step: int) -> None:
    """Add what became of a form to the sums of its day, or take it out of them again."""
    read = list(form.suggestions.values_list("is_read", flat=True))
    if not form.has_found:
        counts = {"nothing": 1}
    else:
        is_filed = form.outcome == FormOutcome.FILED
        counts = {
            "forms": 1,
            "shown": int(bool(read)),
            "read": int(any(read)),
            "solved": int(form.outcome == FormOutcome.SOLVED),
            "repeated": int(form.outcome == FormOutcome.REPEATED),
            "filed": int(is_filed),
            "filed_anyway": int(is_filed and any(read)),
        }
    columns = list(counts)
    adding = ", ".join(
        f"{name} = greatest(0, knowledgebase_formcount.{name} + {step} * %s)" for name in columns
    )
    values = [counts[name] for name in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO knowledgebase_formcount (day, category_id, is_control, {', '.join(columns)}) "
            f"VALUES (%s, %s, %s, {', '.join(['%s'] * len(columns))}) "
            f"ON CONFLICT (day, category_id, is_control) DO UPDATE SET {adding}",
            [form.day, form.category_id, form.is_control, *values, *values],
        )


def _note_on_ticket(ticket: Ticket, shown: list[int], read: list[int], by: User, at: datetime) -> None:
    if not shown:
        return
    versions = dict(
        Article.objects.filter(pk__in=shown, published__isnull=False).values_list("pk", "published_id")
    )
    TicketArticle.objects.bulk_create(
        [
            TicketArticle(ticket=ticket, article_id=key, version_id=versions[key], role=role, by=by, at=at)
            for key in shown
            if key in versions
            for role in ([LinkRole.READ] if key in read else [LinkRole.SUGGESTED])
        ],
        ignore_conflicts=True,
    )
    data = {"articles": shown, "read_articles": read}
    tickets.tell([tickets.Quiet(ticket.pk, events.FILED_ANYWAY, at, data, by_id=by.pk)], written=at)


def _forget_searches(form: uuid.UUID, *, is_filed: bool) -> None:
    """The id ends with the form; what was searched for in it stays, with whether it ended in a ticket."""
    SearchTerm.objects.filter(form=form).update(is_filed=is_filed, form=None)
