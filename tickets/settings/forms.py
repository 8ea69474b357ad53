import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import Skill, Team, Tier
from accounts.refusals import Invalid
from tickets.conditions import ANY, NO, YES, words_of_answer
from tickets.models import Category, CustomField, Impact, Kind, Priority, Urgency
from tickets.settings.icons import ICONS
from tickets.settings.placing import has_twin, refuse_parent


class CategoryForm(forms.ModelForm[Category]):
    icon = forms.ChoiceField(
        label=_("Icon"),
        choices=[("", _("none")), *ICONS],
        required=False,
        help_text=_("Beside its name in the portal."),
    )

    class Meta:
        model = Category
        fields = [
            "name",
            "parent",
            "hint",
            "icon",
            "team",
            "skill",
            "is_common",
            "for_requesters",
            "is_active",
        ]
        help_texts = {
            "hint": _("In plain words, under the name: when to choose this."),
            "team": _("Empty: the first choice of the lowest tier."),
            "skill": _("“Take next” gives its tickets only to people who have it."),
        }
        widgets = {
            "parent": forms.Select(attrs={"data-pick": True, "data-placeholder": _("none: at the top")})
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parents = Category.objects.order_by("full_name")
        if self.instance.pk:
            parents = parents.exclude(ancestry__contains=[self.instance.pk])
        choose = {"parent": parents, "team": Team.objects.active(), "skill": Skill.objects.all()}
        for name, rows in choose.items():
            field: Any = self.fields[name]
            field.queryset, field.required, field.empty_label = rows, False, _("none")
        self.fields["parent"].empty_label = ""  # type: ignore[attr-defined]

    def clean_parent(self) -> Category | None:
        parent: Category | None = self.cleaned_data["parent"]
        if parent is not None:
            try:
                refuse_parent(self.instance, parent)
            except Invalid as refused:
                raise ValidationError(str(refused)) from None
        return parent

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if has_twin(self.instance, parent=cleaned.get("parent"), name=cleaned.get("name", "")):
            self.add_error("name", _("There is a category of this name in the same place already."))
        return cleaned


class ChoicesWidget(forms.Textarea):
    """As many inputs of one name as there are choices, and one for more of them, one a line."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        found = data.getlist(name) if hasattr(data, "getlist") else data.get(name, "")
        return found if isinstance(found, str) else "\n".join(found)


class ChoicesField(forms.CharField):
    """The choices of a field in their order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=20_000, widget=ChoicesWidget({"rows": 3}), **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        lines = [" ".join(line.split()) for line in (super().clean(value) or "").splitlines()]
        choices = list(dict.fromkeys(line for line in lines if line))
        too_long = next((choice for choice in choices if len(choice) > 80), None)
        if too_long:
            raise ValidationError(
                _("“%(choice)s…” is longer than 80 characters."), params={"choice": too_long[:40]}
            )
        return choices


class ShownWhenField(forms.MultipleChoiceField):
    """Answers to other fields, each as `<key>=<answer>`. Those to one field are alternatives; each field counts."""

    widget = forms.SelectMultiple({"data-pick": True})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return [f"{key}={answer}" for key, answers in value.items() for answer in answers]
        return value

    def clean(self, value: Any) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for each in sorted(super().clean(value)):
            key, _equals, answer = each.partition("=")
            found.setdefault(key, []).append(answer)
        return found

    def offer(self, fields: Iterable[CustomField], held: Mapping[str, Iterable[str]]) -> None:
        """Every answer to these fields, and those that are named already, also where they are gone."""
        rows = list(fields)
        choices = [
            (f"{row.key}={answer}", f"{row.label}: {words}")
            for row in rows
            for answer, words in _answers(row)
        ]
        known = {value for value, _words in choices}
        labels = {row.key: row.label for row in rows}
        for key, answers in held.items():
            for answer in answers:
                if f"{key}={answer}" not in known:
                    words = _("%(field)s: %(answer)s (no longer offered)")
                    names = {"field": labels.get(key, key), "answer": words_of_answer(answer)}
                    choices.append((f"{key}={answer}", str(words % names)))
        self.choices = choices


def _answers(field: CustomField) -> list[tuple[str, str]]:
    if field.type == CustomField.Type.CHECKBOX:
        return [(answer, words_of_answer(answer)) for answer in (YES, NO)]
    offered = field.choices if field.type == CustomField.Type.CHOICE else []
    return [*((choice, choice) for choice in offered), (ANY, words_of_answer(ANY))]


class CustomFieldForm(forms.ModelForm[CustomField]):
    choices = ChoicesField(label=_("Choices"), help_text=_("One a line."))
    kinds = forms.MultipleChoiceField(
        label=_("Only for kinds"),
        choices=Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: for all."),
    )
    shown_when = ShownWhenField(
        label=_("Shown only when"),
        required=False,
        help_text=_(
            "Answers to other fields. Of several answers to one field any will do; each field that is named counts. "
            "While it is hidden it is neither required nor kept."
        ),
    )
    min_tier = forms.TypedChoiceField(
        label=_("Shown from"),
        coerce=int,
        choices=[(0, _("everybody")), *((level, f"L{level}") for level in range(1, 5))],
        help_text=_("Technicians of lower tiers do not see it."),
    )

    class Meta:
        model = CustomField
        fields = [
            "label",
            "key",
            "help",
            "type",
            "choices",
            "required",
            "kinds",
            "categories",
            "shown_when",
            "for_requesters",
            "min_tier",
            "is_active",
        ]
        help_texts = {
            "key": _("Its name in addresses, exports and mappings. Empty: made from the label."),
            "categories": _("None chosen: for all."),
        }
        widgets = {"categories": forms.SelectMultiple(attrs={"data-pick": True})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].required = False
        self.fields["categories"].queryset = Category.objects.active()  # type: ignore[attr-defined]
        others = CustomField.objects.filter(is_active=True).exclude(pk=self.instance.pk)
        held = self.instance.shown_when or {}
        self.fields["shown_when"].offer(others, held)  # type: ignore[attr-defined]
        self.initial["shown_when"] = held
        if self.instance.pk:
            # Tickets keep their values under the key and in the shape of the type.
            self.fields["key"].disabled = self.fields["type"].disabled = True

    @property
    def choice_rows(self) -> list[str]:
        """The choices as the page draws them, one input each."""
        return [line for line in str(self["choices"].value() or "").splitlines() if line.strip()]

    def clean_key(self) -> str:
        key = self.cleaned_data["key"] or slugify(self.cleaned_data.get("label", ""))[:40].strip("-")
        if not re.match(r"^[a-z][a-z0-9_-]*$", key):
            raise ValidationError(_("Start with a letter; then small letters, digits, - and _."))
        if CustomField.objects.filter(key=key).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("There is a field with this key already."))
        return str(key)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("type") == CustomField.Type.CHOICE and not cleaned.get("choices"):
            self.add_error("choices", _("A choice needs at least one line here."))
        needs_answer = cleaned.get("required") == CustomField.Required.FILING
        if needs_answer and cleaned.get("min_tier", 0) > 0 and cleaned.get("for_requesters"):
            self.add_error("min_tier", _("Requesters cannot answer what they do not see."))
        return cleaned


