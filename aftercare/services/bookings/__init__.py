"""What she is told about her appointments, and of which of their times she has heard."""
