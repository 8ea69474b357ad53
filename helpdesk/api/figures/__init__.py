"""Figures over time, as the pages of insights show them."""
