"""Bodies about articles and runs of scripts."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from helpdesk.api.inputs import INTEGER, Choice, Flag, Input, Person, RowKey, Text, TicketNumber, Whole, files
from helpdesk.api.people.inputs import OrganisationKey, rows
from knowledgebase.models import Article, ArticleAudience, ArticleKind, ErrorStatus, Section, VoteReason
from knowledgebase.models.choices import LANGUAGES
from knowledgebase.queries.runs import startable
from knowledgebase.scripts.spec import WAYS

LONGEST_BODY = 400_000


@extend_schema_field(INTEGER)
class SectionKey(RowKey):
    def find(self, key: int) -> Section | None:
        return Section.objects.filter(pk=key).first()


@extend_schema_field(INTEGER)
class EditableArticle(RowKey):
    def find(self, key: int) -> Article | None:
        return Article.objects.editable_by(self.user).filter(pk=key).first()


@extend_schema_field(INTEGER)
class ScriptKey(RowKey):
    """A script that this person may start."""

    def find(self, key: int) -> Article | None:
        found: Article | None = startable(self.user).filter(pk=key).first()
        return found


class Words(Input):
    """What an article says, in Markdown; symptom, cause, workaround and fix are a known error's."""

    title = Text(max_length=200, required=False)
    summary = Text(max_length=500, required=False, allow_blank=True)
    body = Text(max_length=LONGEST_BODY, required=False, allow_blank=True)
    symptom = Text(required=False, allow_blank=True)
    cause = Text(required=False, allow_blank=True)
    workaround = Text(required=False, allow_blank=True)
    fix = Text(required=False, allow_blank=True)
    script = serializers.JSONField(required=False, help_text="The steps of an SOP.")
    note = Text(max_length=200, required=False, allow_blank=True, help_text="What changed.")


class NewArticle(Words):
    section = SectionKey()
    title = Text(max_length=200)
    kind = Choice(choices=ArticleKind.choices, required=False)
    slug = Text(max_length=120, required=False, help_text="Its address below /help/.")
    language = Choice(choices=list(LANGUAGES.items()), required=False)
    audience = Choice(choices=ArticleAudience.choices, required=False)
    organisations = rows(OrganisationKey())
    owner = Person(required=False)
    tags = rows(Text(max_length=40))
    review_by = serializers.DateField(required=False, allow_null=True)
    error_status = Choice(choices=ErrorStatus.choices, required=False)
    problem = TicketNumber(required=False)
    original = EditableArticle(required=False, help_text="The article that it is a translation of.")
    manual = EditableArticle(required=False, help_text="The manual that it is a chapter of.")
    position = Whole(min_value=0, max_value=9_999, required=False)


class ChangeNote(Input):
    note = Text(max_length=200, required=False, allow_blank=True)


class Why(Input):
    note = Text(max_length=200, help_text="What is missing.")


class Until(Input):
    until = serializers.DateField(required=False, allow_null=True, help_text="When to look at it again.")


class Vote(Input):
    helped = Flag()
    reason = Choice(choices=VoteReason.choices, required=False, help_text="Why it did not.")
    text = Text(max_length=500, required=False, allow_blank=True)


class Remark(Input):
    text = Text(max_length=2_000)


class Started(Input):
    article = ScriptKey(help_text="The script, by the id of its article.")


class _AtStep(Input):
    place = Whole(min_value=0, max_value=9_999, help_text="Where on the way: `place` of the run.")
    step = Text(max_length=40, help_text="The step that was asked there.")


class Answered(_AtStep):
    value = Text(required=False, allow_blank=True)
    attachments = files()


class Verified(_AtStep):
    way = Choice(choices=[(name, str(label)) for name, label in WAYS.items()])
    passed = Flag(required=False)
    code = Text(max_length=20, required=False, allow_blank=True)


class AtStep(_AtStep):
    pass


class GivenUp(Input):
    why = Text(max_length=500)


class Asked(Input):
    text = Text(max_length=LONGEST_BODY, help_text="What somebody writes down, in their own words.")
    category = Whole(min_value=1, required=False, help_text="A category, by its id.")
    language = Choice(choices=list(LANGUAGES.items()), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"category": None, **attrs}
