"""What is known is told to those who wait for it: with a known error, or when their problem is solved."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from accounts.models import User
from escalation import operations as escalation
from escalation.models import Proposal
from knowledgebase.models import Article, LinkRole
from knowledgebase.operations import ending
from knowledgebase.operations.linking import link_article
from tickets import events, operations
from tickets.models import Ticket
from tickets.operations.guards import require_desk, require_open
from tickets.permissions import may_work, may_write_to_requester


class How(StrEnum):
    """What became of an answer."""

    RESOLVED = "resolved"
    REPLIED = "replied"
    PROPOSED = "proposed"


@transaction.atomic
def answer_with(
    ticket: Ticket, *, article: Article, text: str, by: User, at: datetime, code: str = ""
) -> How:
    """Name the known error of an open ticket and answer its requester, both or neither.

    Args:
        code: how it is resolved by that; empty leaves it open.

    Raises:
        Refused: what linking, replying, proposing or resolving refuses.
    """
    link_article(ticket, article=article, role=LinkRole.KNOWN_ERROR, by=by, at=at)
    return say(ticket, text=text, code=code, by=by, at=at)


@transaction.atomic
def say(ticket: Ticket, *, text: str, by: User, at: datetime, code: str = "") -> How:
    """Answer the requester. Who does not write to requesters proposes it to the contact; a ticket that lies with
    others is answered and not resolved.

    Raises:
        NotOpen: it has ended.
        Refused: what the act itself refuses.
    """
    require_desk(by)
    ticket = events.lock(ticket)
    require_open(ticket)
    resolves = bool(code) and may_work(by, ticket)
    if not may_write_to_requester(by, ticket):
        kind = Proposal.Kind.RESOLUTION if resolves else Proposal.Kind.REPLY
        escalation.propose_reply(ticket, kind=kind, text=text, code=code if resolves else "", by=by, at=at)
        return How.PROPOSED
    if resolves:
        ending.resolve(ticket, code=code, summary=text, by=by, at=at)
        return How.RESOLVED
    operations.reply(ticket, text=text, by=by, at=at)
    return How.REPLIED
