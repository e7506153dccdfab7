from scheduling.models.appointments import Appointment
from scheduling.models.calendars import CalendarFeed
from scheduling.models.courses import Course, Recall
from scheduling.models.imports import PatientFile
from scheduling.models.moves import Move
from scheduling.models.patients import Patient
from scheduling.models.places import Closure, Location, OpeningHours, Room
from scheduling.models.practitioners import Absence, Practitioner, WorkingHours
from scheduling.models.products import Product
from scheduling.models.treatments import SkinArea, Treatment
from scheduling.models.waiting import Offer, Opening, WaitlistEntry

__all__ = [
    "Absence",
    "Appointment",
    "CalendarFeed",
    "Closure",
    "Course",
    "Location",
    "Move",
    "Offer",
    "Opening",
    "OpeningHours",
    "Patient",
    "PatientFile",
    "Practitioner",
    "Product",
    "Recall",
    "Room",
    "SkinArea",
    "Treatment",
    "WaitlistEntry",
    "WorkingHours",
]
