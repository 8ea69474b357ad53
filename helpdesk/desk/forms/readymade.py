"""What is ready-made, as it is written: canned replies, ready-made tickets, macros; and whose each is."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.keys import key_of
from accounts.models import Team, User
from escalation.macros.acts import ACTS
from escalation.macros.arguments import Arg, MacroAct, Of, clean
from escalation.macros.running import MOST_ACTS, read_filter
from escalation.models import Macro
from helpdesk.desk.forms.base import text_area
from helpdesk.desk.forms.fields import CategoryField, MinutesField
from tickets import filling
from tickets.models import CannedReply, Category, CustomField, Ready, ReadyTicket
from tickets.refusals import Invalid
from tickets.vocabulary import EVERYTHING, Unreadable, params_from_tree, to_json, tree_from_params

OWN, ALL, TEAM = "own", "all", "team:"
WORDS_HELP = _("Markdown. {{ requester.first_name }} and its like are filled in for each ticket.")


class ReadyForm(forms.ModelForm[Any]):
    """Name, folder, and whose it is: within what this person may write."""

    filled: tuple[str, ...] = ()
    """The fields whose words are filled in."""

    name = forms.CharField(label=_("Name"), max_length=80)
    folder = forms.CharField(
        label=_("Folder"), max_length=80, required=False, widget=forms.TextInput({"list": "folders"})
    )
    whose = forms.ChoiceField(label=_("For"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        teams = Team.objects.active()
        if not user.is_administrator:
            teams = teams.filter(pk__in=user.led_team_ids)
        self.teams = {f"{TEAM}{team.pk}": team for team in teams}
        shared = [(key, team.name) for key, team in self.teams.items()]
        whole = [(ALL, _("everybody of the desk"))] if user.is_administrator else []
        self.fields["whose"].choices = [(OWN, _("me")), *shared, *whole]  # type: ignore[attr-defined]
        self.fields["whose"].initial = self._whose()

    def _whose(self) -> str:
        row: Ready = self.instance
        if row.pk is None:
            return ALL if self.user.is_administrator else next(iter(self.teams), OWN)
        return OWN if row.owner_id else f"{TEAM}{row.team_id}" if row.team_id else ALL

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["folder"] = " ".join((cleaned.get("folder") or "").split())
        for name in self.filled:
            try:
                filling.check(cleaned.get(name) or "", field=name)
            except Invalid as invalid:
                self.add_error(name, str(invalid))
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """For the operations of `tickets.operations.ready`."""
        found = dict(self.cleaned_data)
        whose = found.pop("whose")
        return {**found, "owner": self.user if whose == OWN else None, "team": self.teams.get(whose)}


class CannedReplyForm(ReadyForm):
    filled = ("body",)

    body = forms.CharField(label=_("Text"), max_length=10_000, widget=text_area(10), help_text=WORDS_HELP)

    class Meta:
        model = CannedReply
        fields = ["name", "folder", "body"]


class ReadyTicketForm(ReadyForm):
    filled = ("answer",)

    category = CategoryField(required=False, empty_label=_("not known yet"))
    description = forms.CharField(label=_("Details"), max_length=10_000, required=False, widget=text_area(4))
    answer = forms.CharField(
        label=_("Answer for the requester"),
        max_length=10_000,
        required=False,
        widget=text_area(5),
        help_text=WORDS_HELP,
    )
    minutes = MinutesField()

    class Meta:
        model = ReadyTicket
        fields = [
            "name",
            "folder",
            "kind",
            "category",
            "subject",
            "description",
            "impact",
            "urgency",
            "answer",
            "is_resolved",
            "resolve_as",
            "minutes",
        ]
        labels = {
            "kind": _("Kind"),
            "subject": _("What is wrong, in one line"),
            "impact": _("Who is affected"),
            "urgency": _("Can they work"),
            "is_resolved": _("Answered and resolved"),
            "resolve_as": _("Resolved as"),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["minutes"] = cleaned.get("minutes") or 0
        if cleaned.get("is_resolved"):
            for name, message in (
                ("answer", _("Say what solves it: the requester reads this.")),
                ("category", _("Choose the category: what is resolved has one.")),
                ("resolve_as", _("Choose how it is resolved.")),
            ):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, message)
        return cleaned


class ActRow:
    """One act of a macro in its form: its type, its place, and what it is given."""

    def __init__(self, number: int, name: str, args: Mapping[str, Any], *, bound: bool) -> None:
        self.number, self.act = number, ACTS.get(name)
        self.name = name
        self.errors: list[Any] = [] if self.act or not name else [_("Choose what it does.")]
        self.form = args_form(self.act, number, args if bound else None, {} if bound else args)

    @property
    def prefix(self) -> str:
        return f"act-{self.number}"


def args_form(
    act: MacroAct | None, number: int, data: Mapping[str, Any] | None, initial: Mapping[str, Any]
) -> forms.Form:
    """A field for each argument of an act, named `act-<n>-<argument>`."""
    sent = {f"act-{number}-{name}": value for name, value in (data or {}).items()}
    form = forms.Form(
        sent if data is not None else None,
        prefix=f"act-{number}",
        initial=dict(initial),
        use_required_attribute=False,
    )
    for arg in act.args if act else ():
        form.fields[arg.name] = _field(arg)
    return form


def _field(arg: Arg) -> forms.Field:
    common: dict[str, Any] = {"label": arg.label, "required": arg.is_needed, "help_text": arg.help}
    rows = ROWS.get(arg.of)
    if rows is not None:
        return forms.ModelChoiceField(rows(), widget=forms.Select({"data-pick": True}), **common)
    if arg.of == Of.CHOICE:
        return forms.ChoiceField(choices=[("", "---------"), *arg.choices()], **common)
    if arg.of == Of.NUMBER:
        return forms.IntegerField(min_value=arg.least, max_value=arg.most, **common)
    if arg.of == Of.TEXT:
        return forms.CharField(widget=text_area(5), **{**common, "help_text": arg.help or WORDS_HELP})
    return forms.CharField(max_length=250, **common)


ROWS: Mapping[Of, Callable[[], Any]] = {
    Of.TEAM: Team.objects.in_use,
    Of.PERSON: User.objects.technicians,
    Of.CATEGORY: lambda: Category.objects.active().order_by("full_name"),
    Of.FIELD: lambda: CustomField.objects.filter(is_active=True),
}
"""What is chosen from, by what an argument is."""


class MacroForm(ReadyForm):
    """Its acts are rows beside the form's own fields (`rows`); where it is offered is the filter of a list."""

    slot = forms.TypedChoiceField(
        label=_("Key"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("none")), *((n, f"x {n}") for n in Macro.KEYS)],
        help_text=_("Pressed one after the other on the page of a ticket."),
    )
    where = forms.CharField(
        label=_("Offered only where"),
        required=False,
        max_length=4000,
        help_text=_(
            "Filter a list as you want it, and paste its address here. Empty: on every ticket that is open to you."
        ),
    )

    class Meta:
        model = Macro
        fields = ["name", "folder", "slot", "is_active"]
        labels = {"is_active": _("In use")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows_of(self.data) if self.is_bound else rows_from(self.instance.acts)
        if not self.is_bound and self.instance.filter:
            tree = read_filter(self.instance)
            if not isinstance(tree, Unreadable):
                query = QueryDict(mutable=True)
                for name, value in params_from_tree(tree):
                    query.appendlist(name, value)
                self.fields["where"].initial = query.urlencode()

    def clean_where(self) -> dict[str, Any]:
        text = self.cleaned_data["where"].strip()
        try:
            parts = urlsplit(text)
        except ValueError:
            raise ValidationError(_("Paste the address of a list that you have filtered.")) from None
        query = parts.query or ("" if parts.scheme or text.startswith("/") else text)
        tree, errors = tree_from_params(QueryDict(query), self.user)
        if errors:
            raise ValidationError([str(error) for error in errors])
        return {} if tree == EVERYTHING else to_json(tree)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        acts: list[tuple[str, dict[str, Any]]] = []
        for row in self.rows:
            if row.act is None:
                if row.errors:
                    self.add_error(None, _("Act %(n)d: choose what it does.") % {"n": row.number})
                continue
            given = {arg.name: row.form.data.get(f"{row.prefix}-{arg.name}", "") for arg in row.act.args}
            try:
                acts.append((row.name, clean(row.act, given)))
            except Invalid as invalid:
                row.errors.append(str(invalid))
                self.add_error(None, _("Act %(n)d: %(why)s") % {"n": row.number, "why": invalid})
        if not acts and not self.errors:
            self.add_error(None, _("A macro does at least one thing."))
        cleaned["acts"], cleaned["filter"] = acts, cleaned.pop("where", {})
        return cleaned


def rows_of(data: Mapping[str, Any]) -> list[ActRow]:
    """The rows of a form that was sent, in the order of their places."""
    rows: list[tuple[int, int, ActRow]] = []
    for number in range(1, MOST_ACTS + 1):
        name = str(data.get(f"act-{number}-type") or "")
        if not name:
            continue
        start = f"act-{number}-"
        args = {key.removeprefix(start): data.get(key) for key in data if key.startswith(start)}
        rows.append(
            (key_of(data.get(f"{start}place")) or number, number, ActRow(number, name, args, bound=True))
        )
    return _renumbered([row for _place, _number, row in sorted(rows, key=lambda each: each[:2])])


def rows_from(acts: list[Any]) -> list[ActRow]:
    return [ActRow(number, name, args, bound=False) for number, (name, args) in enumerate(acts, 1)]


def _renumbered(rows: list[ActRow]) -> list[ActRow]:
    """As the page shows them again: in their new order."""
    found = []
    for number, row in enumerate(rows, 1):
        args = {key.removeprefix(f"{row.prefix}-"): value for key, value in (row.form.data or {}).items()}
        found.append(ActRow(number, row.name, args, bound=True))
    return found
