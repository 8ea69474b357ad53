"""The question how it went, as a mail asks it: one link for each answer, and one to be asked no more.

A link carries what it opens, signed: one survey, and the answer that is chosen when it opens. It writes nothing by
being followed (helpdesk/portal/survey.py).
"""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from delivery.filling import plain
from delivery.operations.heading import stop_url
from helpdesk.telling.writing import SURVEY_PATH, Value
from insights.models import Survey
from insights.survey_kinds import NOTICE

SALT = "tierdesk.surveys"

ANSWERS: tuple[tuple[int, str | Promise], ...] = (
    (1, gettext_lazy("badly")),
    (2, gettext_lazy("not well")),
    (3, gettext_lazy("so-so")),
    (4, gettext_lazy("well")),
    (5, gettext_lazy("very well")),
)


@dataclass(frozen=True)
class Choice:
    """What a link says: of which survey, and which answer."""

    survey: int
    score: int


def answer_url(survey: Survey, score: int) -> str:
    """Where one answer leads. The same arguments make the same address."""
    token = signing.Signer(salt=SALT).sign_object([survey.pk, score])
    return f"{_base()}{SURVEY_PATH}{token}/"


def read_answer(token: str) -> Choice | None:
    """What a link says; None for one that is not ours."""
    try:
        survey, score = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Choice(int(survey), int(score))


def question(survey: Survey) -> Value:
    """The part of a mail that asks, in the language that is active."""
    ask, no_more = _("How did it go? Choose your answer:"), _("Ask me no more after my requests")
    stop = stop_url(survey.person, NOTICE)
    answers = [(f"{score} {label}", answer_url(survey, score)) for score, label in ANSWERS]
    text = "\n".join([ask, "", *(f"{label}: {url}" for label, url in answers), "", f"{no_more}: {stop}"])
    links = "\n".join(f"[{plain(label)}]({url})" for label, url in answers)
    return Value(text, f"{plain(ask)}\n\n{links}\n\n[{plain(no_more)}]({stop})")


def _base() -> str:
    return settings.BASE_URL.rstrip("/")
