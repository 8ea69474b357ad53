from tickets.models.categories import Category, rebuild_category_tree, tier_writes
from tickets.models.choices import (
    NOT_A_REQUEST,
    OPEN_STATUSES,
    WAITING_STATUSES,
    Audience,
    CancelReason,
    Channel,
    CloseReason,
    HoldReason,
    Impact,
    Kind,
    LinkType,
    MessageKind,
    Priority,
    ResolutionCode,
    SkipReason,
    Status,
    Urgency,
)
from tickets.models.desk import Draft, SavedView, Submission
from tickets.models.feed import Feed
from tickets.models.fields import CustomField, FieldValue
from tickets.models.history import Event, Revision
from tickets.models.jobs import BulkJob
from tickets.models.matrix import PriorityRule
from tickets.models.messages import Attachment, Message
from tickets.models.outgoing import Outgoing, UndoTime
from tickets.models.querysets import TicketQuerySet
from tickets.models.ready import CannedReply, Ready, ReadyQuerySet, ReadyTicket, ReadyUse
from tickets.models.relations import ExternalReference, Link, Named, Tag, Tagging, Watch
from tickets.models.retention import Purge
from tickets.models.search import TicketText
from tickets.models.ticket import FAR, NUMBER_PREFIX, PLAIN_COLUMNS, WORD_COLUMNS, Ticket, folded_columns
from tickets.models.uploads import PartialUpload
from tickets.models.work import Skip, WorkLog

__all__ = [
    "FAR",
    "NOT_A_REQUEST",
    "NUMBER_PREFIX",
    "OPEN_STATUSES",
    "PLAIN_COLUMNS",
    "WAITING_STATUSES",
    "WORD_COLUMNS",
    "Attachment",
    "Audience",
    "BulkJob",
    "CancelReason",
    "CannedReply",
    "Category",
    "Channel",
    "CloseReason",
    "CustomField",
    "Draft",
    "Event",
    "ExternalReference",
    "Feed",
    "FieldValue",
    "HoldReason",
    "Impact",
    "Kind",
    "Link",
    "LinkType",
    "Message",
    "MessageKind",
    "Named",
    "Outgoing",
    "PartialUpload",
    "Priority",
    "PriorityRule",
    "Purge",
    "Ready",
    "ReadyQuerySet",
    "ReadyTicket",
    "ReadyUse",
    "ResolutionCode",
    "Revision",
    "SavedView",
    "Skip",
    "SkipReason",
    "Status",
    "Submission",
    "Tag",
    "Tagging",
    "Ticket",
    "TicketQuerySet",
    "TicketText",
    "UndoTime",
    "Urgency",
    "Watch",
    "WorkLog",
    "folded_columns",
    "rebuild_category_tree",
    "tier_writes",
]
