"""Tickets for programs: lists, one ticket, and an endpoint for each thing that people do with it."""
