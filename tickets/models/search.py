from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from tickets.models.ticket import Ticket


class TicketText(models.Model):
    """What search reads, apart from the ticket so that its row stays slim.

    `public` holds subject (weight A) and public messages (weight B), `internal` notes that are not
    marked for a higher tier. Both in the configuration `simple` over text folded in Python.
    """

    ticket = models.OneToOneField(Ticket, models.PROTECT, primary_key=True, related_name="text")
    public = SearchVectorField(default="")
    internal = SearchVectorField(default="")

    class Meta:
        indexes = [
            GinIndex(fields=["public"], name="ticket_public_words"),
            GinIndex(fields=["internal"], name="ticket_internal_words"),
        ]

    def __str__(self) -> str:
        return str(self.ticket_id)
