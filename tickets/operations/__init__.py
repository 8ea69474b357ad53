"""What people do with tickets. These functions are the only writers of a ticket's columns.

`moving` is left out on purpose: a ticket is handed over by `escalation.operations`.
"""

from tickets.operations.assigning import (
    AlreadyTaken,
    Taken,
    assign,
    release,
    set_contact,
    skip,
    take,
    take_next,
)
from tickets.operations.bulk import BulkResult, begin_job, break_off, bulk, carry_on, forget_jobs, preview
from tickets.operations.caching import set_due, set_due_of_many
from tickets.operations.changing import KEEP, change, confirm_priority, override_priority
from tickets.operations.conversation import (
    AskedAlready,
    NoVendor,
    ask_news,
    keep_automatic,
    note,
    only_thanks,
    reply,
    share_with_vendor,
)
from tickets.operations.ending import cancel, not_a_request, restore, withdraw
from tickets.operations.filing import follow_up
from tickets.operations.linking import link, log_work, refer, tag, unlink, untag, unwatch, watch
from tickets.operations.merging import merge, split
from tickets.operations.opening import open_ticket
from tickets.operations.resolving import (
    ChildrenOpen,
    close,
    close_stale,
    confirm,
    rate,
    reopen,
    resolve,
)
from tickets.operations.restricting import redact_file, redact_message, redact_subject, restrict, unrestrict
from tickets.operations.submitting import KeyReused, forget_submissions, once
from tickets.operations.waiting import end_holds, hold, resume, wait_for_requester, wait_for_vendor
from tickets.operations.writing import TooLarge, store_upload

__all__ = [
    "KEEP",
    "AlreadyTaken",
    "AskedAlready",
    "BulkResult",
    "ChildrenOpen",
    "KeyReused",
    "NoVendor",
    "Taken",
    "TooLarge",
    "ask_news",
    "assign",
    "begin_job",
    "break_off",
    "bulk",
    "cancel",
    "carry_on",
    "change",
    "close",
    "close_stale",
    "confirm",
    "confirm_priority",
    "end_holds",
    "follow_up",
    "forget_jobs",
    "forget_submissions",
    "hold",
    "keep_automatic",
    "link",
    "log_work",
    "merge",
    "not_a_request",
    "note",
    "once",
    "only_thanks",
    "open_ticket",
    "override_priority",
    "preview",
    "rate",
    "redact_file",
    "redact_message",
    "redact_subject",
    "refer",
    "release",
    "reopen",
    "reply",
    "resolve",
    "restore",
    "restrict",
    "resume",
    "set_contact",
    "set_due",
    "set_due_of_many",
    "share_with_vendor",
    "skip",
    "split",
    "store_upload",
    "tag",
    "take",
    "take_next",
    "unlink",
    "unrestrict",
    "untag",
    "unwatch",
    "wait_for_requester",
    "wait_for_vendor",
    "watch",
    "withdraw",
]
