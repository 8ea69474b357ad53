"""Settings of tickets for administrators: categories, custom fields, the priority matrix, canned replies."""
