"""A ticket becomes an article: what to begin with, and the draft that somebody looks through."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from helpdesk.desk.forms.base import ActForm, text_area
from knowledgebase.models import Article, ArticleAudience, ArticleKind, ArticleVersion, Section
from knowledgebase.operations.cleaning import ERROR_PARTS
from knowledgebase.operations.learning import KINDS, section_for, usual_kind
from knowledgebase.queries.material import script_of
from tickets.refusals import Invalid

KIND_CHOICES = [(str(kind), ArticleKind(kind).label) for kind in KINDS]
AUDIENCES = (
    ArticleAudience.L1,
    ArticleAudience.L2,
    ArticleAudience.L3,
    ArticleAudience.SIGNED_IN,
    ArticleAudience.EVERYONE,
)
"""Named organisations are chosen in the editor."""


class SectionField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Section"))
        kwargs.setdefault("widget", forms.Select({"data-pick": True}))
        super().__init__(queryset=Section.objects.order_by("full_name"), empty_label=None, **kwargs)


class MakeArticleForm(ActForm):
    """What it should become, and where it stands."""

    kind = forms.ChoiceField(label=_("As"), choices=KIND_CHOICES)
    section = SectionField(
        help_text=_(
            "Names, addresses, phone numbers and serials are taken out. You look through it before anybody reads it."
        )
    )

    def prepare(self) -> None:
        self.fields["kind"].initial = usual_kind(self.ticket)
        try:
            self.fields["section"].initial = section_for(self.ticket).pk
        except Invalid as refused:
            self.fields["section"].help_text = str(refused)


class LookThroughForm(forms.Form):
    """The draft of an article that was made from a ticket. Field names are those of `learning.look_through`."""

    title = forms.CharField(label=_("Title"), max_length=200)
    kind = forms.ChoiceField(label=_("As"), choices=KIND_CHOICES)
    section = SectionField()
    audience = forms.ChoiceField(
        label=_("Who reads it"), choices=[(str(code), ArticleAudience(code).label) for code in AUDIENCES]
    )
    summary = forms.CharField(label=_("Summary"), max_length=500, required=False)
    symptom = forms.CharField(label=_("Symptom: what people see"), required=False, widget=text_area(4))
    cause = forms.CharField(label=_("Cause"), required=False, widget=text_area(3))
    workaround = forms.CharField(label=_("Workaround"), required=False, widget=text_area(3))
    fix = forms.CharField(label=_("Fix"), required=False, widget=text_area(4))
    body = forms.CharField(
        label=_("Text"),
        required=False,
        widget=text_area(12),
        help_text=_("Markdown. Keep what helps the next one, and throw the rest of the conversation away."),
    )
    is_clean = forms.BooleanField(
        label=_("I have looked through it: nothing personal is left"),
        required=False,
        help_text=_("Without this it is not published."),
    )
    base = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, article: Article, version: ArticleVersion, user: User) -> None:
        initial = {name: getattr(version, name) for name in ("title", "summary", "body", *ERROR_PARTS)}
        initial |= {
            "kind": article.kind,
            "section": article.section_id,
            "audience": article.audience,
            "base": f"{version.number}.{version.revision}",
        }
        super().__init__(data, auto_id="draft_%s", initial=initial)
        self.article = article
        if article.audience == ArticleAudience.ORGANISATIONS:
            del self.fields["audience"]
        if article.published_id is not None:
            del self.fields["kind"]

    @property
    def shows_parts(self) -> bool:
        """Whether symptom, cause, workaround and fix are asked: it is a known error, or was one a moment ago."""
        chosen = self["kind"].value() if "kind" in self.fields else ""
        return ArticleKind.KNOWN_ERROR in (self.article.kind, chosen)

    def arguments(self) -> dict[str, Any]:
        """What only a known error says goes into the text of the others; a script begins with what was done."""
        given = dict(self.cleaned_data)
        kind = given.get("kind") or self.article.kind
        given["base"] = _base(given["base"])
        parts = {name: given.pop(name) for name in ERROR_PARTS}
        if kind == ArticleKind.KNOWN_ERROR:
            return given | parts
        if kind == ArticleKind.SOP and self.article.kind != ArticleKind.SOP:
            given["script"] = script_of(parts["fix"] or parts["workaround"] or given["body"])
        told = {gettext("Symptom"): parts["symptom"], gettext("Cause"): parts["cause"]}
        told |= {gettext("What to do"): "\n\n".join(filter(None, [parts["workaround"], parts["fix"]]))}
        begins = [f"## {heading}\n\n{text}" for heading, text in told.items() if text]
        given["body"] = "\n\n".join([*begins, given["body"]]).strip()
        return given


def _base(text: str) -> tuple[int, int] | None:
    number, _dot, revision = text.partition(".")
    usable = all(part.isascii() and part.isdecimal() and len(part) < 9 for part in (number, revision))
    return (int(number), int(revision)) if usable else None
