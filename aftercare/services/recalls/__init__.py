"""Patients who are due are asked back: by hand, or as the policy says; and no more once they have booked or don't want it."""
