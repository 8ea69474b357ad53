"""The pages of the settings of tickets, a file for each noun."""
