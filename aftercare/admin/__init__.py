from aftercare.admin.appointments import AppointmentWithMessagesAdmin
from aftercare.admin.consent import ConsentAdmin
from aftercare.admin.ledger import CareMessageAdmin
from aftercare.admin.patients import PatientWithConsentAdmin
from aftercare.admin.products import ProductInTextsAdmin
from aftercare.admin.protocols import PlanAdmin, ProtocolAdmin

__all__ = [
    "AppointmentWithMessagesAdmin",
    "CareMessageAdmin",
    "ConsentAdmin",
    "PatientWithConsentAdmin",
    "PlanAdmin",
    "ProductInTextsAdmin",
    "ProtocolAdmin",
]
