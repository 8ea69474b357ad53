"""Forms of the requester's pages. Field names are the operations' keywords."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.keys import key_of
from accounts.models import ReachBy, User, UserQuerySet
from accounts.prepared import Prepared
from helpdesk.desk.forms.base import LONGEST
from helpdesk.desk.forms.fields import PREFIX, UploadsField, custom_controls, custom_values
from helpdesk.portal.uploads import uploads_of
from helpdesk.telling.surveys import ANSWERS
from tickets.models import Attachment, Category, CustomField, Impact, Kind, Urgency
from tickets.queries.asked import BUILT_IN, Question, questions_for
from tickets.refusals import Refused

MOST_FILES = 20
OWN, OTHER, NONE = "own", "other", "none"
CONTROLS_OF = {"device": ("device_choice", "device")}
"""The controls that ask a built-in question, where they are not one of its name."""


def new_key() -> str:
    return uuid.uuid4().hex


class PortalForm(forms.Form):
    """A form that is carried out once, however often it is sent, and that keeps its files when it comes back."""

    # Part of the draft: sent again after a reload, it still is the same form.
    key = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput({"data-draft-keep": True}))
    http_status = 422
    """Of the page that shows it again."""

    def __init__(
        self,
        data: Any = None,
        *,
        person: User,
        uploads: Iterable[Any] = (),
        initial: Any = None,
        **kwargs: Any,
    ) -> None:
        self.person = person
        initial = {"key": new_key(), **(initial or {})}
        super().__init__(data, initial=initial, use_required_attribute=False, **kwargs)
        self.sent: QueryDict = data if data is not None else QueryDict()
        named = self.sent.getlist("attachments") if data is not None else list(uploads)
        self.uploads = uploads_of(person, named)

    @property
    def kept(self) -> list[Attachment]:
        """What is attached and not sent yet, for the page that shows the form again."""
        return [row for row in self.uploads if row.ticket_id is None]

    def clean_attachments(self) -> list[uuid.UUID]:
        named = list(dict.fromkeys(self.cleaned_data["attachments"]))
        if len(named) > MOST_FILES:
            raise ValidationError(_("At most %(most)s files at once.") % {"most": MOST_FILES})
        # Those that a first sending of this form has used count: `once` answers before they are used again.
        if len(self.uploads) != len(named):
            raise ValidationError(_("A file is missing. Attach it again, please."))
        return named

    def show(self, refused: Refused) -> None:
        """Put the sentence beside the field that it is about, else on top of the form."""
        name = refused.field if refused.field in self.fields else None
        self.add_error(name, str(refused))
        self.http_status = refused.http_status

    def body(self) -> dict[str, list[Any]]:
        """What was asked for, to tell a second sending from another form. Files get new names each time."""
        unsaid = ("csrfmiddlewaretoken", "attachments", "key", "form_id")
        return {name: self.sent.getlist(name) for name in self.sent if name not in unsaid}

    def renew_key(self) -> None:
        """What is sent from now on is another form."""
        renewed = self.sent.copy()
        renewed["key"] = new_key()
        self.data = self.sent = renewed


class ReplyForm(PortalForm):
    text = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 5, "data-autosize": True, "data-writing": True}),
    )
    attachments = UploadsField()


class RatingForm(forms.Form):
    rating = forms.TypedChoiceField(
        label=_("How did it go?"),
        choices=list(reversed(ANSWERS)),
        coerce=int,
        empty_value=None,
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label=_("Anything to add?"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea({"rows": 2, "data-autosize": True}),
    )


class WorksForm(RatingForm):
    """“It works”: the rating may be left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rating"].required = False


class StillBrokenForm(forms.Form):
    text = forms.CharField(
        label=_("What is still wrong?"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 3, "data-autosize": True}),
    )


class ColleagueByNameField(forms.CharField):
    """A person of the requester's own organisation, by mail address or whole name. No list gives away who is there."""

    def __init__(self, *, asker: User, **kwargs: Any) -> None:
        kwargs["help_text"] = kwargs.get("help_text") or _("The name or mail address of a colleague.")
        super().__init__(max_length=254, **kwargs)
        self.asker = asker

    def prepare_value(self, value: Any) -> Any:
        return value.email if isinstance(value, User) else value

    def clean(self, value: Any) -> User | None:
        text = super().clean(value)
        if not text:
            return None
        found = list(
            colleagues(self.asker, others=False).filter(Q(email__iexact=text) | Q(name__iexact=text))[:2]
        )
        if len(found) != 1:
            raise ValidationError(
                _("There are several people of this name: give the mail address.")
                if found
                else _("Nobody of your organisation has this name or mail address.")
            )
        return found[0]


