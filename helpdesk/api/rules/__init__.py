"""Rules that move tickets, rules on trial, and hand-offs between tiers."""
