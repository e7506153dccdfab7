from scheduling.models.appointments import Appointment
from scheduling.models.calendars import CalendarFeed
from scheduling.models.courses import Course
from scheduling.models.imports import PatientFile
from scheduling.models.moves import Move
from scheduling.models.patients import Patient
from scheduling.models.places import Closure, Location, OpeningHours, Room
from scheduling.models.practitioners import Absence, Practitioner, WorkingHours
from scheduling.models.products import Product
from scheduling.models.recalls import Recall, RecallAction, RecallPolicy, Standing
from scheduling.models.reporting import ReportExport, SavedView
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
    "RecallAction",
    "RecallPolicy",
    "ReportExport",
    "Room",
    "SavedView",
    "SkinArea",
    "Standing",
    "Treatment",
    "WaitlistEntry",
    "WorkingHours",
]
