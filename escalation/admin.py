from django.contrib import admin

from escalation.models import Handoff
from tickets.admin import OfVisibleTickets


@admin.register(Handoff)
class HandoffAdmin(OfVisibleTickets):
    list_display = ["id", "ticket_id", "from_team", "to_team", "reason", "state", "by", "at"]
    list_filter = ["state", "reason"]
    list_select_related = ["from_team", "to_team", "by"]
    search_fields = ["=ticket__id"]
