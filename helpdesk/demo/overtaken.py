"""A reminder that was to leave later, and was held because the requester had answered by then."""

from datetime import datetime, timedelta

from helpdesk.demo.mix import Plan
from helpdesk.demo.script import Script
from helpdesk.demo.statements import undoable
from tickets.events import without_deliveries
from tickets.models import Outgoing, Ticket
from tickets.operations import outgoing

WRITTEN_BEFORE = timedelta(minutes=4)


class Overtaken:
    """The first question of the story that is answered has one. Who wrote it throws it away when the ticket is done."""

    def __init__(self) -> None:
        self.is_told = False

    def weave(self, script: Script, plan: Plan) -> None:
        marks = {step.mark for step in script.steps}
        if self.is_told or plan.cut or not marks >= {"asked", "told", "resolved"}:
            return
        self.is_told, text = True, script.stock("reminders")[0]
        kept: list[Outgoing] = []

        def write(at: datetime) -> None:
            ticket = Ticket.objects.get(pk=script.ticket.pk)
            by = ticket.assignee or script.cast.first
            # That it could leave is tried, and taken back: nobody is to hear of it.
            with undoable(), without_deliveries():
                row = outgoing.put_on_its_way(
                    ticket,
                    way=outgoing.REPLY,
                    text=script.fill(text),
                    by=by,
                    at=at - WRITTEN_BEFORE,
                    send_at=at,
                    is_later=True,
                )
            kept.append(row)

        def leave(at: datetime) -> None:
            with undoable():
                outgoing.send_due(at=at)

        def throw_away(at: datetime) -> None:
            for row in kept:
                outgoing.discard(row.pk, by=row.by)

        script.before("told", write)
        script.after("told", leave)
        script.before("resolved", throw_away)
