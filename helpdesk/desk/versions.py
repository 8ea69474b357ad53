"""The history of one setting, field by field, with every earlier version to be put back.

Putting back fills the setting's own form with what was kept and saves it by the setting's own operation, so whatever is
refused there is refused here, and the history tells it as one more change.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import models
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import operations as accounts
from accounts import versions
from accounts.forms import TeamForm, TierForm
from accounts.models import SettingVersion, Team, Tier
from accounts.refusals import Refused
from accounts.views.guards import AuthenticatedRequest, for_administrators
from tickets.conditions import words_of_answer
from tickets.models import Category, CustomField
from tickets.settings import fields, kept, operations
from tickets.settings.forms import CategoryForm, CustomFieldForm, MatrixForm
from tickets.settings.statuses import change_statuses

MOST_SHOWN = 50
Content = Mapping[str, Any]


@dataclass(frozen=True)
class Subject:
    """A setting whose versions are kept."""

    label: Any
    model: type[models.Model] | None
    put_back: Callable[[Any, Content, dict[str, Any]], list[str]]
    """Takes the row, the content and who and when; answers what is wrong."""
    url: Callable[[int], str]


@dataclass(frozen=True)
class Difference:
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Shown:
    version: SettingVersion
    differences: list[Difference]
    is_current: bool


def _by_form(form: Callable[[Any, Content], forms.BaseForm], change: Callable[..., object]) -> Any:
    def put_back(row: Any, content: Content, facts: dict[str, Any]) -> list[str]:
        filled = form(row, content)
        if not filled.is_valid():
            return [
                f"{filled.fields[name].label if name in filled.fields else ''}: {error}".removeprefix(": ")
                for name, errors in filled.errors.items()
                for error in errors
            ]
        try:
            change(row, **filled.cleaned_data, **facts)
        except Refused as refused:
            return [str(refused)]
        return []

    return put_back


def _field_form(row: CustomField, content: Content) -> CustomFieldForm:
    chosen = [f"{key}={answer}" for key, answers in content["shown_when"].items() for answer in answers]
    return CustomFieldForm({**content, "shown_when": chosen}, instance=row)


def _put_back_questions(row: Category, content: Content, facts: dict[str, Any]) -> list[str]:
    fields.set_questions(row, questions=content["questions"], **facts)
    return []


def _put_back_statuses(_row: None, content: Content, facts: dict[str, Any]) -> list[str]:
    change_statuses(content["statuses"], **facts)
    return []


def _put_back_matrix(_row: None, content: Content, facts: dict[str, Any]) -> list[str]:
    form = MatrixForm(dict(content))
    if not form.is_valid():
        return [_("This matrix no longer fits.")]
    operations.change_matrix(form.cells, **facts)
    return []


def _page(name: str) -> Callable[[int], str]:
    return lambda key: reverse(name, args=[key])


SUBJECTS: dict[str, Subject] = {
    kept.CATEGORY: Subject(
        gettext_lazy("Category"),
        Category,
        _by_form(lambda row, content: CategoryForm(dict(content), instance=row), operations.change_category),
        _page("settings-category"),
    ),
    kept.FIELD: Subject(
        gettext_lazy("Custom field"),
        CustomField,
        _by_form(_field_form, fields.change_field),
        _page("settings-field"),
    ),
    kept.QUESTIONS: Subject(
        gettext_lazy("Form in the portal"), Category, _put_back_questions, _page("settings-questions")
    ),
    kept.MATRIX: Subject(
        gettext_lazy("Priority matrix"), None, _put_back_matrix, lambda _key: reverse("settings-matrix")
    ),
    kept.STATUSES: Subject(
        gettext_lazy("Statuses"), None, _put_back_statuses, lambda _key: reverse("settings-statuses")
    ),
    versions.TEAM: Subject(
        gettext_lazy("Team"),
        Team,
        _by_form(lambda row, content: TeamForm.of(row, dict(content)), accounts.change_team),
        _page("settings-team"),
    ),
    versions.TIER: Subject(
        gettext_lazy("Tier"),
        Tier,
        _by_form(lambda row, content: TierForm(dict(content), instance=row), accounts.change_tier),
        _page("settings-tier"),
    ),
}
versions.tell(SUBJECTS)


@require_safe
@for_administrators
def history(request: AuthenticatedRequest, subject: str, key: int) -> HttpResponse:
    about, row = _found(subject, key)
    rows = list(versions.versions_of(subject, key)[: MOST_SHOWN + 1])
    context = {
        "subject": subject,
        "key": key,
        "label": about.label,
        "title": str(row) if row else about.label,
        "back": about.url(key),
        "versions": _shown(about, rows)[:MOST_SHOWN],
    }
    return render(request, "settings/versions.html", context)


@require_POST
@for_administrators
def put_back(request: AuthenticatedRequest, subject: str, key: int, number: int) -> HttpResponse:
    """Make an earlier version hold again, as a new one."""
    version = versions.versions_of(subject, key).filter(number=number).first()
    if version is None:
        raise Http404
    _carry_out(request, subject, key, version.content, _("Version %(n)d holds again.") % {"n": number})
    return redirect("settings-versions", subject, key)


@require_POST
@for_administrators
def undo(request: AuthenticatedRequest, subject: str, key: int, number: int) -> HttpResponse:
    """Take back what one version changed, and leave what others changed since then."""
    found = {version.number: version for version in versions.versions_of(subject, key)}
    version, before = found.get(number), found.get(number - 1)
    if version is None or before is None:
        raise Http404
    current = found[max(found)]
    changed = [name for name, value in version.content.items() if before.content.get(name) != value]
    since = [name for name in changed if current.content.get(name) != version.content[name]]
    if since:
        about, _row = _found(subject, key)
        names = ", ".join(_label(about.model, name) for name in since)
        messages.error(
            request,
            _("This was changed again since then: %(names)s. Put an earlier version back instead.")
            % {"names": names},
        )
    else:
        content = {**current.content, **{name: before.content[name] for name in changed}}
        _carry_out(request, subject, key, content, _("The change is undone."))
    return redirect("settings-versions", subject, key)


def _carry_out(request: AuthenticatedRequest, subject: str, key: int, content: Content, done: str) -> None:
    about, row = _found(subject, key)
    wrong = about.put_back(row, content, {"by": request.user, "at": timezone.now()})
    for sentence in wrong:
        messages.error(request, _("It cannot be put back. %(why)s") % {"why": sentence})
    if not wrong:
        messages.success(request, done)


def _found(subject: str, key: int) -> tuple[Subject, Any]:
    about = SUBJECTS.get(subject)
    if about is None or (about.model is None and key != 0):
        raise Http404
    row = _rows_of(about.model).filter(pk=key).first() if about.model else None
    if about.model is not None and row is None:
        raise Http404
    return about, row


def _rows_of(model: type[models.Model]) -> "models.QuerySet[Any]":
    return model._meta.default_manager.all()  # type: ignore[union-attr]


def _shown(about: Subject, rows: list[SettingVersion]) -> list[Shown]:
    """Each version with what it changed against the one before it."""
    found = []
    for place, version in enumerate(rows):
        before = rows[place + 1].content if place + 1 < len(rows) else None
        found.append(Shown(version, _differences(about, before, version.content), place == 0))
    return found


def _differences(about: Subject, before: Content | None, after: Content) -> list[Difference]:
    if before is None:
        return []
    return [
        Difference(
            _label(about.model, name), *(_words(about, name, each.get(name)) for each in (before, after))
        )
        for name in after
        if before.get(name) != after[name]
    ]


def _label(model: type[models.Model] | None, name: str) -> str:
    if name.startswith("cell_"):
        return str(MatrixForm().fields[name].label)
    if model is None or name == "questions":
        return {"statuses": _("Names and colours"), "questions": _("Questions")}.get(name, name)
    return str(capfirst(str(getattr(model._meta.get_field(name), "verbose_name", name))))


def _words(about: Subject, name: str, value: Any) -> str:
    """A kept value as people read it: other rows by their names, codes by their labels."""
    if value in (None, "", [], {}):
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name.startswith("cell_"):
        return f"P{value}"
    if name in ("questions", "statuses", "shown_when"):
        return _STRUCTURED[name](value)
    field: Any = about.model._meta.get_field(name) if about.model else None
    if field is not None and field.is_relation:
        keys = value if isinstance(value, list) else [value]
        names = {row.pk: str(row) for row in _rows_of(field.related_model).filter(pk__in=keys)}
        return ", ".join(names.get(each, _("(deleted)")) for each in keys)
    inner = getattr(field, "base_field", field)
    labels = dict(getattr(inner, "choices", None) or [])
    values = value if isinstance(value, list) else [value]
    return ", ".join(str(labels.get(each, each)) for each in values)


def _of_questions(rows: list[dict[str, Any]]) -> str:
    labels = {f"field:{row.key}": row.label for row in CustomField.objects.all()}
    return ", ".join(
        _("%(question)s (not asked)") % {"question": words} if not row.get("is_asked", True) else words
        for row in rows
        for words in [row.get("label") or labels.get(row["ask"], row["ask"])]
    )


def _of_statuses(statuses: dict[str, dict[str, Any]]) -> str:
    return "; ".join(
        f"{code}: {', '.join(word for of in ('names', 'portal') for word in row.get(of, {}).values())}"
        f"{' ' if row.get('colour') else ''}{row.get('colour', '')}"
        for code, row in statuses.items()
    )


def _of_shown_when(conditions: dict[str, list[str]]) -> str:
    labels = {row.key: row.label for row in CustomField.objects.filter(key__in=conditions)}
    return "; ".join(
        f"{labels.get(key, key)}: {', '.join(words_of_answer(answer) for answer in answers)}"
        for key, answers in conditions.items()
    )


_STRUCTURED: dict[str, Callable[[Any], str]] = {
    "questions": _of_questions,
    "statuses": _of_statuses,
    "shown_when": _of_shown_when,
}
