"""What the clocks do when a ticket changes; connected in helpdesk.wiring."""

from sla.operations.keeping import keep_clocks

__all__ = ["keep_clocks"]
