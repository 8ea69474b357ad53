"""Promises: policies, calendars, clocks of tickets, and what-if."""
