"""The pages of accounts: settings for administrators and leads, the profile, and what pickers ask."""
