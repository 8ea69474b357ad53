"""The change feed, for programs that cannot receive webhooks."""
