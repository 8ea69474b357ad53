"""Forms of the workspace: they clean what was sent, and name it as the operations do."""
