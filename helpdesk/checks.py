"""Checks of our own, run by `manage.py check` and before every start."""
