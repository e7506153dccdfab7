"""How it goes: whether it is ready, what it has counted, what it writes down, and who is told when it doesn't go."""
