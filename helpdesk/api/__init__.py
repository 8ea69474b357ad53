"""The API: everything the product can do, for programs. It composes what the apps offer and holds no domain logic.

The frame is here, a package per area beside it (`tickets/`, ...). How an area is added stands in docs/api.md.
"""
