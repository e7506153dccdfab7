from scheduling.admin.appointments import AppointmentAdmin
from scheduling.admin.courses import CourseAdmin
from scheduling.admin.patients import PatientAdmin
from scheduling.admin.places import LocationAdmin, PractitionerAdmin, RoomAdmin, TreatmentAdmin

__all__ = ["AppointmentAdmin", "CourseAdmin", "LocationAdmin", "PatientAdmin", "PractitionerAdmin", "RoomAdmin", "TreatmentAdmin"]
