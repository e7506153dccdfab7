"""Something changed after it was queued: her consent, her address, her clock, her plan's protocol. What is queued follows."""
