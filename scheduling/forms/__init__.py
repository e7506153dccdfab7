"""What the front desk fills in."""

from scheduling.forms.booking import BookingForm, NewcomerForm
from scheduling.forms.recalls import CallForm, SnoozeForm
from scheduling.forms.sent import on_the_wall
from scheduling.forms.steps import CancelForm, CompleteForm, CompleteSeveralForm, StepForm
from scheduling.forms.untouched import UntouchedStays
from scheduling.forms.waitlist import WaitlistForm

__all__ = [
    "BookingForm",
    "CallForm",
    "CancelForm",
    "CompleteForm",
    "CompleteSeveralForm",
    "NewcomerForm",
    "SnoozeForm",
    "StepForm",
    "UntouchedStays",
    "WaitlistForm",
    "on_the_wall",
]
