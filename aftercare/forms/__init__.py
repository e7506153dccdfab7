"""What somebody at the clinic types: what a patient agrees to, a protocol, a conversation."""
