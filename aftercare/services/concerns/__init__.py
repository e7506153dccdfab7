"""What worries somebody, from the first word to what came of it, and who is told meanwhile."""
