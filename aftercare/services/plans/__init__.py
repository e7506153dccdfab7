"""The aftercare plan of a session: it starts, it stops, and tells each thing once."""
