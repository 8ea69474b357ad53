"""What the clocks add to a ticket's one timeline: only what people act on. The rest stands in ClockEvent."""

WARNED = "sla.warned"
BREACHED = "sla.breached"
RETARGETED = "sla.retargeted"
PROMISED = "sla.promised"