class ColleagueField(forms.Field):
    """Somebody for whom the asker may file, by their key: mostly the asker, who need not be looked for."""

    default_error_messages = {"invalid_choice": _("You can file only for colleagues of your organisation.")}
    asker: User

    def to_python(self, value: Any) -> User | None:
        if value in self.empty_values:
            return None
        key = key_of(value)
        if key == self.asker.pk and self.asker.is_active:
            return self.asker
        found = colleagues(self.asker, others=False).filter(pk=key).first()
        if found is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return found


class CategoryForRequestersField(forms.Field):
    """A category that requesters choose from, by its key."""

    default_error_messages = {"invalid_choice": _("Choose a category from the list.")}
    known: Category | None = None
    """The one that the form has read already, for the fields that it asks."""

    def to_python(self, value: Any) -> Category | None:
        if value in self.empty_values:
            return None
        known = self.known
        found = known if known and known.pk == key_of(value) else category_for_requesters(value)
        if found is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return found


def category_for_requesters(key: Any) -> Category | None:
    """The category of this key, as an address or a form writes it; None if requesters cannot choose it."""
    return _categories.first(key=key_of(key))


_categories = Prepared(
    lambda key: Category.objects.active().filter(pk=key, for_requesters=True).order_by(), "key"
)


def colleagues(person: User, *, others: bool = True) -> UserQuerySet:
    """The active people of the same organisation; without one there are none."""
    active, organisation = User.objects.active(), person.organisation_id
    rows = (
        active.filter(pk=person.pk) if organisation is None else active.filter(organisation_id=organisation)
    )
    return rows.exclude(pk=person.pk) if others else rows


class FormIdField(forms.Field):
    """The random id under which suggestions are counted; a form is sent without it as well."""

    def to_python(self, value: Any) -> uuid.UUID | None:
        try:
            return uuid.UUID(str(value))
        except ValueError:
            return None


