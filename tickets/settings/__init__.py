"""Settings of tickets for administrators: categories, custom fields, statuses, the priority matrix."""
