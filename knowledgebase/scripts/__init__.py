"""Scripts (SOPs) as plain data: read, checked, walked and drawn. Nothing here knows a table or a request."""
