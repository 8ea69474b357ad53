"""The closed lists of a ticket: what is stored is the code, what people read is the label."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    INCIDENT = "incident", _("incident")
    REQUEST = "request", _("service request")
    PROBLEM = "problem", _("problem")
    QUESTION = "question", _("question")


class Status(models.TextChoices):
    NEW = "new", _("new")
    OPEN = "open", _("open")
    PENDING_REQUESTER = "pending_requester", _("pending requester")
    PENDING_VENDOR = "pending_vendor", _("pending vendor")
    ON_HOLD = "on_hold", _("on hold")
    RESOLVED = "resolved", _("resolved")
    CLOSED = "closed", _("closed")
    CANCELLED = "cancelled", _("cancelled")


OPEN_STATUSES = (
    Status.NEW,
    Status.OPEN,
    Status.PENDING_REQUESTER,
    Status.PENDING_VENDOR,
    Status.ON_HOLD,
)
WAITING_STATUSES = (Status.PENDING_REQUESTER, Status.PENDING_VENDOR, Status.ON_HOLD)


class Channel(models.TextChoices):
    PORTAL = "portal", _("web form")
    PHONE = "phone", _("phone")
    WALK_UP = "walk_up", _("walk-up")
    MAIL = "mail", _("e-mail")
    CHAT = "chat", _("chat")
    API = "api", _("API")
    MONITORING = "monitoring", _("monitoring")
    IMPORT = "import", _("import")


class Impact(models.IntegerChoices):
    """Who is affected (ITIL: the measure of the effect on business processes)."""

    COMPANY = 1, _("the whole company or a customer-facing service")
    TEAM = 2, _("a team or several people")
    PERSON = 3, _("one person")


class Urgency(models.IntegerChoices):
    """Can they work (ITIL: how long until it has a significant effect)."""

    STOPPED = 1, _("work has stopped")
    HINDERED = 2, _("work is possible with trouble")
    CAN_WAIT = 3, _("it can wait")


class Priority(models.IntegerChoices):
    P1 = 1, "P1"
    P2 = 2, "P2"
    P3 = 3, "P3"
    P4 = 4, "P4"


class HoldReason(models.TextChoices):
    PROBLEM = "problem", _("waits for a problem to be solved")
    CHANGE = "change", _("waits for a change")
    APPOINTMENT = "appointment", _("an appointment is made")
    PART = "part", _("waits for a part")
    EVIDENCE = "evidence", _("waits for it to happen again")


class ResolutionCode(models.TextChoices):
    FIXED = "fixed", _("fixed")
    WORKAROUND = "workaround", _("worked around")
    HOW_TO = "how_to", _("explained how to")
    FULFILLED = "fulfilled", _("request fulfilled")
    NO_FAULT = "no_fault", _("no fault found")
    KNOWN_ERROR = "known_error", _("known error")
    NO_ANSWER = "no_answer", _("no answer from the requester")
    NOT_POSSIBLE = "not_possible", _("not possible")
    DUPLICATE = "duplicate", _("duplicate")


class CloseReason(models.TextChoices):
    CONFIRMED = "confirmed", _("confirmed by the requester")
    TIMER = "timer", _("nobody objected in time")
    LEAD = "lead", _("closed by a lead")
    IMPORTED = "imported", _("closed in the tool it came from")


class CancelReason(models.TextChoices):
    WITHDRAWN = "withdrawn", _("withdrawn by the requester")
    CANCELLED = "cancelled", _("cancelled by the desk")
    MERGED = "merged", _("merged into another ticket")
    NOISE = "noise", _("noise")
    SPAM = "spam", _("spam")
    NOT_FOR_IT = "not_for_it", _("not for IT")


NOT_A_REQUEST = (CancelReason.NOISE, CancelReason.SPAM, CancelReason.NOT_FOR_IT)


class SkipReason(models.TextChoices):
    NOT_MY_SKILL = "not_my_skill", _("I lack the skill")
    KNOW_REQUESTER = "know_requester", _("better done by somebody else")
    NEEDS_TIME = "needs_time", _("needs more time than I have now")
    WAITS = "waits", _("cannot go on yet")


class LinkType(models.TextChoices):
    """Read from the ticket that holds the link: this ticket is a ... of the other."""

    CHILD = "child", _("child of")
    DUPLICATE = "duplicate", _("duplicate of")
    CAUSED_BY = "caused_by", _("caused by")
    RELATED = "related", _("related to")
    FOLLOW_UP = "follow_up", _("follow-up of")
    SPLIT = "split", _("split from")


class Audience(models.TextChoices):
    """Who reads a message."""

    PUBLIC = "public", _("requester and desk")
    INTERNAL = "internal", _("desk only")
    VENDOR = "vendor", _("desk and vendor")


class MessageKind(models.TextChoices):
    DESCRIPTION = "description", _("description")
    REPLY = "reply", _("reply")
    NOTE = "note", _("note")
    QUESTION = "question", _("question")
    RESOLUTION = "resolution", _("resolution")
    HANDOFF = "handoff", _("hand-off")
    RETURN = "return", _("return")
    COMMENT = "comment", _("comment")
    PROPOSAL = "proposal", _("proposed reply")
    AUTOMATIC = "automatic", _("automatic message")
