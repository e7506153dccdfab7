from scheduling.admin.appointments import AppointmentAdmin
from scheduling.admin.courses import CourseAdmin
from scheduling.admin.exports import ReportExportAdmin
from scheduling.admin.patients import PatientAdmin
from scheduling.admin.places import LocationAdmin, PractitionerAdmin, RoomAdmin, TreatmentAdmin
from scheduling.admin.products import ProductAdmin
from scheduling.admin.recalls import RecallActionAdmin
from scheduling.admin.waitlist import WaitlistEntryAdmin

__all__ = [
    "AppointmentAdmin",
    "CourseAdmin",
    "LocationAdmin",
    "PatientAdmin",
    "PractitionerAdmin",
    "ProductAdmin",
    "RecallActionAdmin",
    "ReportExportAdmin",
    "RoomAdmin",
    "TreatmentAdmin",
    "WaitlistEntryAdmin",
]
