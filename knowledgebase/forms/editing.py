"""The forms of editors: an article begun, written, described, reviewed. Names are those of the operations."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import PersonField
from accounts.models import Organisation, User
from knowledgebase.models import (
    LANGUAGES,
    Article,
    ArticleAudience,
    ArticleKind,
    ArticleVersion,
    ErrorStatus,
    Section,
)
from knowledgebase.operations.cleaning import (
    LONGEST_BODY,
    LONGEST_NOTE,
    LONGEST_PART,
    LONGEST_SLUG,
    LONGEST_SUMMARY,
    LONGEST_TITLE,
)
from tickets.models import Category, Kind, Ticket

PARTS = {
    "symptom": _("Symptom: what people see"),
    "cause": _("Cause"),
    "workaround": _("Workaround: what helps until then"),
    "fix": _("Fix"),
}
LANGUAGE_CHOICES = list(LANGUAGES.items())


class SectionField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Section"))
        super().__init__(
            queryset=Section.objects.order_by("full_name"),
            widget=forms.Select({"data-pick": True}),
            **options,
        )


class BeginForm(forms.Form):
    """What has to be known before the first word."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ArticleKind.choices)
    title = forms.CharField(label=_("Title"), max_length=LONGEST_TITLE)
    section = SectionField()
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGE_CHOICES)


class NextLanguageForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGE_CHOICES)
    title = forms.CharField(label=_("Title in that language"), max_length=LONGEST_TITLE)


class ChapterForm(forms.Form):
    title = forms.CharField(label=_("Title of the chapter"), max_length=LONGEST_TITLE)


