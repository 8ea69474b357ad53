"""What happens between teams, in the ticket's one timeline."""

HANDED_OVER = "escalation.handed_over"
ACCEPTED = "escalation.accepted"
RETURNED = "escalation.returned"
