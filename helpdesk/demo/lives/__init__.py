"""The shapes that the life of a ticket can have. Which scenario fits follows from the texts a shape needs."""

from helpdesk.demo.lives import ends, first_line, several, tiers, together
from helpdesk.demo.lives.shape import LIVES, Life

__all__ = ["LIVES", "Life", "ends", "first_line", "several", "tiers", "together"]
