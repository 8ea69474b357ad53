"""Webhooks: kept, tried, renewed, with the log of their calls and what they have missed."""
