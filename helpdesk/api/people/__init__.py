"""People, teams, tiers, organisations, skills, and who is here."""
