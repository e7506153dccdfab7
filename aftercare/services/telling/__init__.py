"""How anything gets to a patient: what she agreed to, which way it goes, its line in the ledger, and how it is taken back."""
