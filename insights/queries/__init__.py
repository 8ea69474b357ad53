"""What is read for figures: facts, and the tickets behind each number."""
