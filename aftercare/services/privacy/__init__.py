"""What is held of a patient: it is handed to her, and it is erased."""