class FilingForm(PortalForm):
    """A request as somebody tells it: what is wrong, how bad it is, where, and how to reach them."""

    # Not part of a draft, which is somebody's: what is counted under it is nobody's.
    form_id = FormIdField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[
            (Kind.INCIDENT, _("Something does not work")),
            (Kind.REQUEST, _("I need something")),
            (Kind.QUESTION, _("I have a question")),
        ],
        initial=Kind.INCIDENT,
        widget=forms.RadioSelect,
    )
    subject = forms.CharField(
        label=_("In a few words"),
        max_length=250,
        widget=forms.TextInput(
            {"autocomplete": "off", "placeholder": _("For example: VPN drops every 20 minutes")}
        ),
    )
    description = forms.CharField(
        label=_("Tell us more"),
        max_length=LONGEST,
        required=False,
        help_text=_(
            "What you did, what you saw, what you expected, since when. Screenshots can be pasted here."
        ),
        widget=forms.Textarea({"rows": 6, "data-autosize": True}),
    )
    attachments = UploadsField()
    category = CategoryForRequestersField(label=_("What is it about?"), required=False)
    impact = forms.TypedChoiceField(
        label=_("Who is affected?"),
        choices=[
            (Impact.PERSON, _("Only one person")),
            (Impact.TEAM, _("Several people or a team")),
            (Impact.COMPANY, _("The whole company, or our customers")),
        ],
        coerce=int,
        initial=Impact.PERSON,
        widget=forms.RadioSelect,
    )
    urgency = forms.TypedChoiceField(
        label=_("Can you work?"),
        choices=[
            (Urgency.STOPPED, _("No, work has stopped")),
            (Urgency.HINDERED, _("Yes, but with trouble")),
            (Urgency.CAN_WAIT, _("Yes, it can wait")),
        ],
        coerce=int,
        initial=Urgency.HINDERED,
        widget=forms.RadioSelect,
    )
    requester = ColleagueField(label=_("Who needs help?"), required=False)
    location = forms.CharField(
        label=_("Where?"), max_length=120, required=False, help_text=_("Site, building, room.")
    )
    device_choice = forms.ChoiceField(label=_("Which device?"), required=False, widget=forms.RadioSelect)
    device = forms.CharField(
        label=_("Which one?"), max_length=80, required=False, help_text=_("The label on it, or what it is.")
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
    )
    reach_by = forms.ChoiceField(label=_("How we reach you"), choices=ReachBy.choices, required=False)
    reach_when = forms.CharField(
        label=_("When"),
        max_length=120,
        required=False,
        widget=forms.TextInput({"placeholder": _("For example: mornings, not on Fridays")}),
    )

    def __init__(
        self,
        *args: Any,
        person: User,
        asked: Mapping[str, Any] | None = None,
        shown_as: Category | None = None,
        **kwargs: Any,
    ) -> None:
        """`asked` is what decides which fields are needed, where the form itself is not sent yet; `shown_as` the
        category whose form is looked at, whether requesters can choose it or not.
        """
        kwargs["initial"] = self._first_values(person) | (kwargs.get("initial") or {})
        super().__init__(*args, person=person, **kwargs)
        self.fields["requester"].asker = person  # type: ignore[attr-defined]
        self.fields["device_choice"].choices = self._devices(person)  # type: ignore[attr-defined]
        self.shown_as = shown_as
        self.asked_for = self._ask(asked if asked is not None else self.data or self.initial)

    @staticmethod
    def _first_values(person: User) -> dict[str, Any]:
        return {
            "form_id": uuid.uuid4(),
            "requester": person.pk,
            "location": person.location,
            "device_choice": OWN if person.device else NONE,
            "phone": person.phone,
            "reach_by": person.reach_by,
            "reach_when": person.reach_when,
        }

    @staticmethod
    def _devices(person: User) -> list[tuple[str, Any]]:
        own = [(OWN, _("%(device)s, mine") % {"device": person.device})] if person.device else []
        return [*own, (OTHER, _("Another one")), (NONE, _("None, or I don't know"))]

    def _ask(self, asked: Mapping[str, Any]) -> list[str]:
        """Put in what an administrator wants to know for this kind and category; the names in their order."""
        chosen = asked.get("category")
        category = self.shown_as or category_for_requesters(getattr(chosen, "pk", chosen))
        self.fields["category"].known = category  # type: ignore[attr-defined]
        questions = questions_here(asked.get("kind") or Kind.INCIDENT, category)
        own = [row.field for row in questions if row.field is not None]
        controls = custom_controls(own, {}, self.person, sent=asked)
        for name in BUILT_IN:
            if name not in {row.ask for row in questions}:
                for control in CONTROLS_OF.get(name, (name,)):
                    del self.fields[control]
        found = []
        for row in questions:
            name = CONTROLS_OF.get(row.ask, (row.ask,))[0] if row.field is None else PREFIX + row.field.key
            if name in controls:
                self.fields[name] = self._among_colleagues(controls[name], row)
            if name in self.fields:
                self._reword(self.fields[name], row)
                found.append(name)
        return found

    def _among_colleagues(self, control: forms.Field, question: Question) -> forms.Field:
        """People are found only in the requester's own organisation."""
        if question.field is None or question.field.type != CustomField.Type.USER:
            return control
        decides = {"data-decides": True} if "data-decides" in control.widget.attrs else {}
        return ColleagueByNameField(asker=self.person, widget=forms.TextInput(decides))

    @staticmethod
    def _reword(control: forms.Field, question: Question) -> None:
        control.label = question.label or control.label
        control.help_text = question.help or control.help_text
        if question.is_required is not None:
            control.required = question.is_required

    @property
    def questions(self) -> list[forms.BoundField]:
        """What the category's form asks, in its order."""
        return [self[name] for name in self.asked_for]

    @property
    def colleague(self) -> User | None:
        """For whom it is filed, if not for oneself."""
        chosen = key_of(self["requester"].value())
        return colleagues(self.person).filter(pk=chosen).first()

    def clean_requester(self) -> User:
        return self.cleaned_data["requester"] or self.person

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (
            cleaned.get("device_choice") == OTHER
            and not cleaned.get("device")
            and "device" not in self.errors
        ):
            self.add_error("device", _("Say which device, or choose “None”."))
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """For operations.open_ticket."""
        facts = dict(self.cleaned_data)
        for unneeded in ("key", "form_id", "phone", "reach_by", "reach_when"):
            facts.pop(unneeded)
        choice, device = facts.pop("device_choice", NONE), facts.get("device", "")
        facts["device"] = {OWN: self.person.device, OTHER: device}.get(choice, "")
        facts["fields"] = custom_values(facts)
        # Who files for somebody follows it.
        facts["watchers"] = [self.person] if facts["requester"] != self.person else []
        return facts

    def reach(self) -> dict[str, str]:
        """How to be reached from now on, as far as it was changed."""
        known = self._first_values(self.person)
        said = {name: self.cleaned_data[name] for name in ("phone", "reach_by", "reach_when")}
        return {
            name: value
            for name, value in said.items()
            if value != known[name] and (value or name != "reach_by")
        }


def questions_here(kind: str, category: Category | None) -> list[Question]:
    """What the portal asks for this kind and category; nonsense asks nothing more."""
    return questions_for(kind if kind in Kind.values else str(Kind.INCIDENT), category)