class WriteForm(forms.Form):
    """The words of a draft. `base` names the version that the page showed."""

    base = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Title"), max_length=LONGEST_TITLE)
    summary = forms.CharField(
        label=_("Summary"),
        max_length=LONGEST_SUMMARY,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("One or two sentences: lists and search show them."),
    )
    symptom = forms.CharField(max_length=LONGEST_PART, required=False, widget=forms.Textarea({"rows": 4}))
    cause = forms.CharField(max_length=LONGEST_PART, required=False, widget=forms.Textarea({"rows": 3}))
    workaround = forms.CharField(max_length=LONGEST_PART, required=False, widget=forms.Textarea({"rows": 4}))
    fix = forms.CharField(max_length=LONGEST_PART, required=False, widget=forms.Textarea({"rows": 3}))
    body = forms.CharField(
        label=_("Text"),
        max_length=LONGEST_BODY,
        required=False,
        strip=True,
        widget=forms.Textarea({"rows": 20, "class": "body", "spellcheck": "true", "data-writing": True}),
        help_text=_(
            "Markdown. ## heading, **bold**, - list, > [!NOTE] box, article:address and file:name in links."
        ),
    )
    note = forms.CharField(
        label=_("What changed"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_("Shown in the list of versions."),
    )

    def __init__(self, *args: Any, article: Article, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in PARTS.items():
            if article.is_known_error:
                self.fields[name].label = label
            else:
                del self.fields[name]
        if article.is_known_error:
            self.fields["body"].label = _("Further notes")

    def clean_base(self) -> tuple[int, int] | None:
        number, _dot, revision = str(self.cleaned_data["base"]).partition(".")
        if not (number.isdecimal() and revision.isdecimal()):
            return None
        return int(number), int(revision)

    @classmethod
    def showing(cls, article: Article, version: ArticleVersion) -> "WriteForm":
        names = ("title", "summary", "body", "note", *PARTS)
        said = {name: getattr(version, name) for name in names}
        if article.draft_id is None:
            said["note"] = ""
        return cls(initial={**said, "base": base_of(version)}, article=article)


def base_of(version: ArticleVersion) -> str:
    return f"{version.number}.{version.revision}"


class DescribeForm(forms.Form):
    """What is true of an article whatever it says."""

    section = SectionField()
    owner = PersonField(label=_("Owner"), required=True)
    tags = forms.CharField(
        label=_("Tags"), max_length=800, required=False, help_text=_("Separated by commas.")
    )
    review_by = forms.DateField(
        label=_("Look at it again by"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    position = forms.IntegerField(
        label=_("Place among the chapters"), min_value=0, max_value=10_000, required=False
    )
    error_status = forms.ChoiceField(
        label=_("Status of the error"), choices=ErrorStatus.choices, required=False
    )
    problem = forms.CharField(
        label=_("Problem"),
        max_length=20,
        required=False,
        help_text=_("The number of a ticket of kind problem."),
    )

    def __init__(self, *args: Any, article: Article, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not article.is_known_error:
            del self.fields["error_status"], self.fields["problem"]
        if article.manual_id is None:
            del self.fields["position"]

    def clean_tags(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]

    def clean_problem(self) -> Ticket | None:
        number = self.cleaned_data["problem"].strip().upper().removeprefix("TD-").removeprefix("#")
        if not number:
            return None
        rows = Ticket.objects.visible_to(self.user).filter(kind=Kind.PROBLEM)
        found = rows.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 16 else None
        if found is None:
            raise forms.ValidationError(_("There is no problem of this number that you can see."))
        return found


class AudienceForm(forms.Form):
    audience = forms.ChoiceField(label=_("Who reads it"), choices=ArticleAudience.choices)
    organisations = forms.ModelMultipleChoiceField(
        label=_("Organisations"),
        queryset=Organisation.objects.filter(is_active=True),
        required=False,
        widget=forms.SelectMultiple({"data-pick": True}),
        help_text=_("For “named organisations”: their people and the desk read it."),
    )


class AddressForm(forms.Form):
    slug = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_SLUG,
        help_text=_("Small letters, digits and hyphens. Old addresses lead here for ever."),
    )


class RelatedForm(forms.Form):
    others = forms.CharField(
        label=_("Related articles"),
        required=False,
        max_length=4_000,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        help_text=_("Their addresses, one a line."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_others(self) -> list[Article]:
        slugs = [part.rstrip("/").rpartition("/")[2] for part in self.cleaned_data["others"].split()]
        rows = Article.objects.editable_by(self.user).filter(permalinks__slug__in=slugs).distinct()
        found = {slug: row for row in rows for slug in row.permalinks.values_list("slug", flat=True)}
        for slug in slugs:
            if slug not in found:
                raise forms.ValidationError(
                    _("There is no article “%(slug)s”."), params={"slug": slug}, code="unknown"
                )
        return list({found[slug].pk: found[slug] for slug in slugs}.values())


class NoteForm(forms.Form):
    note = forms.CharField(label=_("Why"), max_length=LONGEST_NOTE)


class SectionForm(forms.Form):
    """A section with who reviews in it."""

    name = forms.CharField(label=_("Name"), max_length=80)
    slug = forms.SlugField(
        label=_("Short name in addresses"),
        max_length=80,
        required=False,
        help_text=_("Made from the name if empty."),
    )
    parent = forms.ModelChoiceField(
        label=_("Lies in"),
        queryset=Section.objects.order_by("full_name"),
        required=False,
        empty_label=_("no other section"),
        widget=forms.Select({"data-pick": True}),
    )
    hint = forms.CharField(label=_("What it holds"), max_length=200, required=False)
    position = forms.IntegerField(label=_("Place"), min_value=0, max_value=10_000, required=False)
    ticket_categories = forms.ModelMultipleChoiceField(
        label=_("Categories of requests"),
        queryset=Category.objects.active(),
        required=False,
        widget=forms.SelectMultiple({"data-pick": True}),
        help_text=_("Its articles are suggested first for requests of these."),
    )
    reviewers = forms.ModelMultipleChoiceField(
        label=_("Reviewers"),
        queryset=User.objects.technicians().order_by("name"),
        required=False,
        widget=forms.SelectMultiple({"data-pick": True}),
        help_text=_("They publish here, beside leads, managers and administrators."),
    )
    is_review_required = forms.BooleanField(
        label=_("Nothing is published here unless somebody who has not written it approves it"),
        required=False,
    )

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or 0
