from aftercare.admin.appointments import AppointmentWithMessagesAdmin
from aftercare.admin.consent import ConsentAdmin
from aftercare.admin.ledger import CareMessageAdmin
from aftercare.admin.on_call import OnCallContactAdmin
from aftercare.admin.patients import PatientWithConsentAdmin
from aftercare.admin.plans import PlanAdmin
from aftercare.admin.products import ProductInTextsAdmin
from aftercare.admin.protocols import ProtocolAdmin

__all__ = [
    "AppointmentWithMessagesAdmin",
    "CareMessageAdmin",
    "ConsentAdmin",
    "OnCallContactAdmin",
    "PatientWithConsentAdmin",
    "PlanAdmin",
    "ProductInTextsAdmin",
    "ProtocolAdmin",
]
