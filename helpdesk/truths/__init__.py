"""Known truths: what a file of another tool says of itself, beside what the desk says after importing it."""
