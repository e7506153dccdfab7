from aftercare.models.care import CareMessage, Plan
from aftercare.models.concerns import Concern, ConcernEvent, OnCallContact
from aftercare.models.consent import Consent
from aftercare.models.protocols import Protocol, ProtocolStep, StepText

__all__ = ["CareMessage", "Concern", "ConcernEvent", "Consent", "OnCallContact", "Plan", "Protocol", "ProtocolStep", "StepText"]
