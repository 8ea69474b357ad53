"""Vendors: their contracts, and whom to call."""
