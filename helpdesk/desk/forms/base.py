"""What every form of an act shares: the ticket, the person, and the arguments that it yields."""

from typing import Any

from django import forms

from accounts.models import User
from tickets.models import Ticket
from tickets.refusals import Refused

LONGEST = 100_000


class ActForm(forms.Form):
    """The facts of one act on one ticket. Field names are the operation's keywords.

    `seen` is added by the view, for the operations that look for conflicts.
    """

    template = "desk/acts/_fields.html"
    part = ""
    """On many tickets: the template of what is not drawn field by field,"""
    drawn_there: tuple[str, ...] = ()
    """and the fields that it draws."""
    repeats: Refused | None = None
    """Why it came back with a question: it repeats an internal note (helpdesk/desk/wall.py),"""
    despite = ""
    """and what says that this note may be read, and those that were agreed to before."""

    def __init__(self, *args: Any, ticket: Ticket, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ticket, self.user = ticket, user
        self.prepare()

    def prepare(self) -> None:
        """Fields that depend on the ticket or the person."""

    def focus_first(self) -> None:
        """A dialog begins where one types; pickers take their focus by themselves."""
        for bound in self.visible_fields():
            attrs = bound.field.widget.attrs
            if "data-pick" not in attrs and not isinstance(bound.field.widget, forms.RadioSelect):
                attrs["autofocus"] = True
                return

    def arguments(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


def text_area(rows: int = 5, **attrs: Any) -> forms.Textarea:
    return forms.Textarea({"rows": rows, "data-autosize": True, "data-writing": True, **attrs})
