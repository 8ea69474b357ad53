"""Hand-offs that another tool's history holds: who had the ticket, who got it. Nobody has to accept them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from escalation.models import Handoff


@dataclass(frozen=True)
class Move:
    """A group change of another tool. Its key is known before it is written: the event names it."""

    key: int
    from_team_id: int
    from_tier: int
    from_assignee_id: int | None
    to_team_id: int
    to_tier: int
    by_id: int | None
    at: datetime


def import_handoffs(moves: Iterable[tuple[Move, int, int]]) -> None:
    """Write moves, each with the ids of its ticket and of the message that tells it.

    Other tools know neither reason nor acceptance: the reason stays empty, and the hand-off counts as
    accepted when it was made, so that it neither waits nor can be returned late.
    """
    Handoff.objects.bulk_create(
        [
            Handoff(
                pk=move.key,
                ticket_id=ticket_id,
                from_tier=move.from_tier,
                from_team_id=move.from_team_id,
                from_assignee_id=move.from_assignee_id,
                to_tier=move.to_tier,
                to_team_id=move.to_team_id,
                reason="",
                summary_id=message_id,
                by_id=move.by_id,
                at=move.at,
                state=Handoff.State.ACCEPTED,
                ended_at=move.at,
                ended_by_id=move.by_id,
            )
            for move, ticket_id, message_id in moves
        ],
        batch_size=500,
    )
