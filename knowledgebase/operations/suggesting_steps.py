"""What those who run a script would change about it, and what its keepers make of that."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from knowledgebase.models import Article, ArticleVersion, StepSuggestion
from knowledgebase.permissions import may_edit, readable_now
from tickets.operations import guards
from tickets.refusals import Invalid, NotAllowed, Refused

LONGEST_TEXT, LONGEST_ANSWER = 2_000, 500


class Settled(Refused):
    """Somebody has answered the suggestion already."""

    code = "settled"


@transaction.atomic
def suggest_change(
    article: Article, *, version: ArticleVersion, step: str, text: str, by: User, at: datetime
) -> StepSuggestion:
    """Say what should be different about a step.

    Raises:
        NotAllowed: who cannot read the script.
        Invalid: no words, or there is no such step.
    """
    guards.require_desk(by)
    if not (readable_now(article, by) or may_edit(by, article)):
        raise NotAllowed(_("This script is not for you."))
    steps = (version.script or {}).get("steps", {})
    if version.article_id != article.pk or step not in steps:
        raise Invalid(_("There is no step “%(step)s” in this version.") % {"step": step}, field="step")
    words = guards.words(text, "text", longest=LONGEST_TEXT)
    return StepSuggestion.objects.create(
        article=article, version=version, step=step, text=words, by=by, at=at
    )


@transaction.atomic
def settle_suggestion(
    suggestion: StepSuggestion, *, is_taken: bool, answer: str = "", by: User, at: datetime
) -> StepSuggestion:
    """Taken up, or not and why.

    Raises:
        NotAllowed: who may not edit the script.
        Settled: it is answered.
        Invalid: not taken up, and no word why.
    """
    row = (
        StepSuggestion.objects.select_for_update(of=("self",)).select_related("article").get(pk=suggestion.pk)
    )
    if not may_edit(by, row.article):
        raise NotAllowed(_("Only those who may edit this script answer its suggestions."))
    if row.state != StepSuggestion.State.OPEN:
        raise Settled(_("This suggestion is answered already."))
    row.answer = guards.line(answer, "answer", longest=LONGEST_ANSWER, needed=not is_taken)
    row.state = StepSuggestion.State.TAKEN if is_taken else StepSuggestion.State.DECLINED
    row.ended_by, row.ended_at = by, at
    row.save(update_fields=["state", "answer", "ended_by", "ended_at"])
    return row
