"""What the front desk fills in."""

from scheduling.forms.appointments import AppointmentForm, CancelForm, CompleteForm, StepForm, on_the_wall

__all__ = ["AppointmentForm", "CancelForm", "CompleteForm", "StepForm", "on_the_wall"]
