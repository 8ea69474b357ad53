"""What is known of a problem, what was decided, and what its incidents are told."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from helpdesk.desk.forms.base import LONGEST, ActForm, text_area
from helpdesk.desk.forms.bulk import BulkForm
from helpdesk.desk.forms.fields import TicketField
from helpdesk.desk.guard import pk_of
from knowledgebase.models import Decision
from knowledgebase.queries.problems import record_of
from tickets.models import Kind, ResolutionCode, Ticket

MOST_AT_ONCE = 100


class RecordForm(ActForm):
    """Begins with what is written down; `base` tells whether somebody else has written meanwhile."""

    base = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def prepare(self) -> None:
        record = record_of(self.ticket)
        if record is None or self.is_bound:
            return
        self.fields["base"].initial = record.revision
        for field, column in self.columns().items():
            self.fields[field].initial = getattr(record, column)

    def columns(self) -> dict[str, str]:
        return {}


class ProblemRecordForm(RecordForm):
    reproduced_how = forms.CharField(
        label=_("How it was reproduced"), max_length=20_000, required=False, widget=text_area(4)
    )
    reproduced_where = forms.CharField(label=_("Where"), max_length=200, required=False)
    root_cause = forms.CharField(
        label=_("Root cause"), max_length=20_000, required=False, widget=text_area(4)
    )

    def columns(self) -> dict[str, str]:
        return {name: name for name in ("reproduced_how", "reproduced_where", "root_cause")}


class DecideForm(RecordForm):
    decision = forms.ChoiceField(
        label=_("What becomes of it"), choices=Decision.choices, widget=forms.RadioSelect
    )
    why = forms.CharField(label=_("Why"), max_length=20_000, widget=text_area(3))

    def columns(self) -> dict[str, str]:
        return {"decision": "decision", "why": "decision_why"}


class GatherForm(ActForm):
    """Tickets by their numbers. Those that the person may not see are unknown."""

    incidents = forms.CharField(
        label=_("Incidents of the same cause"),
        max_length=2_000,
        widget=forms.TextInput({"placeholder": "TD-1042, TD-1050"}),
        help_text=_("Their numbers. From a queue, tick them and choose “Attach to a problem”."),
    )

    def clean_incidents(self) -> list[Ticket]:
        numbers = list(dict.fromkeys(re.split(r"[\s,;]+", self.cleaned_data["incidents"].strip())))
        keys = {number: pk_of(number) for number in numbers[:MOST_AT_ONCE]}
        found = Ticket.objects.visible_to(self.user).in_bulk([key for key in keys.values() if key])
        unknown = [number for number, key in keys.items() if key not in found]
        if unknown:
            raise ValidationError(
                _("There is no ticket with this number: %(numbers)s."), params={"numbers": ", ".join(unknown)}
            )
        return [found[key] for key in keys.values()]


class BulkProblemForm(BulkForm):
    def prepare(self) -> None:
        self.fields["problem"] = TicketField(user=self.user, label=_("Problem that is their cause"))

    def clean_problem(self) -> Ticket:
        problem: Ticket = self.cleaned_data["problem"]
        if problem.kind != Kind.PROBLEM:
            raise ValidationError(_("This ticket is no problem."))
        return problem


class AnswerManyForm(forms.Form):
    """What each requester is told, and whether that ends the ticket."""

    text = forms.CharField(label=_("What each requester reads"), max_length=LONGEST, widget=text_area(5))
    code = forms.ChoiceField(
        label=_("And then"),
        required=False,
        choices=[
            ("", _("leave them open")),
            *((code, format_lazy("{}: {}", _("resolve"), label)) for code, label in ResolutionCode.choices),
        ],
        help_text=_(
            "Where your tier does not write to requesters it is proposed to the contact. What lies with another team "
            "is answered and stays open."
        ),
    )
