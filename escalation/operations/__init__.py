"""What people and rules do between tiers. One road for pages, rules and bulk acts."""

from escalation.operations.handing_over import (
    HandedOver,
    NoHandoff,
    NothingToReturn,
    accept,
    hand_over,
    return_,
)

__all__ = ["HandedOver", "NoHandoff", "NothingToReturn", "accept", "hand_over", "return_"]
