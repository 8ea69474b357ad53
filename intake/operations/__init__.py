"""What is done with mail that comes in, and with the mailboxes that it comes to."""
