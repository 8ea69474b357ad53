"""What leaves the desk: what waits, what was given up, tried again. For administrators."""
