"""The raw admin pages of tickets: to look, not to write. `visible_to` holds here as everywhere."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin import ForAdministrators, ReadOnly
from tickets.models import (
    CannedReply,
    Category,
    CustomField,
    Event,
    Message,
    PriorityRule,
    SavedView,
    Tag,
    Ticket,
)


class OfVisibleTickets(ReadOnly):
    """Rows of tickets that this administrator may open: a restricted one shows to those named only."""

    ordering = ["-id"]
    show_full_result_count = False
    ticket_path = "ticket__in"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        tickets = Ticket.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(**{self.ticket_path: tickets})


@admin.register(Ticket)
class TicketAdmin(OfVisibleTickets):
    ticket_path = "pk__in"
    list_display = ["number", "subject", "status", "tier", "team", "assignee", "requester", "created_at"]
    list_filter = ["status", "tier", "kind", "channel"]
    list_select_related = ["tier", "team", "assignee", "requester"]
    search_fields = ["=id", "subject"]


@admin.register(Event)
class EventAdmin(OfVisibleTickets):
    list_display = ["id", "ticket_id", "kind", "by", "at"]
    list_select_related = ["by"]
    search_fields = ["=ticket__id", "kind"]


@admin.register(Message)
class MessageAdmin(OfVisibleTickets):
    list_display = ["id", "ticket_id", "kind", "audience", "author"]
    list_filter = ["kind", "audience"]
    list_select_related = ["author"]
    search_fields = ["=ticket__id"]


@admin.register(Category)
class CategoryAdmin(ReadOnly):
    """Changed on its settings page, which records who did it; so are the next three."""

    list_display = ["full_name", "team", "skill", "is_common", "for_requesters", "is_active"]
    list_filter = ["is_active", "is_common"]
    list_select_related = ["team", "skill"]
    search_fields = ["full_name"]


@admin.register(CustomField)
class CustomFieldAdmin(ReadOnly):
    list_display = ["label", "key", "type", "required", "position", "is_active"]
    search_fields = ["label", "key"]
    filter_horizontal = ["categories"]


@admin.register(PriorityRule)
class PriorityRuleAdmin(ReadOnly):
    list_display = ["impact", "urgency", "priority"]


@admin.register(CannedReply)
class CannedReplyAdmin(ReadOnly):
    list_display = ["name", "team", "owner"]
    list_select_related = ["team", "owner"]
    search_fields = ["name"]


@admin.register(SavedView)
class SavedViewAdmin(ForAdministrators):
    list_display = ["name", "owner", "team", "for_everyone"]
    list_select_related = ["owner", "team"]
    search_fields = ["name"]


@admin.register(Tag)
class TagAdmin(ForAdministrators):
    search_fields = ["name"]
