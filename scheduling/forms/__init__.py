"""What the front desk fills in."""

from scheduling.forms.appointments import AppointmentForm, on_the_wall
from scheduling.forms.steps import CancelForm, CompleteForm, CompleteSeveralForm, StepForm

__all__ = ["AppointmentForm", "CancelForm", "CompleteForm", "CompleteSeveralForm", "StepForm", "on_the_wall"]