class MatrixForm(forms.Form):
    """Nine cells, named `cell_<impact>_<urgency>`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for impact in Impact:
            for urgency in Urgency:
                self.fields[f"cell_{impact.value}_{urgency.value}"] = forms.TypedChoiceField(
                    label=f"{impact.label} × {urgency.label}", coerce=int, choices=Priority.choices
                )

    @property
    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [
            (str(impact.label), [self[f"cell_{impact.value}_{urgency.value}"] for urgency in Urgency])
            for impact in Impact
        ]

    @property
    def cells(self) -> dict[tuple[int, int], int]:
        found = {}
        for name, priority in self.cleaned_data.items():
            _cell, impact, urgency = name.split("_")
            found[int(impact), int(urgency)] = priority
        return found


class WritingForm(forms.Form):
    """In a category and all below it a tier writes to requesters itself, or through the contact."""

    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.active().order_by("full_name"),
        widget=forms.Select({"data-pick": True}),
        help_text=_("It holds for all categories below, too, until one of them says otherwise."),
    )
    tier = forms.ModelChoiceField(
        label=_("Tier"), queryset=Tier.objects.enabled().exclude(level=4), empty_label=None
    )
    writes = forms.TypedChoiceField(
        label=_("Its public replies"),
        choices=[("yes", _("go to the requester")), ("no", _("go through the contact"))],
        coerce=lambda given: given == "yes",
    )
