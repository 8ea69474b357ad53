"""Fetching mail from IMAP servers: connecting, taking, telling what is wrong, and being told of news (IDLE)."""
