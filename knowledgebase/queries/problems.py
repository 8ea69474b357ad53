"""A problem with what is known of it, and the incidents that it is behind."""

from accounts.models import User
from knowledgebase.models import ProblemRecord, ProblemRevision
from tickets.models import LinkType, Ticket, TicketQuerySet
from tickets.queries.beside import with_names

MOST_INCIDENTS = 200


def incidents_of(problem: Ticket, user: User) -> TicketQuerySet:
    """The tickets that are linked as caused by it, as far as this person sees them."""
    caused = {"links__other": problem, "links__type": LinkType.CAUSED_BY}
    return Ticket.objects.visible_to(user).filter(**caused).order_by("-pk")


def shown_incidents(problem: Ticket, user: User) -> list[Ticket]:
    """The newest of them with what a row of a list shows."""
    return list(with_names(list(incidents_of(problem, user)[:MOST_INCIDENTS])))


def record_of(problem: Ticket) -> ProblemRecord | None:
    return ProblemRecord.objects.select_related("decided_by").filter(ticket=problem).first()


def revisions_of(problem: Ticket) -> list[ProblemRevision]:
    """Every state of its record, newest first."""
    return list(ProblemRevision.objects.filter(ticket=problem).select_related("by").order_by("-number")[:50])
