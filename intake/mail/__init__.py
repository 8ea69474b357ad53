"""A mail understood: bytes in, one dataclass out. Nothing here knows the database or the product's tables."""
