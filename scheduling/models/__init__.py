from scheduling.models.appointments import Appointment
from scheduling.models.courses import Course, Recall
from scheduling.models.patients import Patient
from scheduling.models.places import Closure, Location, OpeningHours, Room
from scheduling.models.practitioners import Absence, Practitioner, WorkingHours
from scheduling.models.treatments import SkinArea, Treatment

__all__ = [
    "Absence",
    "Appointment",
    "Closure",
    "Course",
    "Location",
    "OpeningHours",
    "Patient",
    "Practitioner",
    "Recall",
    "Room",
    "SkinArea",
    "Treatment",
    "WorkingHours",
]
