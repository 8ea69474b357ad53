"""Tier 0: articles for readers and for those who write them, search, suggestions, and scripts that run in tickets."""
