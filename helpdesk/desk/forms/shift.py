"""Where somebody is, and the end of their shift."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from helpdesk.desk.forms.base import text_area
from sla.models import Calendar
from tickets.models import Ticket

KEEP, QUEUE = "keep", "queue"


class MomentInput(forms.DateTimeInput):
    """A day and a time in the person's own zone, as browsers ask for it."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class AwayForm(forms.Form):
    until = forms.DateTimeField(
        label=_("Back at"),
        required=False,
        widget=MomentInput(),
        help_text=_("What is due or answered before then goes back into the queue. Empty: not known yet."),
    )


class DutyForm(forms.Form):
    """What leads say of their people."""

    hours = forms.ModelChoiceField(
        label=_("Working hours"),
        queryset=Calendar.objects.filter(current__isnull=False).order_by("name"),
        required=False,
        empty_label=_("always on duty"),
    )
    capacity = forms.IntegerField(
        label=_("Open tickets at most"),
        required=False,
        min_value=0,
        max_value=500,
        help_text=_("Empty: as the team has it. 0: is given nothing."),
    )


class ShiftForm(forms.Form):
    """For each ticket what becomes of it, one note for all that go on, and when one is back."""

    note = forms.CharField(
        label=_("Note for those who go on"),
        max_length=20_000,
        required=False,
        help_text=_("It is left inside on every ticket that goes on; requesters do not see it."),
        widget=text_area(4),
    )
    back_at = forms.DateTimeField(
        label=_("Back at"),
        required=False,
        widget=MomentInput(),
        help_text=_("You are away until then: nothing is given to you. Empty: you stay here."),
    )

    def __init__(
        self, *args: Any, tickets: Sequence[Ticket], colleagues: dict[int, list[User]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.tickets = tickets
        for ticket in tickets:
            people = [(str(person.pk), person.name) for person in colleagues.get(ticket.team_id, [])]
            self.fields[f"to_{ticket.pk}"] = forms.ChoiceField(
                label=_("What becomes of %(number)s") % {"number": ticket.number},
                choices=[
                    (KEEP, _("keep")),
                    (QUEUE, _("back to the queue")),
                    *([(_("Give to"), people)] if people else []),
                ],
                initial=KEEP,
                required=False,
                widget=forms.Select({"class": "input inline"}),
            )

    @property
    def rows(self) -> list[tuple[Ticket, forms.BoundField]]:
        return [(ticket, self[f"to_{ticket.pk}"]) for ticket in self.tickets]

    def chosen(self) -> dict[int, str]:
        """By ticket: `keep`, `queue` or somebody's key. What came in since the page was opened is kept."""
        return {ticket.pk: self.cleaned_data.get(f"to_{ticket.pk}") or KEEP for ticket in self.tickets}
