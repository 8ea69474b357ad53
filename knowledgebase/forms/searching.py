"""Searches and their filters as they stand in addresses, and the form of synonyms."""

import uuid
from dataclasses import dataclass

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.keys import key_of
from knowledgebase.models import LANGUAGES, ArticleKind, Section

LONGEST_ADDRESS = 12_000
"""Characters of a search that are read at all; what is too long is told so."""
DEEPEST = 10_000


@dataclass(frozen=True)
class Asked:
    """What an address asks for; what it says wrongly is left out."""

    text: str
    kind: str
    section: Section | None
    language: str
    after: int
    form: uuid.UUID
    """The random id that holds together what is typed into one form."""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.kind or self.section or self.language)


def asked_in(query: QueryDict) -> Asked:
    kind, language = query.get("kind", ""), query.get("only", "")
    section = key_of(query.get("section", ""))
    return Asked(
        text=query.get("q", "")[:LONGEST_ADDRESS],
        kind=kind if kind in ArticleKind.values else "",
        section=Section.objects.filter(pk=section).first() if section else None,
        language=language if language in LANGUAGES else "",
        after=min(key_of(query.get("after", "")), DEEPEST),
        form=form_id(query.get("form", "")) or uuid.uuid4(),
    )


def form_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class SynonymsForm(forms.Form):
    words = forms.CharField(
        label=_("Words that mean the same"),
        max_length=1000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("With a comma between them: words, or phrases of up to four words."),
    )

    def clean_words(self) -> list[str]:
        found: list[str] = self.cleaned_data["words"].replace("\n", ",").split(",")
        return found
