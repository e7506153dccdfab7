from aftercare.models.care import CareMessage, Plan
from aftercare.models.consent import Consent
from aftercare.models.protocols import Protocol, ProtocolStep, StepText

__all__ = ["CareMessage", "Consent", "Plan", "Protocol", "ProtocolStep", "StepText"]
